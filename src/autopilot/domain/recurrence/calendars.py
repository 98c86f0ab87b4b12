"""Public holidays and working days of a country, from the `holidays` library, a year at a time.

The library is imported when the first rule needs it: it costs a quarter of a second. Weekend days
and working weekends are the country's own (Friday and Saturday in Egypt; make-up Saturdays in
China); without a country a business day is Monday to Friday.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from difflib import get_close_matches
from functools import lru_cache

FURTHEST_MOVE = timedelta(days=31)
"""A slot moves at most this far to a business day; no country closes for longer."""

_DAY = timedelta(days=1)
_SATURDAY = 5
_NEAR = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """The holidays of a year by name, and its free weekend days."""

    holidays: dict[date, str]
    weekends: frozenset[date]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkCalendar:
    """Business days: not the weekend, and no public holiday of the country where one is given."""

    country: str | None = None
    subdivision: str | None = None
    _years: dict[int, Year] = field(default_factory=dict, init=False, repr=False, compare=False)

    def holiday(self, day: date) -> str | None:
        """Return the name of the public holiday on this date, in English where there is one."""
        return None if self.country is None else self._year(day.year).holidays.get(day)

    def is_weekend(self, day: date) -> bool:
        """Tell whether this date is a free day of the weekend."""
        if self.country is None:
            return day.weekday() >= _SATURDAY
        return day in self._year(day.year).weekends

    def is_business_day(self, day: date) -> bool:
        """Tell whether people work on this date."""
        return not self.is_weekend(day) and self.holiday(day) is None

    def holidays_in(self, year: int) -> tuple[date, ...]:
        """Return the dates of a year's holidays, ascending."""
        return () if self.country is None else tuple(sorted(self._year(year).holidays))

    def nearest(self, day: date, step: int, *, but: frozenset[date]) -> date | None:
        """Return the next business day after (step 1) or before (-1) a date; None where all are far."""
        moved = day
        while abs(moved - day) < FURTHEST_MOVE:
            moved += step * _DAY
            if moved not in but and self.is_business_day(moved):
                return moved
        return None

    def _year(self, year: int) -> Year:
        known = self._years.get(year)
        if known is None:
            known = self._years[year] = _load(str(self.country), self.subdivision, year)
        return known


PLAIN_WEEK = WorkCalendar()


@lru_cache(maxsize=512)
def calendar_of(country: str, subdivision: str | None) -> WorkCalendar:
    """Return the calendar of a country's ISO 3166 code; raises ValueError for one unknown here."""
    problem = country_problem(country) or subdivision_problem(country, subdivision)
    if problem:
        raise ValueError(problem)
    return WorkCalendar(country=country, subdivision=subdivision)


def country_problem(country: str) -> str | None:
    """Return why there is no calendar of this country, or None."""
    if country in _countries():
        return None
    meant = _meant(country)
    if meant is not None:
        return f"{country!r} is not a country's code of two letters; write {meant!r}"
    return f"{country!r} is not a country whose holidays are known"


def allowed_countries(country: str) -> str:
    """Return in words which codes would be accepted, those near the given one first."""
    known = sorted(_countries())
    wanted = country.strip().upper()[:2]
    near = get_close_matches(wanted, known, n=_NEAR, cutoff=0.5) if wanted else known[:_NEAR]
    told = f", such as {', '.join(near)}" if near else ""
    return f"one of {len(known)} ISO 3166 codes of two letters{told}"


def subdivision_problem(country: str, subdivision: str | None) -> str | None:
    """Return why there is no calendar of this part of a country, or None."""
    if subdivision is None or subdivision in _subdivisions(country):
        return None
    return f"{subdivision!r} is not a part of {country} with holidays of its own"


def allowed_subdivisions(country: str) -> str:
    """Return in words which parts of a country would be accepted."""
    known = _subdivisions(country)
    return ", ".join(known) if known else f"none: {country} has no regional holidays; leave it out"


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    from holidays.registry import COUNTRIES

    return frozenset(code for names in COUNTRIES.values() for code in names[1:] if len(code) == 2)


def _meant(country: str) -> str | None:
    """Return the code of a country given in small letters, with three letters, or by its name."""
    from holidays.registry import COUNTRIES

    given = country.strip().casefold().replace(" ", "_")
    for module, names in COUNTRIES.items():
        if given in (module, *(name.casefold() for name in names)):
            return next(name for name in names[1:] if len(name) == 2)
    return None


@lru_cache(maxsize=256)
def _subdivisions(country: str) -> tuple[str, ...]:
    from holidays import country_holidays

    return tuple(country_holidays(country).subdivisions)


def _load(country: str, subdivision: str | None, year: int) -> Year:
    from holidays import country_holidays

    probe = country_holidays(country)
    language = "en_US" if "en_US" in probe.supported_languages else None
    known = country_holidays(
        country, subdiv=subdivision, years=year, expand=False, language=language
    )
    days = (
        date(year, 1, 1) + n * _DAY for n in range((date(year, 12, 31) - date(year, 1, 1)).days + 1)
    )
    return Year(
        holidays={day: name for day, name in known.items() if day.year == year},
        weekends=frozenset(
            day for day in days if known.is_weekend(day) and day not in known.weekend_workdays
        ),
    )
