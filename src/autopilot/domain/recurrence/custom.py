"""Custom schedules: a cron line, a recurrence rule, an interval, or dates one by one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from autopilot.domain.recurrence import values
from autopilot.domain.recurrence.cron import ALLOWED, EXAMPLE, parse_cron
from autopilot.domain.recurrence.interval import Interval
from autopilot.domain.recurrence.reading import Reading
from autopilot.domain.recurrence.rrule_reading import ALLOWED as RRULE_ALLOWED
from autopilot.domain.recurrence.rrule_reading import EXAMPLE as RRULE_EXAMPLE
from autopilot.domain.recurrence.rrule_reading import parse_rrule
from autopilot.domain.recurrence.timing import Timing
from autopilot.domain.recurrence.walls import Listed, Steady
from autopilot.errors import RuleInvalid

CHOICES = ("cron", "rrule", "interval", "dates")

_UNITS = {"days": 1_440, "hours": 60, "minutes": 1}
_INTERVAL_EXAMPLE = '{"interval": {"hours": 6}, "anchor": "2026-01-05T08:00:00Z"}'
_LONGEST_INTERVAL = timedelta(days=400)
_COUNT = values.whole_in(range(1, 1_000_000), called="a count of them")


def read_custom(reading: Reading) -> Timing | None:
    """Return the one of the four that is given."""
    given = [key for key in CHOICES if key in reading.config]
    for key in given[1:]:
        reading.refuse(
            key,
            f"cannot stand beside {given[0]}",
            allowed=f"one of {', '.join(CHOICES)}",
            example='{"cron": "0 9 * * 1-5"}',
        )
    if "anchor" in reading.config and "interval" not in given:
        reading.refuse(
            "anchor",
            "goes with interval only",
            allowed="nothing here; a recurrence begins at its DTSTART",
            example=_INTERVAL_EXAMPLE,
        )
    return _READERS[given[0] if given else "cron"](reading)


def _read_cron(reading: Reading) -> Timing | None:
    if not any(key in reading.config for key in CHOICES):
        message = "is missing: a custom schedule needs one of " + ", ".join(CHOICES)
        reading.refuse("cron", message, allowed=ALLOWED, example=EXAMPLE)
        return None
    text = reading.text("cron", allowed=ALLOWED, example=EXAMPLE)
    if text is None:
        return None
    try:
        cron = parse_cron(text, path=f"{reading.path}.cron")
    except RuleInvalid as refused:
        reading.problems += refused.problems
        return None
    walls = Steady(dates=cron.dates, times=cron.times)
    return Timing(nominal=walls, times=cron.times, cron=cron)


def _read_rrule(reading: Reading) -> Timing | None:
    text = reading.text("rrule", allowed=RRULE_ALLOWED, example=RRULE_EXAMPLE)
    if text is None:
        return None
    try:
        found = parse_rrule(text, timezone=reading.timezone, path=f"{reading.path}.rrule")
    except RuleInvalid as refused:
        reading.problems += refused.problems
        return None
    # An included date has the time of DTSTART: the rule may have another on every date.
    return Timing(nominal=found, times=(found.start.time(),), recurrence=found)


def _read_dates(reading: Reading) -> Timing | None:
    _refuse_included(reading, "list the date among dates, with its time")
    moments = reading.local_times("dates")
    if moments is None:
        return None
    times = tuple(sorted({moment.time() for moment in moments}))
    return Timing(nominal=Listed(moments=moments), times=times)


def _read_interval(reading: Reading) -> Timing | None:
    _refuse_included(reading, "an interval counts elapsed time and has no time of day")
    if reading.amendments.moves:
        reading.refuse(
            "holidays.rule",
            "an interval counts elapsed time; its slots cannot move to another day",
            allowed="skip",
            example='{"country": "DE", "rule": "skip"}',
        )
    anchor = reading.value(
        "anchor",
        values.instant,
        allowed="an instant: ISO 8601 with an offset or Z",
        example='"2026-01-05T08:00:00Z"',
    )
    step = _step(reading)
    if anchor is None or step is None:
        return None
    return Timing(interval=Interval(step=step, anchor=anchor))


def _step(reading: Reading) -> timedelta | None:
    """Return the length of an interval: its days of 24 hours, hours and minutes together."""
    given = reading.config["interval"]
    if not isinstance(given, Mapping) or not given:
        reading.refuse(
            "interval",
            f"{given!r} is not a length",
            allowed=", ".join(_UNITS),
            example=_INTERVAL_EXAMPLE,
        )
        return None
    inner = Reading(given, path=f"{reading.path}.interval")
    inner.only(_UNITS, of="an interval", example='{"hours": 6}')
    counts = {
        unit: inner.value(unit, _COUNT, allowed="a whole number from 1", example="6")
        for unit in _UNITS
        if unit in given
    }
    reading.problems += inner.problems
    if inner.problems:
        return None
    step = timedelta(minutes=sum(_UNITS[unit] * (count or 0) for unit, count in counts.items()))
    if step > _LONGEST_INTERVAL:
        allowed = f"up to {_LONGEST_INTERVAL.days} days"
        reading.refuse("interval", "is too long", allowed=allowed, example='{"days": 30}')
        return None
    return step


def _refuse_included(reading: Reading, why: str) -> None:
    if "include_dates" in reading.config:
        reading.refuse(
            "include_dates",
            f"cannot be used here: {why}",
            allowed="leave it out",
            example='{"dates": ["2026-12-24T08:00"]}',
        )


_READERS = {
    "cron": _read_cron,
    "rrule": _read_rrule,
    "interval": _read_interval,
    "dates": _read_dates,
}
