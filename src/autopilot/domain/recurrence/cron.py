"""Cron lines: five fields and the `@daily` family, parsed by cronsim, run by our own calendar.

Day-of-month and day-of-week follow Vixie and Debian cron: when both are set, a day matches if
either does, unless one of the two starts with `*`; then both must match. `*` or a step in minute
or hour means elapsed time (every real matching instant); anything else is wall-clock time.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import ClassVar, NoReturn

from cronsim import CronSim, CronSimError

from autopilot.domain.recurrence.dates import FIRST_DAY, EveryMonth
from autopilot.errors import Problem, RuleInvalid

ALIASES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
EXAMPLE = '"0 9 * * 1-5" (Monday to Friday at 09:00)'
ALLOWED = f"minute hour day-of-month month day-of-week, or one of {', '.join(ALIASES)}"

_FIELDS = (
    ("minute", "0-59"),
    ("hour", "0-23"),
    ("day-of-month", "1-31, L (last day), LW (last weekday)"),
    ("month", "1-12 or JAN-DEC"),
    ("day-of-week", "0-7 (0 and 7 are Sunday) or SUN-SAT, 1#2 (second Monday), 5L (last Friday)"),
)
_LONGEST = 200
_START = datetime.combine(FIRST_DAY, time())  # cronsim wants one; only its parser is used


@dataclass(frozen=True, slots=True, kw_only=True)
class CronDays:
    """The days of a month that the day fields of a cron line match."""

    fields: str
    by_shape: ClassVar[bool] = True

    @property
    def numbers(self) -> tuple[int, ...]:
        """Return the day-of-month numbers it spells out, ascending; `*`, steps, L and LW are none."""
        if any(mark in self.fields.split()[2] for mark in "*/"):
            return ()
        return tuple(sorted(day for day in CronSim(self.fields, _START).days if day > 0))

    def chosen(self, year: int, month: int) -> tuple[int, ...]:
        """Return the day numbers of this month, ascending, each once."""
        line = CronSim(self.fields, _START)
        numbers = range(1, monthrange(year, month)[1] + 1)
        return tuple(number for number in numbers if line.match_day(date(year, month, number)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """A parsed cron line: `given` is what the user wrote, `fields` its five fields."""

    given: str
    fields: str
    dates: EveryMonth
    times: tuple[time, ...]

    @property
    def is_elapsed(self) -> bool:
        """Tell whether it counts real instants: `*` or a step in its minute or hour field."""
        return any(mark in field for field in self.fields.split()[:2] for mark in "*/")

    @property
    def day_fields(self) -> tuple[str, str]:
        """Return day-of-month and day-of-week as written."""
        fields = self.fields.split()
        return fields[2], fields[4]

    @property
    def needs_both_days(self) -> bool:
        """Tell whether a day must match both day fields, not just one of them."""
        return any(field.startswith("*") for field in self.day_fields)


def parse_cron(text: str, *, path: str) -> Cron:
    """Return the parsed line; raises RuleInvalid with every bad field, or with why it never fires."""
    fields = _five_fields(text, path)
    try:
        line = CronSim(" ".join(fields), _START)
    except CronSimError as error:
        raise RuleInvalid(f"cron {text!r} cannot be used", _explain(fields, path)) from error
    cron = Cron(
        given=text,
        fields=" ".join(fields),
        dates=EveryMonth(days=CronDays(fields=" ".join(fields)), months=frozenset(line.months)),
        times=tuple(
            time(hour, minute) for hour in sorted(line.hours) for minute in sorted(line.minutes)
        ),
    )
    if cron.dates.on_or_after(FIRST_DAY) is None:
        raise RuleInvalid(f"cron {text!r} cannot be used", [_never_fires(path)])
    return cron


def _five_fields(text: str, path: str) -> list[str]:
    if len(text) > _LONGEST:
        _refuse(path, f"is longer than {_LONGEST} characters")
    named = text.strip().lower()
    if named == "@reboot":
        _refuse(path, "'@reboot' names no time; a schedule needs one")
    if named.startswith("@") and named not in ALIASES:
        _refuse(path, f"{text!r} is not a known alias")
    fields = ALIASES.get(named, named).upper().split()
    if len(fields) == 6:
        _refuse(
            path,
            f"{text!r} has 6 fields; schedules have minute precision, so there is no field for"
            " seconds (or for years): leave it out",
        )
    if len(fields) != len(_FIELDS):
        _refuse(path, f"{text!r} has {len(fields)} fields; a cron line has 5")
    return fields


def _refuse(path: str, message: str) -> NoReturn:
    problem = Problem(path=path, message=message, allowed=ALLOWED, example=EXAMPLE)
    raise RuleInvalid("the cron line cannot be used", [problem])


def _explain(fields: list[str], path: str) -> list[Problem]:
    """Name every field that cronsim refuses on its own; where none is, they never meet."""
    problems = [
        Problem(
            path=path,
            message=f"{fields[index]!r} is not valid as {name}",
            allowed=f"{values}, with lists 1,2, ranges 1-5 and steps */2",
            example=EXAMPLE,
        )
        for index, (name, values) in enumerate(_FIELDS)
        if not _is_valid_alone(fields[index], index)
    ]
    return problems or [_never_fires(path)]


def _is_valid_alone(field: str, index: int) -> bool:
    line = ["*"] * len(_FIELDS)
    line[index] = field
    try:
        CronSim(" ".join(line), _START)
    except CronSimError:
        return False
    return True


def _never_fires(path: str) -> Problem:
    return Problem(
        path=path,
        message="never fires: none of its months has such a day",
        allowed="days that exist in at least one of the months",
        example='"0 9 L * *" (the last day of every month at 09:00)',
    )
