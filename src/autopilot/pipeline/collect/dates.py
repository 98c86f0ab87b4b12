"""Dates as feeds write them: RFC 822, ISO 8601, and the wild forms feedparser knows."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import struct_time

MAX_DATE = 80
"""Characters; anything longer is no date."""

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_ZONE_HOURS = {
    **dict.fromkeys(("gmt", "utc", "ut", "z", "wet"), 0),
    **dict.fromkeys(("bst", "cet"), 1),
    **dict.fromkeys(("cest", "eet"), 2),
    **dict.fromkeys(("eest", "msk"), 3),
    **dict.fromkeys(("jst", "kst"), 9),
    **dict.fromkeys(("ast", "edt"), -4),
    **dict.fromkeys(("est", "cdt"), -5),
    **dict.fromkeys(("cst", "mdt"), -6),
    **dict.fromkeys(("mst", "pdt"), -7),
    "adt": -3,
    "pst": -8,
    "aest": 10,
    "aedt": 11,
}
_RFC_822 = re.compile(
    r"(?:[A-Za-z]{3,9},?\s*)?(\d{1,2})[\s-]+([A-Za-z]{3})[a-z]{0,6}\.?[\s-]+(\d{4}|\d{2}),?\s+"
    r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?"
    r"(?:\s*(?:(?:GMT|UTC)?([+-])(\d{2}):?(\d{2})|([A-Za-z]{1,4})))?\s*"
)
_ISO_LIKE = re.compile(r"\d{4}-?\d\d-?\d\dT|\d{4}-\d\d-\d\d")
_PARTIAL = re.compile(r"([12]\d{3})(?:-(\d\d))?")
_W3C_LIKE = re.compile(r"[12]\d{3}-\d\d?-\d\d?[T ]")


def read_date(value: str | None) -> datetime | None:
    """Return the instant in UTC, or None for what cannot be read; a zone not given means UTC."""
    if not value or len(value) > MAX_DATE or not (text := value.strip()):
        return None
    try:
        return _rfc_822(text) or _iso_8601(text) or _partial(text) or _wild(text)
    except (ValueError, OverflowError):
        return None


def _rfc_822(text: str) -> datetime | None:
    """Read RFC 822 section 5 with the year in four digits, and its common slips."""
    match = _RFC_822.fullmatch(text)
    if match is None:
        return None
    day, month, year, hour, minute, second, sign, hours, minutes, name = match.groups()
    number = _MONTHS.get(month.lower())
    if number is None or (name and name.lower() not in _ZONE_HOURS):
        return None
    moment = datetime(
        _full_year(year), number, int(day), int(hour), int(minute), _second(second), tzinfo=UTC
    )
    if sign and hours == minutes == "00":
        return moment
    if sign:
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        return moment - offset if sign == "+" else moment + offset
    return moment - timedelta(hours=_ZONE_HOURS[name.lower()]) if name else moment


def _full_year(year: str) -> int:
    """RFC 2822 section 4.3: two digits below 50 are this century."""
    if len(year) == 4:
        return int(year)
    return int(year) + (2000 if int(year) < 50 else 1900)


def _second(text: str | None) -> int:
    return min(int(text), 59) if text else 0  # a leap second is the one before it


def _iso_8601(text: str) -> datetime | None:
    if not _ISO_LIKE.match(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _partial(text: str) -> datetime | None:
    """Read a year, or a year and a month, as their first day (W3C NOTE-datetime)."""
    match = _PARTIAL.fullmatch(text)
    return datetime(int(match[1]), int(match[2] or 1), 1, tzinfo=UTC) if match else None


def _wild(text: str) -> datetime | None:
    """Ask feedparser's readers of asctime, Perforce, Greek, Hungarian and Korean dates.

    Its ISO reader is left out: it fills what is missing from today's date.
    """
    from feedparser import datetimes  # late: 20 MB and 0.1 s that few runs need

    for handler in datetimes._date_handlers:
        name = handler.__name__
        if name.endswith("_iso8601") or (name.endswith("_w3dtf") and not _W3C_LIKE.match(text)):
            continue
        parts = _asked(handler, text)
        if parts is not None:
            return datetime(*parts[:5], _second(str(parts[5])), tzinfo=UTC)
    return None


def _asked(handler: Callable[[str], struct_time | None], text: str) -> struct_time | None:
    try:
        return handler(text)
    except (ValueError, OverflowError, KeyError, AttributeError, TypeError):
        return None  # the same its own loop takes for "not mine"
