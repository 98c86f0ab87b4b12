"""Wall clock to UTC: which instants a local time means where clocks jump.

Zones come from the newer of two time zone databases, the machine's and the `tzdata` package: a
machine whose database is a year behind would send at the wrong hour.
"""

from __future__ import annotations

import zoneinfo
from bisect import bisect_left, bisect_right
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from autopilot.domain.document import known_zone
from autopilot.domain.policies import Fold, Gap

LONGEST_GAP = timedelta(hours=3)
"""A longer gap is no clock change but a lost day (Pacific/Apia, 2011-12-30): its times are skipped."""

_SCAN_STEP = timedelta(hours=12)
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


class Oddity(StrEnum):
    """Why a wall time is no plain instant."""

    GAP = "gap"
    FOLD = "fold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """One instant a wall time means; `fold` is 1 for the second pass of a repeated time."""

    utc: datetime
    fold: int = 0
    oddity: Oddity | None = None


class Zone:
    """An IANA zone that knows on which days its clocks change; use `zone_of` to get one."""

    __slots__ = ("_ordered", "_restless", "info", "name")

    def __init__(self, name: str, info: ZoneInfo) -> None:
        self.name = name
        self.info = info
        self._restless: dict[int, frozenset[date]] = {}
        self._ordered: dict[int, list[date]] = {}

    def is_calm(self, day: date) -> bool:
        """Tell whether no clock change touches this local date or the one before or after it."""
        restless = self._restless.get(day.year)
        return day not in (self._restless_in(day.year) if restless is None else restless)

    def changes(self, year: int) -> bool:
        """Tell whether clocks change in this year."""
        return any(day.year == year for day in self._restless_in(year))

    def restless(self, first: date, last: date) -> list[date]:
        """Return the dates between two, both included, that a clock change touches, ascending."""
        found: list[date] = []
        for year in range(first.year, last.year + 1):
            days = self._ordered_in(year)
            found += days[bisect_left(days, first) : bisect_right(days, last)]
        return found

    def _ordered_in(self, year: int) -> list[date]:
        known = self._ordered.get(year)
        if known is None:
            days = sorted(day for day in self._restless_in(year) if day.year == year)
            known = self._ordered[year] = days
        return known

    def _restless_in(self, year: int) -> frozenset[date]:
        known = self._restless.get(year)
        if known is None:
            known = self._restless[year] = self._scan(year)
        return known

    def _scan(self, year: int) -> frozenset[date]:
        """Return the dates of a year that a change of offset touches, by walking through it.

        Since 1900 no zone of the database has changed twice within 95 hours. The walk is by wall
        clock, which reads an offset three times as fast as a conversion does.
        """
        wall = datetime(year, 1, 1, tzinfo=self.info) - 4 * _DAY
        end = datetime(year + 1, 1, 1, tzinfo=self.info) + 4 * _DAY
        touched: set[date] = set()
        before = wall.utcoffset()
        while wall < end:
            wall += _SCAN_STEP
            offset = wall.utcoffset()
            if offset != before:
                touched.update(_dates_around((wall - _SCAN_STEP).date(), wall.date()))
            before = offset
        return frozenset(touched)


def _dates_around(first: date, last: date) -> set[date]:
    low, high = min(first, last) - _DAY, max(first, last) + _DAY
    return {low + n * _DAY for n in range((high - low).days + 1)}


@lru_cache(maxsize=1_024)
def zone_of(name: str) -> Zone:
    """Return the zone of this IANA name; raises ValueError for an unknown name or an abbreviation."""
    if name not in _listed_zones():
        known_zone(name)
    if name != "UTC" and _database()[1]:
        shipped = files("tzdata").joinpath("zoneinfo", *name.split("/"))
        if shipped.is_file():
            with shipped.open("rb") as data:
                return Zone(name, ZoneInfo.from_file(data, key=name))
    return Zone(name, ZoneInfo(name))


@lru_cache(maxsize=1)
def _listed_zones() -> frozenset[str]:
    """Return the names `known_zone` accepts; it looks through the whole database each time."""
    return frozenset(name for name in available_timezones() if "/" in name)


def tzdata_version() -> str:
    """Return the release of the time zone database in use, such as "2026f" ("unknown" if untold)."""
    return _database()[0]


@lru_cache(maxsize=1)
def _database() -> tuple[str, bool]:
    """Return the newer database's release and whether it is the package's."""
    machine, package = _machine_release(), _package_release()
    if package > machine:
        return package, True
    return machine or "unknown", False


def _package_release() -> str:
    with suppress(OSError, ImportError):
        return _stated_release(files("tzdata").joinpath("zoneinfo"))
    return ""


def _machine_release() -> str:
    """Return the release of the first folder zoneinfo would read, or "" where none is stated."""
    for folder in map(Path, zoneinfo.TZPATH):
        with suppress(OSError):
            return _stated_release(folder)
    return ""


def _stated_release(folder: Traversable) -> str:
    plain = folder.joinpath("+VERSION")  # macOS and the BSDs
    if plain.is_file():
        return plain.read_text("ascii").strip()
    with folder.joinpath("tzdata.zi").open("r", encoding="ascii") as source:
        return source.readline().removeprefix("# version").strip()


def resolve(
    wall: datetime, place: Zone, *, gap: Gap = Gap.NEXT_VALID, fold: Fold = Fold.FIRST
) -> tuple[Resolved, ...]:
    """Return the instants a naive wall time means in a zone, in order: none, one or two."""
    early = wall.replace(tzinfo=place.info, fold=0).astimezone(UTC)
    late = wall.replace(tzinfo=place.info, fold=1).astimezone(UTC)
    if early == late:
        return (Resolved(utc=early),)
    if early > late:  # PEP 495: in a gap fold=0 reads the old offset, fold=1 the new one
        return _in_gap(late, early, place, gap)
    first = Resolved(utc=early, oddity=Oddity.FOLD)
    second = Resolved(utc=late, fold=1, oddity=Oddity.FOLD)
    return {Fold.FIRST: (first,), Fold.SECOND: (second,), Fold.BOTH: (first, second)}[fold]


def _in_gap(late: datetime, early: datetime, place: Zone, gap: Gap) -> tuple[Resolved, ...]:
    if gap is Gap.SKIP or early - late > LONGEST_GAP:
        return ()
    utc = early if gap is Gap.SHIFT else change_between(late, early, place)
    return (Resolved(utc=utc, oddity=Oddity.GAP),)


def instant_left_out(wall: datetime, place: Zone) -> datetime:
    """Return the instant of a wall time by the offset before a gap: when it would have been."""
    return wall.replace(tzinfo=place.info, fold=0).astimezone(UTC)


def change_between(low: datetime, high: datetime, place: Zone) -> datetime:
    """Return the first instant in (low, high], to the second, that has the offset of `high`."""
    target = high.astimezone(place.info).utcoffset()
    while high - low > _SECOND:
        middle = low + timedelta(seconds=(high - low) // _SECOND // 2)
        if middle.astimezone(place.info).utcoffset() == target:
            high = middle
        else:
            low = middle
    return high


def is_lost(wall: datetime, place: Zone) -> bool:
    """Tell whether a wall time lies in a gap so long that it is skipped."""
    return not resolve(wall, place)


def midnight(day: date) -> datetime:
    """Return the naive start of a local date."""
    return datetime.combine(day, time())
