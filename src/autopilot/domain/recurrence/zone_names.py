"""A time zone's name that is none, and the one that was probably meant."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from zoneinfo import available_timezones

from autopilot.domain.recurrence.civil_time import zone_of
from autopilot.errors import Problem

_ABBREVIATED = {
    "EST": "America/New_York",
    "EDT": "America/New_York",
    "CST": "America/Chicago",
    "CDT": "America/Chicago",
    "MST": "America/Denver",
    "MDT": "America/Denver",
    "PST": "America/Los_Angeles",
    "PDT": "America/Los_Angeles",
    "GMT": "UTC",
    "Z": "UTC",
    "BST": "Europe/London",
    "WET": "Europe/Lisbon",
    "EET": "Europe/Athens",
    "IST": "Asia/Kolkata",
    "JST": "Asia/Tokyo",
    "AEST": "Australia/Sydney",
}


def zone_problems(timezone: object) -> Iterator[Problem]:
    """Yield the problem with a time zone's name, with the name that was probably meant."""
    if not _is_zone(str(timezone)):
        yield Problem(
            path="timezone",
            message=f"{timezone!r} is not an IANA time zone",
            allowed="Region/City names of the IANA database, or UTC; no abbreviations such as EST",
            example=_zone_meant(str(timezone)[:100]),
        )


@lru_cache(maxsize=4_096)
def _is_zone(name: str) -> bool:
    """Tell whether there is such a zone; looking through the database takes milliseconds."""
    try:
        zone_of(name)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=4_096)
def _zone_meant(name: str) -> str:
    """Return the zone somebody probably meant: same letters, a known abbreviation, or a near name."""
    by_letters = {known.casefold(): known for known in available_timezones() if "/" in known}
    wanted = name.strip().casefold().replace(" ", "_")
    near = get_close_matches(wanted, sorted(by_letters), n=1, cutoff=0.8)
    if near:
        return by_letters[near[0]]
    return _ABBREVIATED.get(name.strip().upper(), "Europe/Berlin")
