"""Makes a feed's words safe to stand in one line: in a header, a headline, a text part."""

from __future__ import annotations

import re

# C0 and C1 controls, lone surrogates, byte order marks, and the marks that turn the reading
# direction of everything after them (a title must not reorder its neighbours).
_UNWANTED = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
_BREAKS = re.compile(r"[\s\x1c-\x1f\x85\u2028\u2029]+")


def one_line(text: str) -> str:
    """Return the text without control characters, its white space collapsed to single spaces."""
    return _BREAKS.sub(" ", _UNWANTED.sub("", _BREAKS.sub(" ", text))).strip()


def cut_at_word(text: str, most: int) -> str:
    """Return at most `most` characters, ended with "…" after a whole word where one was cut."""
    if len(text) <= most:
        return text
    head = text[: most - 1]
    cut = head if text[most - 1].isspace() else head.rpartition(" ")[0]
    if len(cut) < most // 2:  # Chinese, Japanese, or one very long word
        cut = head
    return cut.rstrip(" ,;:–—-·|(") + "…"
