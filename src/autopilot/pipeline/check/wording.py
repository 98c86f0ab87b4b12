"""Words of a text for comparing: content words, and headlines as they may have been cut."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

HEADLINE_PIECE = 60  # of a headline that may have been cut, enough to know it by
_WORD = re.compile(r"[^\W_]+")
_LONG_ENOUGH = 4
_ACCENTS = re.compile("[\u0300-\u036f]")


def content_words(text: str) -> frozenset[str]:
    """Return the words that carry a fact: numbers, and words of four letters or more, folded."""
    words = _WORD.findall(folded(text))
    return frozenset(
        word for word in words if len(word) >= _LONG_ENOUGH or word.isdigit() or not word.isascii()
    )


@lru_cache(maxsize=1024)
def folded(text: str) -> str:
    """Return a text without case, accents, typographic quotes and differences of white space."""
    if text.isascii():
        return " ".join(text.lower().split())
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(_ACCENTS.sub("", decomposed).translate(_QUOTES).split())


def piece(headline: str) -> str:
    """Return the beginning of a headline, folded, by which it is found in a page or a text."""
    line = folded(headline).rstrip("…. ")
    return line[:HEADLINE_PIECE].rstrip()


_QUOTES = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-"}
)
