"""Reading a schedule's config: typed values out, every problem collected with path and example."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, time
from difflib import get_close_matches
from typing import TypeVar
from zoneinfo import available_timezones

from autopilot.domain.recurrence.civil_time import zone_of
from autopilot.domain.recurrence.dates import FIRST_DAY, LAST_DAY
from autopilot.errors import Problem

T = TypeVar("T")

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_EVERY = 400
"""Enough for "every 365 days"; more is a typing error."""

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MINUTES_A_DAY = 24 * 60


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


class Reading:
    """One config while it is read. Values that cannot be used are None; `problems` says why."""

    def __init__(self, config: Mapping[str, object]) -> None:
        self.config = config
        self.problems: list[Problem] = []

    def refuse(self, key: str, message: str, *, allowed: str | None, example: str) -> None:
        """Note one problem with a key of the config."""
        path = f"config.{key}" if key else "config"
        problem = Problem(path=path, message=message, allowed=allowed, example=example)
        self.problems.append(problem)

    def only(self, keys: Iterable[str], *, of: str, example: str) -> None:
        """Note every key that this kind of schedule does not have."""
        known = list(keys)
        for key in self.config:
            if key not in known:
                near = get_close_matches(str(key), known, n=1)
                meant = f"; did you mean {near[0]!r}?" if near else ""
                self.refuse(
                    str(key),
                    f"unknown key for {of}{meant}",
                    allowed=", ".join(known),
                    example=example,
                )

    def times(self) -> tuple[time, ...] | None:
        """Return the wall times, ascending."""
        found = self._list(
            "times", _clock, allowed='"HH:MM", "00:00" to "23:59"', example='["09:00"]'
        )
        return None if found is None else tuple(sorted(found))

    def weekdays(self) -> tuple[int, ...] | None:
        """Return the weekdays, 0 = Monday, ascending."""
        found = self._list("days", _weekday, allowed=", ".join(WEEKDAYS), example='["mon", "thu"]')
        return None if found is None else tuple(sorted(found))

    def days_of_month(self) -> tuple[int, ...] | None:
        """Return the day numbers, ascending, -1 first."""
        allowed = "whole numbers 1 to 31, or -1 for the last day"
        found = self._list("days", _day_number, allowed=allowed, example="[1, 15]")
        return None if found is None else tuple(sorted(found))

    def weekday(self) -> int | None:
        """Return one weekday, 0 = Monday."""
        return self._value("weekday", _weekday, allowed=", ".join(WEEKDAYS), example='"tue"')

    def nth(self) -> int | None:
        """Return which weekday of the month: 1 to 5, or -1 for the last."""
        return self._value("nth", _nth, allowed="1, 2, 3, 4, 5, or -1 for the last", example="1")

    def choice(self, key: str, values: Iterable[str], *, default: str) -> str:
        """Return one of the given words."""
        known = list(values)
        if key not in self.config:
            return default
        found = self._value(key, _one_of(known), allowed=", ".join(known), example=f'"{known[0]}"')
        return default if found is None else found

    def text(self, key: str, *, allowed: str, example: str) -> str | None:
        """Return a text that is not empty."""
        return self._value(key, _text, allowed=allowed, example=example)

    def every(self) -> tuple[int, date | None]:
        """Return the step and the anchor it counts from."""
        anchor = every = None
        if "anchor" in self.config:
            allowed = 'a date "YYYY-MM-DD", 1900 to 2999'
            anchor = self._value("anchor", _date, allowed=allowed, example='"2026-01-05"')
        if "every" in self.config:
            allowed = f"a whole number, 1 to {LONGEST_EVERY}"
            every = self._value("every", _step, allowed=allowed, example="2")
        if every is not None and every > 1 and "anchor" not in self.config:
            self.refuse(
                "anchor",
                f"is missing: every {every} must count from some date",
                allowed="the date of the first one",
                example='"2026-01-05"',
            )
        return every or 1, anchor

    def _value(
        self, key: str, read: Callable[[object], T], *, allowed: str, example: str
    ) -> T | None:
        if key not in self.config:
            self.refuse(key, "is missing", allowed=allowed, example=example)
            return None
        try:
            return read(self.config[key])
        except ValueError as error:
            self.refuse(key, str(error), allowed=allowed, example=example)
            return None

    def _list(
        self, key: str, read: Callable[[object], T], *, allowed: str, example: str
    ) -> list[T] | None:
        """Return the values of a list that is there, not empty, sound in every item, without repeats."""
        before = len(self.problems)
        given = self._value(key, _filled_list, allowed=f"a list of {allowed}", example=example)
        found: list[T] = []
        for index, item in enumerate(given or ()):
            try:
                value = read(item)
                if value in found:
                    raise ValueError(f"{item!r} is listed twice")
                found.append(value)
            except ValueError as error:
                self.refuse(f"{key}[{index}]", str(error), allowed=allowed, example=example)
        return found if len(self.problems) == before else None


def _filled_list(given: object) -> list[object]:
    if not isinstance(given, (list, tuple)):
        raise ValueError(f"{given!r} is not a list")
    if not given:
        raise ValueError("the list is empty")
    return list(given)


def _text(given: object) -> str:
    if not isinstance(given, str) or not given.strip():
        raise ValueError(f"{given!r} is not a text")
    return given


def _whole(given: object) -> int:
    if not isinstance(given, int) or isinstance(given, bool):
        raise ValueError(f"{given!r} is not a whole number")
    return given


def _clock(given: object) -> time:
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given < _MINUTES_A_DAY:
        # YAML 1.1 reads an unquoted 10:00 as the base-60 number 600.
        meant = f"{given // 60:02}:{given % 60:02}"
        raise ValueError(f'{given!r} is a number; in YAML a time needs quotes: "{meant}"')
    found = _CLOCK.fullmatch(given) if isinstance(given, str) else None
    if found is None:
        raise ValueError(f"{given!r} is not a time of day")
    return time(int(found[1]), int(found[2]))


def _weekday(given: object) -> int:
    if given not in WEEKDAYS:
        raise ValueError(f"{given!r} is not a weekday")
    return WEEKDAYS.index(str(given))


def _day_number(given: object) -> int:
    if _whole(given) not in (-1, *range(1, 32)):
        raise ValueError(f"{given!r} is not a day of a month")
    return _whole(given)


def _nth(given: object) -> int:
    if _whole(given) not in (-1, 1, 2, 3, 4, 5):
        raise ValueError(f"{given!r} is not a count of weekdays in a month")
    return _whole(given)


def _step(given: object) -> int:
    if not 1 <= _whole(given) <= LONGEST_EVERY:
        raise ValueError(f"{given!r} is out of range")
    return _whole(given)


def _date(given: object) -> date:
    if isinstance(given, date):
        raise ValueError(f'{given!s} came without quotes; write it as text: "{given:%Y-%m-%d}"')
    if not isinstance(given, str) or not _DAY.fullmatch(given):
        raise ValueError(f"{given!r} is not a date")
    try:
        found = date.fromisoformat(given)
    except ValueError:
        raise ValueError(f"{given!r} is no day of the calendar") from None
    if not FIRST_DAY <= found < LAST_DAY:
        raise ValueError(f"{given!r} is outside the calendar")
    return found


def _one_of(known: list[str]) -> Callable[[object], str]:
    def read(given: object) -> str:
        if given not in known:
            raise ValueError(f"{given!r} is not one of them")
        return str(given)

    return read


def zone_problems(timezone: object) -> Iterator[Problem]:
    """Yield the problem with a time zone's name, with the name that was probably meant."""
    try:
        zone_of(str(timezone))
    except ValueError:
        yield Problem(
            path="timezone",
            message=f"{timezone!r} is not an IANA time zone",
            allowed="Region/City names of the IANA database, or UTC; no abbreviations such as EST",
            example=_zone_meant(str(timezone)),
        )


def _zone_meant(name: str) -> str:
    """Return the zone somebody probably meant: same letters, a known abbreviation, or a near name."""
    by_letters = {known.casefold(): known for known in available_timezones() if "/" in known}
    wanted = name.strip().casefold().replace(" ", "_")
    near = get_close_matches(wanted, by_letters, n=1, cutoff=0.8)
    if near:
        return by_letters[near[0]]
    return _ABBREVIATED.get(name.strip().upper(), "Europe/Berlin")
