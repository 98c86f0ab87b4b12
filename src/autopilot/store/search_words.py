"""Search words: how text is cut and folded for searching, the same for what is kept and what is typed."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

MOST_WORDS = 12  # of what somebody types; more are passed over
LONGEST_WORD = 64
BEGINS_FROM = 3  # shorter words are looked for whole: half the language begins with "a"
_WORD = re.compile(r"[^\W_]+")


def folded(text: str) -> str:
    """Return text without accents and capitals, every sign that is no letter or digit a blank."""
    if text.isascii():
        return " ".join(_WORD.findall(text.lower()))
    plain = _marks().sub("", unicodedata.normalize("NFD", text))
    return " ".join(_WORD.findall(unicodedata.normalize("NFC", plain.lower())))


@cache
def _marks() -> re.Pattern[str]:
    """What stands above and below letters; one pattern is four times as quick as asking each sign."""
    found = (chr(code) for code in range(0x300, 0x10000) if unicodedata.combining(chr(code)))
    return re.compile(f"[{''.join(found)}]+")


def typed_words(text: str) -> tuple[str, ...]:
    """Return the words of what somebody typed, folded, each once; quotes and operators mean nothing."""
    found = dict.fromkeys(word[:LONGEST_WORD] for word in folded(text[:1_000]).split())
    return tuple(found)[:MOST_WORDS]


def is_beginning(word: str) -> bool:
    """Whether longer words that begin with this one are meant too."""
    return len(word) >= BEGINS_FROM
