"""Recurrence rules of RFC 5545 on naive local times; python-dateutil finds the occurrences.

dateutil searches to the year 9999, which takes seconds when nothing matches. The calendar repeats
itself every 400 years (146,097 days, whole weeks), so the search is made in its last centuries:
at least 250 years are looked through, and no more than 650.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from heapq import merge
from threading import Lock
from typing import TYPE_CHECKING

from autopilot.domain.recurrence.civil_time import midnight
from autopilot.domain.recurrence.slot import Flag

if TYPE_CHECKING:
    from dateutil.rrule import rrule

_CYCLE_YEARS = 400
_CYCLE = timedelta(days=146_097)
_LATEST_START = 9_749
_DAY = timedelta(days=1)
_FAR = {"MINUTELY": timedelta(days=14), "HOURLY": timedelta(days=100)}
_OTHERWISE_FAR = timedelta(days=800)
_MOST_KEPT = 20_000
_STEPS = {
    "MINUTELY": timedelta(minutes=1),
    "HOURLY": timedelta(hours=1),
    "DAILY": _DAY,
    "WEEKLY": 7 * _DAY,
}
"""Frequencies whose periods are all of one length, so that reading can begin at any of them."""

_DATE_PARTS = ("BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYDAY")


class Series:
    """One RRULE: its parts as written (names and values in capitals), and where it begins."""

    def __init__(self, parts: Mapping[str, str], start: datetime, until: datetime | None) -> None:
        """Raises ValueError where dateutil cannot use the parts."""
        self.parts = dict(parts)
        self.until = until
        self.interval = int(self.parts.get("INTERVAL", "1"))
        self._start = start
        self._shift = (_LATEST_START - start.year) // _CYCLE_YEARS * _CYCLE
        self._rule = self._shifted(self.parts)
        self._has_a_day = self._finds_a_day()

    @property
    def can_begin_anywhere(self) -> bool:
        """Tell whether reading need not begin at the first occurrence."""
        return self.parts["FREQ"] in _STEPS and "COUNT" not in self.parts

    @property
    def has_one_time_a_day(self) -> bool:
        """Tell whether no date can have two times."""
        has_lists = any("," in self.parts.get(name, "") for name in ("BYHOUR", "BYMINUTE"))
        return self.parts["FREQ"] not in ("HOURLY", "MINUTELY") and not has_lists

    def since(self, wall: datetime) -> Iterator[datetime]:
        """Yield the occurrences from some time not after `wall` on, in order."""
        for shifted in self._begun_before(wall) if self._has_a_day else ():
            found = shifted - self._shift
            if self.until is not None and found > self.until:
                return
            yield found

    def _finds_a_day(self) -> bool:
        """Tell whether any date matches; dateutil would look for one in every minute of centuries."""
        chosen = {name: self.parts[name] for name in _DATE_PARTS if name in self.parts}
        if self.parts["FREQ"] not in ("HOURLY", "MINUTELY") or not chosen:
            return True
        return next(iter(self._shifted({"FREQ": "DAILY", **chosen})), None) is not None

    def _shifted(self, parts: Mapping[str, str]) -> rrule:
        from dateutil.rrule import rrulestr

        given = {name: value for name, value in parts.items() if name != "UNTIL"}
        text = ";".join(f"{name}={value}" for name, value in given.items())
        # One RRULE line is never a set, whatever the stubs say.
        return rrulestr(f"RRULE:{text}", dtstart=self._start + self._shift)  # type: ignore[return-value]

    def _begun_before(self, wall: datetime) -> Iterator[datetime]:
        if self.can_begin_anywhere and wall > self._start:
            period = self.interval * _STEPS[self.parts["FREQ"]]
            whole = (wall - self._start) // period - 1
            if whole > 0:
                return iter(self._rule.replace(dtstart=self._start + self._shift + whole * period))
        return iter(self._rule)


class _Tape:
    """Occurrences in order, read only as far as they were asked for."""

    def __init__(self, first: datetime, source: Iterator[datetime]) -> None:
        self.first = first
        self._source = source
        self._walls: list[datetime] = []
        self._is_read = False

    def reaches(self, wall: datetime, far: timedelta) -> bool:
        """Tell whether going on to a time is cheaper than beginning anew."""
        near = self._walls[-1] if self._walls else self.first
        is_near = len(self._walls) < _MOST_KEPT and wall - near < far
        return self.first <= wall and (self._is_read or wall <= near or is_near)

    def from_on(self, wall: datetime) -> datetime | None:
        """Return the first occurrence that is not before a time."""
        self._read_to(wall)
        index = bisect_left(self._walls, wall)
        return self._walls[index] if index < len(self._walls) else None

    def between(self, start: datetime, end: datetime) -> list[datetime]:
        """Return the occurrences from `start` up to, not including, `end`."""
        self._read_to(end)
        return self._walls[bisect_left(self._walls, start) : bisect_left(self._walls, end)]

    def _read_to(self, wall: datetime) -> None:
        walls = self._walls
        while not self._is_read and (not walls or walls[-1] < wall):
            following = next(self._source, None)
            if following is None:
                self._is_read = True
            else:
                walls.append(following)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reel:
    """The one tape in use; a rule is shared by threads and a generator is not."""

    lock: Lock = field(default_factory=Lock)
    tape: list[_Tape] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Recurrence:
    """What RRULE, RDATE and EXDATE lines say together; DTSTART counts only where a rule matches it."""

    start: datetime
    series: tuple[Series, ...]
    added: tuple[datetime, ...] = ()
    removed: frozenset[datetime] = frozenset()
    _reel: _Reel = field(default_factory=_Reel, init=False, repr=False, compare=False)

    def on_or_after(self, day: date) -> date | None:
        """Return the first date with an occurrence that is not before `day`."""
        with self._reel.lock:
            found = self._tape(midnight(day)).from_on(midnight(day))
        return None if found is None else found.date()

    def times_on(self, day: date) -> tuple[time, ...]:
        """Return the times of a date, ascending."""
        start = midnight(day)
        with self._reel.lock:
            found = self._tape(start).between(start, start + _DAY)
        return tuple(wall.time() for wall in found)

    def flags_on(self, wall: datetime) -> tuple[Flag, ...]:
        """Return nothing: no occurrence of it is special."""
        return ()

    @property
    def has_one_time_a_day(self) -> bool:
        """Tell whether each date can only have one time, known without looking."""
        single = len(self.series) == 1 and not self.added
        return single and self.series[0].has_one_time_a_day

    def first(self, count: int) -> list[datetime]:
        """Return the first occurrences, at most so many."""
        found = self.occurrences(self.start)
        return [wall for wall, _ in zip(found, range(count), strict=False)]

    def occurrences(self, wall: datetime) -> Iterator[datetime]:
        """Yield the occurrences from some time not after `wall` on, in order, each once."""
        last = None
        for found in merge(self.added, *(series.since(wall) for series in self.series)):
            if found != last and found not in self.removed:
                yield found
            last = found

    @cached_property
    def _far(self) -> timedelta:
        far = (_FAR.get(series.parts["FREQ"], _OTHERWISE_FAR) for series in self.series)
        return min(far, default=_OTHERWISE_FAR)

    @cached_property
    def _beginning(self) -> datetime:
        return min((self.start, *self.added))

    def _tape(self, wall: datetime) -> _Tape:
        known = self._reel.tape
        can_begin_anywhere = all(series.can_begin_anywhere for series in self.series)
        first = max(self._beginning, wall - _DAY) if can_begin_anywhere else self._beginning
        wall = max(wall, self._beginning)
        if known and (not can_begin_anywhere or known[0].reaches(wall, self._far)):
            return known[0]
        known[:] = [_Tape(first, self.occurrences(first))]
        return known[0]
