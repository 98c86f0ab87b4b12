"""Reading a schedule's config: typed values out, every problem collected with path and example."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import TypeVar

from autopilot.domain.recurrence import values
from autopilot.domain.recurrence.amendments import Amendments
from autopilot.domain.recurrence.calendars import PLAIN_WEEK, WorkCalendar
from autopilot.domain.recurrence.values import WEEKDAYS
from autopilot.errors import Problem

T = TypeVar("T")

LONGEST_EVERY = 400
"""Enough for "every 365 days"; more is a typing error."""

MOST_BUSINESS_DAYS = 23
"""No month has more."""

MOST_LISTED = 1_000
DATE_ALLOWED = 'a date "YYYY-MM-DD", 1900 to 2999'

_DAY_NUMBER = values.whole_in((-1, *range(1, 32)), called="a day of a month")
_NTH = values.whole_in((-1, 1, 2, 3, 4, 5), called="a count of weekdays in a month")
_STEP = values.whole_in(range(1, LONGEST_EVERY + 1), called="in range")
_BUSINESS_DAY = values.whole_in(
    [number for number in range(-MOST_BUSINESS_DAYS, MOST_BUSINESS_DAYS + 1) if number],
    called="a count of business days in a month",
)


class Reading:
    """One config while it is read. Values that cannot be used are None; `problems` says why.

    `timezone` is the schedule's zone as given, which may be none; `path` is where the config stands;
    `amendments` and `max_runs` are what the keys of every kind say, once these are read.
    """

    def __init__(
        self, config: Mapping[str, object], *, timezone: str = "UTC", path: str = "config"
    ) -> None:
        self.config = config
        self.timezone = timezone
        self.path = path
        self.problems: list[Problem] = []
        self.amendments = Amendments()
        self.max_runs: int | None = None

    @property
    def calendar(self) -> WorkCalendar:
        """Return the calendar that says what a business day is."""
        holidays = self.amendments.holidays
        return PLAIN_WEEK if holidays is None else holidays.calendar

    def refuse(self, key: str, message: str, *, allowed: str | None, example: str) -> None:
        """Note one problem with a key of the config."""
        path = f"{self.path}.{key}" if key else self.path
        problem = Problem(path=path, message=message, allowed=allowed, example=example)
        self.problems.append(problem)

    def only(self, keys: Iterable[str], *, of: str, example: str) -> None:
        """Note every key that this kind of schedule does not have."""
        known = list(keys)
        for key in self.config:
            if key not in known:
                near = get_close_matches(str(key)[:50], known, n=1)
                meant = f"; did you mean {near[0]!r}?" if near else ""
                self.refuse(
                    str(key),
                    f"unknown key for {of}{meant}",
                    allowed=", ".join(known),
                    example=example,
                )

    def times(self) -> tuple[time, ...] | None:
        """Return the wall times, ascending."""
        allowed = '"HH:MM", "00:00" to "23:59"'
        found = self.items("times", values.clock, allowed=allowed, example='["09:00"]')
        return None if found is None else tuple(sorted(found))

    def weekdays(self) -> tuple[int, ...] | None:
        """Return the weekdays, 0 = Monday, ascending."""
        allowed = ", ".join(WEEKDAYS)
        found = self.items("days", values.weekday, allowed=allowed, example='["mon", "thu"]')
        return None if found is None else tuple(sorted(found))

    def days_of_month(self) -> tuple[int, ...] | None:
        """Return the day numbers, ascending, -1 first."""
        allowed = "whole numbers 1 to 31, or -1 for the last day"
        found = self.items("days", _DAY_NUMBER, allowed=allowed, example="[1, 15]")
        return None if found is None else tuple(sorted(found))

    def weekday(self) -> int | None:
        """Return one weekday, 0 = Monday."""
        allowed = ", ".join(WEEKDAYS)
        return self.value("weekday", values.weekday, allowed=allowed, example='"tue"')

    def nth(self) -> int | None:
        """Return which weekday of the month: 1 to 5, or -1 for the last."""
        return self.value("nth", _NTH, allowed="1, 2, 3, 4, 5, or -1 for the last", example="1")

    def business_day(self) -> int | None:
        """Return which business day of the month, counted from its end where negative."""
        allowed = f"1 (first) to {MOST_BUSINESS_DAYS}, or -1 (last) to -{MOST_BUSINESS_DAYS}"
        return self.value("business_day", _BUSINESS_DAY, allowed=allowed, example="1")

    def is_set(self, key: str) -> bool:
        """Return a truth value that is false when it is not given."""
        if key not in self.config:
            return False
        return bool(self.value(key, values.yes_or_no, allowed="true or false", example="true"))

    def choice(self, key: str, known: Iterable[str], *, default: str) -> str:
        """Return one of the given words."""
        words = list(known)
        if key not in self.config:
            return default
        allowed = ", ".join(words)
        found = self.value(key, values.word(words), allowed=allowed, example=f'"{words[0]}"')
        return default if found is None else found

    def text(self, key: str, *, allowed: str, example: str) -> str | None:
        """Return a text that is not empty."""
        return self.value(key, values.text, allowed=allowed, example=example)

    def day(self, key: str, example: str) -> date | None:
        """Return a date, or None when it is not given."""
        if key not in self.config:
            return None
        return self.value(key, values.day_of_calendar, allowed=DATE_ALLOWED, example=example)

    def days(self, key: str) -> tuple[date, ...]:
        """Return a list of dates, ascending; empty when it is not given."""
        if key not in self.config:
            return ()
        found = self.items(
            key, values.day_of_calendar, allowed=DATE_ALLOWED, example='["2026-12-24"]'
        )
        return tuple(sorted(found or ()))

    def local_times(self, key: str) -> tuple[datetime, ...] | None:
        """Return a list of naive local times, ascending."""
        allowed = '"YYYY-MM-DDTHH:MM", by the clock of the schedule\'s zone'
        found = self.items(key, values.local_time, allowed=allowed, example='["2026-12-24T08:00"]')
        return None if found is None else tuple(sorted(found))

    def every(self) -> tuple[int, date | None]:
        """Return the step and the anchor it counts from."""
        anchor = self.day("anchor", '"2026-01-05"')
        every = None
        if "every" in self.config:
            allowed = f"a whole number, 1 to {LONGEST_EVERY}"
            every = self.value("every", _STEP, allowed=allowed, example="2")
        if every is not None and every > 1 and "anchor" not in self.config:
            self.refuse(
                "anchor",
                f"is missing: every {every} must count from some date",
                allowed="the date of the first one",
                example='"2026-01-05"',
            )
        return every or 1, anchor

    def value(
        self, key: str, read: Callable[[object], T], *, allowed: str, example: str
    ) -> T | None:
        """Return what a reader makes of a key's value; None, with the problem noted, where it cannot."""
        if key not in self.config:
            self.refuse(key, "is missing", allowed=allowed, example=example)
            return None
        try:
            return read(self.config[key])
        except ValueError as error:
            self.refuse(key, str(error), allowed=allowed, example=example)
            return None

    def items(
        self, key: str, read: Callable[[object], T], *, allowed: str, example: str
    ) -> list[T] | None:
        """Return the values of a list that is there, not empty, sound in every item, without repeats."""
        before = len(self.problems)
        given = self.value(key, values.filled_list, allowed=f"a list of {allowed}", example=example)
        if given is not None and len(given) > MOST_LISTED:
            message = f"has {len(given)} entries, which is too many"
            self.refuse(key, message, allowed=f"up to {MOST_LISTED}", example=example)
            return None
        found: dict[T, None] = {}
        for index, item in enumerate(given or ()):
            try:
                value = read(item)
                if value in found:
                    raise ValueError(f"{item!r} is listed twice")
                found[value] = None
            except ValueError as error:
                self.refuse(f"{key}[{index}]", str(error), allowed=allowed, example=example)
        return list(found) if len(self.problems) == before else None
