"""Sources of wall times: on which local dates a rule has slots, and at what times of these."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Protocol

from autopilot.domain.recurrence.dates import Dates
from autopilot.domain.recurrence.slot import Flag


class Walls(Protocol):
    """A set of naive local times, read in order of their dates."""

    def on_or_after(self, day: date) -> date | None:
        """Return the first date with a slot that is not before `day`; None when there is none."""

    def times_on(self, day: date) -> tuple[time, ...]:
        """Return the times of a date, ascending; empty for a date that has none."""

    def flags_on(self, wall: datetime) -> tuple[Flag, ...]:
        """Return what the calendar says of one of its times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steady:
    """The same times on every date; `times_on` is asked only about dates it has itself."""

    dates: Dates
    times: tuple[time, ...]

    def on_or_after(self, day: date) -> date | None:
        """Return the first date that is not before `day`."""
        return self.dates.on_or_after(day)

    def times_on(self, day: date) -> tuple[time, ...]:
        """Return the times."""
        return self.times

    def flags_on(self, wall: datetime) -> tuple[Flag, ...]:
        """Return nothing: no date of it is special."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Local times one by one, ascending."""

    moments: tuple[datetime, ...]
    _days: tuple[date, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Notes the dates once."""
        object.__setattr__(self, "_days", tuple(moment.date() for moment in self.moments))

    def on_or_after(self, day: date) -> date | None:
        """Return the first date that is not before `day`."""
        index = bisect_left(self._days, day)
        return self._days[index] if index < len(self._days) else None

    def times_on(self, day: date) -> tuple[time, ...]:
        """Return the times listed for a date."""
        return tuple(moment.time() for moment in self.moments if moment.date() == day)

    def flags_on(self, wall: datetime) -> tuple[Flag, ...]:
        """Return nothing: no date of it is special."""
        return ()


def has_date(walls: Walls, day: date) -> bool:
    """Tell whether a date has slots."""
    return walls.on_or_after(day) == day
