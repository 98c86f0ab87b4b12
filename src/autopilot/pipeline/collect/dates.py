"""Dates as feeds write them: RFC 822, ISO 8601, and the wild forms feedparser knows."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from time import struct_time

MAX_DATE = 80
"""Characters; anything longer is no date."""

_MONTHS = {
    name: number
    for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)
}
_ZONE_HOURS = {
    **{"gmt": 0, "utc": 0, "ut": 0, "z": 0, "wet": 0, "bst": 1, "cet": 1, "cest": 2, "eet": 2},
    **{"eest": 3, "msk": 3, "jst": 9, "kst": 9, "aest": 10, "aedt": 11, "ast": -4, "adt": -3},
    **{"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7},
}
_RFC_822 = re.compile(
    r"(?:[A-Za-z]{3,9},?\s*)?(\d{1,2})[\s-]+([A-Za-z]{3})[a-z]{0,6}\.?[\s-]+(\d{4}|\d{2}),?\s+"
    r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?"
    r"(?:\s*(?:(?:GMT|UTC)?([+-])(\d{2}):?(\d{2})|([A-Za-z]{1,4})))?\s*"
)
_ISO_LIKE = re.compile(r"\d{4}-\d\d-\d\d")


def read_date(value: str | None) -> datetime | None:
    """Return the instant in UTC, or None for what cannot be read; a zone not given means UTC."""
    if not value or len(value) > MAX_DATE or not (text := value.strip()):
        return None
    try:
        return _rfc_822(text) or _iso_8601(text) or _wild(text)
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


def _wild(text: str) -> datetime | None:
    """Ask feedparser, which also knows Greek, Korean, Hungarian, asctime and partial W3C dates."""
    from feedparser.datetimes import _parse_date  # private, but the one place that knows them

    parts: struct_time | None = _parse_date(text)
    return None if parts is None else datetime(*parts[:5], _second(str(parts[5])), tzinfo=UTC)
