"""Tells in which of a few languages a text is written, by the small words that only one of them has."""

from __future__ import annotations

import re

MIN_WORDS = 12
MIN_HITS = 3
_SMALL_WORDS = {
    "en": "the and of to in is for that with was are from by which this has have its were been",
    "de": "der die das und ist nicht mit von den dem ein eine für auf wird im sich auch wurde zum",
    "fr": "le les des et est dans une pour que qui sur avec par pas du au sont cette aux été",
    "es": "el los las y en una para que con por del se como más fue sus esta son ha entre",
    "it": "il gli della di che per con una sono nel dei alla più anche delle è si stato dal come",
    "pt": "o os e em uma para que com não do da dos por mais foi na no são ao pela",
    "nl": "het een van en dat op te voor met zijn niet aan door ook bij naar wordt heeft die werd",
}
_KNOWN = {tongue: frozenset(words.split()) for tongue, words in _SMALL_WORDS.items()}
_WORD = re.compile(r"[^\W\d_]+")


def tongue_of(text: str, expected: str) -> str | None:
    """Return the language code of a text, or None where it cannot be told.

    `expected` wins unless another language has twice as many of its small words; a language that
    is not in the table is never doubted.
    """
    words = _WORD.findall(text.casefold())
    if len(words) < MIN_WORDS or expected not in _KNOWN:
        return None
    hits = {tongue: sum(word in small for word in words) for tongue, small in _KNOWN.items()}
    best = max(hits, key=lambda tongue: hits[tongue])
    if hits[best] < MIN_HITS:
        return None
    return best if hits[best] >= 2 * max(hits[expected], 1) else expected
