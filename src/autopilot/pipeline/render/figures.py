"""Finds the figures in a sentence, for readers who look for them first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_NUMBER = r"\d+(?:[.,\u00a0\u202f’']\d+)*"
_CURRENCY = r"(?:US\$|[$€£¥₹]|\b(?:EUR|USD|GBP|CHF|JPY)\b)"
_SCALE = (
    r"(?:hundred|thousand|million|billion|trillion|millions?|milliards?|millones|miles de millones|"
    r"Millionen|Milliarden|Mio\.?|Mrd\.?|bn|tn)"
)
_SCALE_OF_MONEY = rf"(?:{_SCALE}|[mk])"
_UNIT = (
    r"(?:%|‰|percent|per cent|Prozent|pour cent|por ciento|°C|°F|[kMGT]Wh?|[kMG]V|[kM]?tCO2|km²?|kg|"
    r"m²|m³|ha|GB|TB|dollars?|euros?|pounds?|Euro|Dollar)"
)
_FIGURE = re.compile(
    rf"(?:{_CURRENCY}\s?{_NUMBER}(?:[\s-]?{_SCALE_OF_MONEY})?"
    rf"|{_NUMBER}[\s-]?{_SCALE}(?:\s(?:{_UNIT}|{_CURRENCY}))?"
    rf"|{_NUMBER}[\s-]?(?:{_UNIT}|{_CURRENCY})"
    r"|\d{1,3}(?:[.,\u00a0\u202f’']\d{3})+)(?!\w)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Words of a sentence, figures or not."""

    words: str
    is_figure: bool


def pieces_of(text: str) -> tuple[Piece, ...]:
    """Return the text cut at its figures: amounts, shares, measures and numbers above 999.

    Put together again the words are the text. Years, dates and small counts are no figures.
    """
    return tuple(piece for piece in _pieces(text) if piece.words)


def _pieces(text: str) -> Iterator[Piece]:
    start = 0
    for found in _FIGURE.finditer(text):
        if _is_inside_a_word(text, found.start()):
            continue
        yield Piece(words=text[start : found.start()], is_figure=False)
        yield Piece(words=found.group(), is_figure=True)
        start = found.end()
    yield Piece(words=text[start:], is_figure=False)


def _is_inside_a_word(text: str, start: int) -> bool:
    """Whether something before the figure belongs to it, as in "F-16 km" or "v1.200"."""
    return start > 0 and (text[start - 1].isalnum() or text[start - 1] in "-.,:/#_")
