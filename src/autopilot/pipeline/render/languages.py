"""Which way a text runs, and how its language writes a date."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from autopilot.domain.content import Window
from autopilot.domain.recurrence.civil_time import zone_of

if TYPE_CHECKING:
    from babel import Locale

_RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
_RIGHT_TO_LEFT_SCRIPTS = frozenset({"arab", "hebr", "syrc", "thaa"})
_INSTANT = timedelta(microseconds=1)
_TEN_CENTS = 100_000  # in millionths of a dollar
NEARBY = timedelta(days=180)  # within half a year nobody doubts which year is meant


def direction_of_language(tag: str) -> str:
    """Return "rtl" for Arabic, Hebrew, Persian, Urdu and their relatives, otherwise "ltr"."""
    primary, *others = tag.lower().split("-")
    written = _RIGHT_TO_LEFT_SCRIPTS.intersection(others)
    latin = "latn" in others or "cyrl" in others
    return "rtl" if written or (primary in _RIGHT_TO_LEFT and not latin) else "ltr"


def direction_of_text(text: str, default: str) -> str:
    """Return the direction of the first letter that has one (UAX 9, rule P2)."""
    for character in text:
        strong = unicodedata.bidirectional(character)
        if strong in ("L", "R", "AL"):
            return "ltr" if strong == "L" else "rtl"
    return default


def long_date(moment: datetime, language: str, zone: str) -> str:
    """Return a date with its weekday: "Monday, 23 November 2026"."""
    from babel.dates import format_date

    return str(format_date(_local(moment, zone), "full", locale=_locale(language)))


def short_date(
    moment: datetime, language: str, zone: str, *, near: datetime, with_time: bool
) -> str:
    """Return "22 Nov", "22 Nov, 14:05" where the hour matters, "22 Nov 2019" far from `near`."""
    from babel.dates import format_skeleton, format_time

    local, locale = _local(moment, zone), _locale(language)
    skeleton = "MMMd" if abs(near - moment) < NEARBY else "yMMMd"
    day = str(format_skeleton(skeleton, local, locale=locale))
    return f"{day}, {format_time(local, 'short', locale=locale)}" if with_time else day


def span(window: Window, language: str, zone: str) -> str:
    """Return the days a window touches: "16 – 22 Nov 2026"; its end is not part of it."""
    from babel.dates import format_interval

    start, last = _local(window.start, zone), _local(window.end - _INSTANT, zone)
    interval = format_interval(start.date(), last.date(), "yMMMd", locale=_locale(language))
    return " ".join(interval.split())


def day_of(day: str, language: str, zone: str) -> str:
    """Return an ISO day or instant as "16 Nov 2026"; anything else as it stands."""
    from babel.dates import format_skeleton

    try:
        moment = datetime.fromisoformat(day)
    except ValueError:
        return day
    local = moment if moment.tzinfo is None else _local(moment, zone)
    return str(format_skeleton("yMMMd", local, locale=_locale(language)))


def number(count: int, language: str) -> str:
    """Return a count with the language's marks between thousands: "48,200"."""
    from babel.numbers import format_decimal

    return str(format_decimal(count, locale=_locale(language)))


def dollars(micro_usd: int, language: str) -> str:
    """Return a sum of US dollars as the language writes it, below ten cents to a hundredth of one."""
    from babel.numbers import format_currency

    pattern = None if micro_usd >= _TEN_CENTS or not micro_usd else "¤0.00##"
    amount = Decimal(micro_usd) / 1_000_000
    text = format_currency(
        amount, "USD", pattern, locale=_locale(language), currency_digits=pattern is None
    )
    return " ".join(str(text).split())


@cache
def _locale(language: str) -> Locale:
    from babel import Locale, UnknownLocaleError

    for tag in (language, language.split("-")[0], "en-GB"):
        try:
            return Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")


def _local(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(zone_of(zone).info)
