"""Next run: microseconds from an instant to the next slot of a rule that has been read already."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from benchmarks.case import OURS, Case

ZONE = ZoneInfo("Europe/Berlin")
YEAR_SECONDS = 365 * 86400
SEED = 20261123
COMPARED = 300  # instants whose answers are compared with Autopilot's
Next = Callable[[datetime], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One rule as each system writes it: our type and config, cron, RRULE."""

    type: str
    config: Mapping[str, object]
    cron: str
    rrule: str


RULES = {
    "daily": Wanted(
        type="daily",
        config={"times": ["08:30"]},
        cron="30 8 * * *",
        rrule="FREQ=DAILY;BYHOUR=8;BYMINUTE=30;BYSECOND=0",
    ),
    "weekly": Wanted(
        type="weekly",
        config={"days": ["mon", "thu"], "times": ["08:30"]},
        cron="30 8 * * 1,4",
        rrule="FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=8;BYMINUTE=30;BYSECOND=0",
    ),
    "monthly": Wanted(
        type="monthly",
        config={"days": [1], "times": ["08:30"]},
        cron="30 8 1 * *",
        rrule="FREQ=MONTHLY;BYMONTHDAY=1;BYHOUR=8;BYMINUTE=30;BYSECOND=0",
    ),
    "cron": Wanted(
        type="custom",
        config={"cron": "30 8 * * 1-5"},
        cron="30 8 * * 1-5",
        rrule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=8;BYMINUTE=30;BYSECOND=0",
    ),
}


def measure(case: Case) -> dict[str, float]:
    """Return microseconds for each rule, and how often the answer is unlike Autopilot's."""
    instants = _instants(case.count)
    values: dict[str, float] = {}
    unlike = 0
    for name, wanted in RULES.items():
        following = SYSTEMS[case.peer](wanted)
        following(instants[0])
        values[f"{name}_us"] = _microseconds(following, instants)
        ours = SYSTEMS[OURS](wanted)
        unlike += sum(following(one) != ours(one) for one in instants[:COMPARED])
    return values | {"unlike": unlike}


def _instants(count: int) -> list[datetime]:
    drawn = random.Random(SEED)  # noqa: S311 - the same instants for everybody
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return [start + timedelta(seconds=drawn.randrange(YEAR_SECONDS)) for _ in range(count)]


def _microseconds(following: Next, instants: list[datetime]) -> float:
    """The best of three passes: whoever else uses the processor is not part of the question."""
    best = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        for one in instants:
            following(one)
        best = min(best, time.perf_counter() - started)
    return best * 1e6 / len(instants)


def _autopilot(wanted: Wanted) -> Next:
    from autopilot.domain.recurrence.rules import parse_rule
    from autopilot.domain.recurrence.slots import calculate_next_run

    rule = parse_rule(wanted.type, wanted.config, ZONE.key)

    def following(after: datetime) -> datetime:
        slot = calculate_next_run(rule, after)
        assert slot is not None
        return slot.utc

    return following


def _plain(wanted: Wanted) -> Next:
    """The least that can be written for this rule: datetime and zoneinfo, no clock changes."""
    _, _, month_days, _, weekdays = wanted.cron.split()
    allowed = _weekdays(weekdays)

    def following(after: datetime) -> datetime:
        local = after.astimezone(ZONE)
        wall = local.replace(hour=8, minute=30, second=0, microsecond=0)
        if wall <= local:
            wall += timedelta(days=1)
        if month_days != "*":
            if wall.day != 1:
                year, month = divmod(wall.year * 12 + wall.month, 12)
                wall = wall.replace(year=year, month=month + 1, day=1)
        else:
            while wall.weekday() not in allowed:
                wall += timedelta(days=1)
        return wall.astimezone(UTC)

    return following


def _weekdays(field: str) -> frozenset[int]:
    numbers = {"*": range(7), "1,4": (0, 3), "1-5": range(5)}[field]
    return frozenset(numbers)


def _cronsim(wanted: Wanted) -> Next:
    from cronsim import CronSim

    return lambda after: next(CronSim(wanted.cron, after.astimezone(ZONE))).astimezone(UTC)


def _croniter(wanted: Wanted) -> Next:
    from croniter import croniter

    def following(after: datetime) -> datetime:
        found: datetime = croniter(wanted.cron, after.astimezone(ZONE)).get_next(datetime)
        return found.astimezone(UTC)

    return following


def _apscheduler(wanted: Wanted) -> Next:
    from apscheduler.triggers.cron import CronTrigger

    minute, hour, day, month, weekday = wanted.cron.split()
    weekday = weekday.replace("1,4", "mon,thu").replace("1-5", "mon-fri")
    trigger = CronTrigger(
        minute=minute, hour=hour, day=day, month=month, day_of_week=weekday, timezone=ZONE
    )
    microsecond = timedelta(microseconds=1)  # its "next" includes the instant itself

    def following(after: datetime) -> datetime:
        found: datetime = trigger.get_next_fire_time(None, after + microsecond)
        return found.astimezone(UTC)

    return following


def _dateutil(wanted: Wanted) -> Next:
    from dateutil.rrule import rrulestr

    rule = rrulestr(wanted.rrule, dtstart=datetime(2025, 12, 1))  # noqa: DTZ001 - wall times

    def following(after: datetime) -> datetime:
        wall = rule.after(after.astimezone(ZONE).replace(tzinfo=None))
        assert wall is not None
        return wall.replace(tzinfo=ZONE).astimezone(UTC)

    return following


SYSTEMS: dict[str, Callable[[Wanted], Next]] = {
    "plain": _plain,
    OURS: _autopilot,
    "apscheduler": _apscheduler,
    "cronsim": _cronsim,
    "croniter": _croniter,
    "dateutil": _dateutil,
}
LABELS = {
    "plain": "plain datetime + zoneinfo (reference)",
    OURS: "Autopilot",
    "apscheduler": "APScheduler CronTrigger",
    "cronsim": "cronsim",
    "croniter": "croniter",
    "dateutil": "dateutil rrule",
}
