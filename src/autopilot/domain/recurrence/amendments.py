"""What every kind of rule may add: first and last date, dates left out or put in, holidays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from autopilot.domain.recurrence.calendars import FURTHEST_MOVE, WorkCalendar

EXCLUDED_REASON = "excluded date"


class HolidayMove(StrEnum):
    """What becomes of a slot on a public holiday."""

    SKIP = "skip"
    PREVIOUS = "previous_business_day"
    NEXT = "next_business_day"


_STEPS = {HolidayMove.PREVIOUS: -1, HolidayMove.NEXT: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class HolidayRule:
    """The holidays a rule heeds, and how."""

    calendar: WorkCalendar
    move: HolidayMove = HolidayMove.SKIP


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendments:
    """Changes to the dates of a rule; nothing ever fires before `start` or after `end`.

    An included date fires even on a holiday. An excluded date is no business day either: what a
    holiday moves goes past it.
    """

    start: date | None = None
    end: date | None = None
    excluded: frozenset[date] = frozenset()
    included: tuple[date, ...] = ()
    holidays: HolidayRule | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether the rule stays as it is."""
        return not (self.start or self.end or self.excluded or self.included or self.holidays)

    @property
    def furthest(self) -> tuple[timedelta, timedelta]:
        """Return how far slots may move on, and how far back."""
        moves = (HolidayMove.NEXT, HolidayMove.PREVIOUS)
        heeded = None if self.holidays is None else self.holidays.move
        on, back = (FURTHEST_MOVE if heeded is move else timedelta() for move in moves)
        return on, back

    @property
    def moves(self) -> bool:
        """Tell whether a holiday sends slots to another date."""
        return self.holidays is not None and self.holidays.move is not HolidayMove.SKIP

    def is_within(self, day: date) -> bool:
        """Tell whether a date lies between the first and the last."""
        return (self.start is None or day >= self.start) and (self.end is None or day <= self.end)

    def landing(self, day: date) -> date | None:
        """Return the date on which the slots of a nominal date fire; None when they do not."""
        if not self.is_within(day) or day in self.excluded:
            return None
        if self.holidays is None or self.holidays.calendar.holiday(day) is None:
            return day
        target = self._moved(day)
        return target if target is not None and self.is_within(target) else None

    def why_not(self, day: date) -> str | None:
        """Return why a nominal date has no slot at all; None where it has, or is no part of the rule."""
        if not self.is_within(day) or day in self.included or self.landing(day) is not None:
            return None
        if day in self.excluded:
            return EXCLUDED_REASON
        reason = f"holiday: {self.holiday(day)}"
        if not self.moves:
            return reason
        if self._moved(day) is None:
            return f"{reason}, and no business day is near"
        return f"{reason}, and the business day it moves to is outside start_date and end_date"

    def holiday(self, day: date) -> str | None:
        """Return the name of the holiday on a date that the rule heeds."""
        return None if self.holidays is None else self.holidays.calendar.holiday(day)

    def exceptions(self, first: date, last: date) -> Iterator[date]:
        """Yield the dates between two, both included, that may not fire as the rule says."""
        yield from (day for day in self.excluded if first <= day <= last)
        if self.holidays is not None:
            for year in range(first.year, last.year + 1):
                days = self.holidays.calendar.holidays_in(year)
                yield from (day for day in days if first <= day <= last)

    def _moved(self, day: date) -> date | None:
        assert self.holidays is not None
        step = _STEPS.get(self.holidays.move)
        if step is None:
            return None
        return self.holidays.calendar.nearest(day, step, but=self.excluded)
