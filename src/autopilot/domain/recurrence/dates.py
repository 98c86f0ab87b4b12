"""Producers of local dates: every day, week or month, from an anchor or not.

A producer answers one question, `on_or_after`, and knows no clock and no zone. What amends a
rule's dates (holidays, dates left out) is `amended`.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import ClassVar, Protocol

from autopilot.domain.recurrence.calendars import WorkCalendar

FIRST_DAY = date(1900, 1, 1)
LAST_DAY = date(2999, 12, 31)
"""The calendar ends here: a search for the next date is bounded."""

LAST = -1
WEEK = 7
_MONTHS = 12
EVERY_MONTH_OF_YEAR = frozenset(range(1, _MONTHS + 1))

_DAY = timedelta(days=1)
_TRIES = 1_000
_MONTHS_SEARCHED = 100 * _MONTHS
_STEPS_SEARCHED = 12
"""A date that has not come in a hundred years, nor in a dozen steps, is taken never to come."""


class Dates(Protocol):
    """A set of local dates, read in order."""

    def on_or_after(self, day: date) -> date | None:
        """Return the first date that is not before `day`; None when there is none up to LAST_DAY."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EveryDay:
    """Every N-th day counted from the anchor, which is the first; without an anchor, every day."""

    every: int = 1
    anchor: date | None = None

    def on_or_after(self, day: date) -> date:
        """Return the first date that is not before `day`."""
        if self.anchor is None:
            return day
        if day <= self.anchor:
            return self.anchor
        return day + timedelta(days=(self.anchor - day).days % self.every)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekdays:
    """The dates of a daily rule without free weekend days; holidays are the amendments' affair."""

    dates: EveryDay
    calendar: WorkCalendar

    def on_or_after(self, day: date) -> date | None:
        """Return the first date that is not before `day`; None when they all fall on weekends."""
        found = self.dates.on_or_after(day)
        for _ in range(_TRIES):
            if found >= LAST_DAY:
                return None
            if not self.calendar.is_weekend(found):
                return found
            found = self.dates.on_or_after(found + _DAY)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class EveryWeek:
    """Weekdays (0 = Monday, ascending) of every N-th week from the anchor's week; weeks begin on Monday.

    No date is before the anchor, as with DTSTART in RFC 5545.
    """

    days: tuple[int, ...]
    every: int = 1
    anchor: date | None = None

    def on_or_after(self, day: date) -> date | None:
        """Return the first date that is not before `day`."""
        if self.anchor is not None and day < self.anchor:
            day = self.anchor
        weekday = day.weekday()
        wait = self._weeks_until_active(day - timedelta(days=weekday))
        if wait == 0:
            for wanted in self.days:
                if wanted >= weekday:
                    return day + timedelta(days=wanted - weekday)
            wait = self.every
        return day + timedelta(days=wait * WEEK - weekday + self.days[0])

    def _weeks_until_active(self, monday: date) -> int:
        if self.anchor is None:
            return 0
        anchor_monday = self.anchor - timedelta(days=self.anchor.weekday())
        return -((monday - anchor_monday).days // WEEK) % self.every


class MissingDay(StrEnum):
    """What a day number means in a month that has no such day."""

    LAST = "last"
    SKIP = "skip"


class DaysOfMonth(Protocol):
    """Days chosen inside a month.

    `by_shape` tells that the month's first weekday and its length decide, not the year.
    """

    @property
    def by_shape(self) -> bool: ...

    def chosen(self, year: int, month: int) -> tuple[int, ...]:
        """Return the day numbers of this month, ascending, each once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedDays:
    """Days by number, 1 to 31 or -1 for the last; two that land on one date are one."""

    days: tuple[int, ...]
    missing_day: MissingDay = MissingDay.LAST
    by_shape: ClassVar[bool] = True

    def chosen(self, year: int, month: int) -> tuple[int, ...]:
        """Return the day numbers of this month, ascending, each once."""
        length = monthrange(year, month)[1]
        landed = (length if day == LAST else day for day in self.days)
        if self.missing_day is MissingDay.LAST:
            return tuple(sorted({min(day, length) for day in landed}))
        return tuple(sorted({day for day in landed if day <= length}))


@dataclass(frozen=True, slots=True, kw_only=True)
class NthWeekday:
    """The n-th (1 to 5, -1 = last) given weekday (0 = Monday); a month without a fifth has none."""

    nth: int
    weekday: int
    by_shape: ClassVar[bool] = True

    def chosen(self, year: int, month: int) -> tuple[int, ...]:
        """Return the day number in a tuple, or an empty one."""
        first_weekday, length = monthrange(year, month)
        first = 1 + (self.weekday - first_weekday) % WEEK
        found = range(first, length + 1, WEEK)
        if self.nth == LAST:
            return (found[-1],)
        return (found[self.nth - 1],) if self.nth <= len(found) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessDayOfMonth:
    """The n-th business day of a month (1 = first, -1 = last, -2 = the one before)."""

    nth: int
    calendar: WorkCalendar
    by_shape: ClassVar[bool] = False

    def chosen(self, year: int, month: int) -> tuple[int, ...]:
        """Return the day number in a tuple, or an empty one where there are not so many."""
        numbers = range(1, _length(year, month) + 1)
        left = abs(self.nth)
        for number in numbers if self.nth > 0 else reversed(numbers):
            left -= self.calendar.is_business_day(date(year, month, number))
            if left == 0:
                return (number,)
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EveryMonth:
    """Chosen days of certain months, and of these every N-th counted from the anchor's month.

    No date is before the anchor.
    """

    days: DaysOfMonth
    months: frozenset[int] = EVERY_MONTH_OF_YEAR
    every: int = 1
    anchor: date | None = None
    # There are only 28 shapes of a month, so the answer is looked up, not worked out.
    _by_shape: dict[tuple[int, int], tuple[int, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    # From each month of the year, how many months on the next candidate is: 29 February is rare.
    _steps: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Works out the steps once."""
        steps = tuple(self._step_from(index) for index in range(_MONTHS))
        object.__setattr__(self, "_steps", steps)

    def _step_from(self, index: int) -> int:
        if self.every > 1:
            return self.every
        following = range(index + 1, index + 1 + _MONTHS)
        return next(month - index for month in following if month % _MONTHS + 1 in self.months)

    def on_or_after(self, day: date) -> date | None:
        """Return the first date that is not before `day`; None when there is none up to LAST_DAY."""
        if self.anchor is not None and day < self.anchor:
            day = self.anchor
        start = day.year * _MONTHS + day.month - 1
        month = self._next_active(start)
        earliest = day.day if month == start else 1
        patience = max(_MONTHS_SEARCHED, _STEPS_SEARCHED * self.every)
        while month < min((LAST_DAY.year + 1) * _MONTHS, start + patience):
            year, index = divmod(month, _MONTHS)
            if index + 1 in self.months:
                for number in self._chosen(year, index + 1):
                    if number >= earliest:
                        return date(year, index + 1, number)
            month, earliest = month + self._steps[index], 1
        return None

    def _next_active(self, month: int) -> int:
        if self.anchor is None:
            return month
        return month + (self.anchor.year * _MONTHS + self.anchor.month - 1 - month) % self.every

    def _chosen(self, year: int, month: int) -> tuple[int, ...]:
        if not self.days.by_shape:
            return self.days.chosen(year, month)
        shape = (date(year, month, 1).weekday(), _length(year, month))
        days = self._by_shape.get(shape)
        if days is None:
            days = self._by_shape[shape] = self.days.chosen(year, month)
        return days


_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _length(year: int, month: int) -> int:
    if month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0):
        return 29
    return _LENGTHS[month - 1]
