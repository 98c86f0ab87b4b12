"""A rule's dates after its amendments, worked out one month at a time and kept."""

from __future__ import annotations

from bisect import bisect_left
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from autopilot.domain.recurrence.amendments import Amendments
from autopilot.domain.recurrence.dates import LAST_DAY
from autopilot.domain.recurrence.slot import Flag, FlagCode
from autopilot.domain.recurrence.walls import Walls
from autopilot.domain.recurrence.wording import short_date

_MONTHS = 12
_DAY = timedelta(days=1)
_MONTHS_KEPT = 240
_MONTHS_SEARCHED = 60
"""A rule with no slot in so many months that should have one (each New Year, say) has no next slot."""

INCLUDED = Flag(code=FlagCode.INCLUDED, text="included date")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Month:
    days: tuple[date, ...]
    times: dict[date, tuple[time, ...]]
    flags: dict[datetime, tuple[Flag, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Amended:
    """Nominal wall times, changed; `included_times` are those of an included date.

    Where two dates land on one, each time of day is one slot, and the one that was not moved
    speaks for both.
    """

    nominal: Walls
    amendments: Amendments
    included_times: tuple[time, ...]
    _months: dict[int, _Month] = field(default_factory=dict, init=False, repr=False, compare=False)

    def on_or_after(self, day: date) -> date | None:
        """Return the first date with a slot that is not before `day`."""
        bounds = self.amendments
        if bounds.start is not None and day < bounds.start:
            day = bounds.start
        index: int | None = day.year * _MONTHS + day.month - 1
        for _ in range(_MONTHS_SEARCHED + len(bounds.excluded)):
            if index is None or (bounds.end is not None and _first_of(index) > bounds.end):
                return None
            days = self._month(index).days
            place = bisect_left(days, day)
            if place < len(days):
                return days[place]
            index = self._next_month(index)
        return None

    def times_on(self, day: date) -> tuple[time, ...]:
        """Return the times of a date."""
        return self._month(day.year * _MONTHS + day.month - 1).times.get(day, ())

    def flags_on(self, wall: datetime) -> tuple[Flag, ...]:
        """Return whether a time was moved here by a holiday, or put in."""
        return self._month(wall.year * _MONTHS + wall.month - 1).flags.get(wall, ())

    def _next_month(self, index: int) -> int | None:
        """Return the next month that may have a slot, leaping over years that cannot."""
        if index + 1 >= LAST_DAY.year * _MONTHS:
            return None
        following = _first_of(index + 1)
        on, back = self.amendments.furthest
        nominal = self.nominal.on_or_after(following - on)
        near = [] if nominal is None else [max(following, nominal - back)]
        near += [day for day in self.amendments.included if day >= following][:1]
        if not near:
            return None
        return min(near).year * _MONTHS + min(near).month - 1

    def _month(self, index: int) -> _Month:
        known = self._months.get(index)
        if known is None:
            if len(self._months) >= _MONTHS_KEPT:
                self._months.clear()
            known = self._months[index] = self._work_out(index)
        return known

    def _work_out(self, index: int) -> _Month:
        first = _first_of(index)
        last = first.replace(day=monthrange(first.year, first.month)[1])
        found: dict[datetime, tuple[Flag, ...]] = {}
        on, back = self.amendments.furthest
        day = self.nominal.on_or_after(first - on)
        while day is not None and day <= last + back:
            target = self.amendments.landing(day)
            if target is not None and first <= target <= last:
                self._land(day, target, found)
            day = self.nominal.on_or_after(day + _DAY)
        for put_in in self.amendments.included:
            if first <= put_in <= last:
                for moment in self.included_times:
                    found.setdefault(datetime.combine(put_in, moment), (INCLUDED,))
        return _sorted_month(found)

    def _land(self, day: date, target: date, found: dict[datetime, tuple[Flag, ...]]) -> None:
        if target != day and day in self.amendments.included:
            return  # it fires on its own date, whatever the holiday
        flags = () if target == day else (self._moved(day, target),)
        for moment in self.nominal.times_on(day):
            wall = datetime.combine(target, moment)
            if wall not in found or not flags:
                found[wall] = flags

    def _moved(self, day: date, target: date) -> Flag:
        name = self.amendments.holiday(day)
        text = f"holiday: moved to {short_date(target)} from {short_date(day)} ({name})"
        return Flag(code=FlagCode.HOLIDAY_MOVED, text=text)


def _sorted_month(found: dict[datetime, tuple[Flag, ...]]) -> _Month:
    times: dict[date, list[time]] = {}
    for wall in sorted(found):
        times.setdefault(wall.date(), []).append(wall.time())
    return _Month(
        days=tuple(times),
        times={day: tuple(moments) for day, moments in times.items()},
        flags={wall: flags for wall, flags in found.items() if flags},
    )


def _first_of(index: int) -> date:
    year, month = divmod(index, _MONTHS)
    return date(year, month + 1, 1)
