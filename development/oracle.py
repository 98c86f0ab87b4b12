"""Check the calendar against a walk through every minute, and against other people's calendars.

    .venv/bin/python development/oracle.py [--seed N] [--zones all|sample] [--seconds N]

Around every clock change of 2000 to 2040 in every zone, random rules of the whole language are
compared with a brute force that shares no code with them: it reads the clock minute by minute.
Where their rule is ours, cronsim, systemd and python-dateutil are asked too; a difference that
has a reason is counted under it, any other ends the program with exit code 1.
"""

# ruff: noqa: S311, S603, T201
# Chance is repeatable here, systemd-analyze is the machine's own, and printing is the purpose.

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import time as clock
from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim
from dateutil.rrule import rrulestr

from autopilot.domain.recurrence.civil_time import tzdata_version, zone_of
from autopilot.domain.recurrence.rules import Rule, parse_rule
from autopilot.domain.recurrence.slots import calculate_next_run, passed_over, slots_between
from autopilot.errors import RuleInvalid

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LONG_GAP = timedelta(hours=3)
FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2041, 1, 1, tzinfo=UTC)
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
RULES_A_WINDOW = 3
FESTIVE_WINDOWS = 300  # windows around public holidays, where every rule heeds holidays
BEFORE, AFTER, MARGIN = 3, 4, 2  # days walked around a change, and left out at both ends
COUNTRIES = (("DE", "BY"), ("US", None), ("EG", None), ("CN", None), ("GB", "SCT"))
STRANGE = (
    *("Pacific/Apia", "Australia/Lord_Howe", "America/St_Johns", "America/Sao_Paulo"),
    *("Africa/Cairo", "Africa/Casablanca", "Antarctica/Troll", "Antarctica/Casey"),
    *("Asia/Pyongyang", "America/Caracas", "America/Nuuk", "Asia/Gaza", "Europe/Dublin"),
    *("Pacific/Fakaofo", "America/Asuncion", "Asia/Beirut", "Europe/Berlin"),
)


@dataclass
class Report:
    """What was compared, what differed with a reason, and what differed without."""

    compared: Counter[str] = field(default_factory=Counter)
    explained: Counter[str] = field(default_factory=Counter)
    unexplained: list[str] = field(default_factory=list)

    def compare(self, name: str, said: object, wanted: object, told: str) -> None:
        self.compared[name] += 1
        if said != wanted:
            self.unexplained.append(f"{name}: {told}\n    ours   {said}\n    theirs {wanted}")


# --- the clock, minute by minute -------------------------------------------------------------


class Minute(NamedTuple):
    utc: datetime
    wall: datetime
    left_out: tuple[datetime, ...]  # the wall times that never were, just before this minute


def walk(zone: str, change: datetime) -> list[Minute]:
    """Read the clock of a zone at every minute around a change."""
    info = zone_of(zone).info
    utc = change.replace(hour=0, minute=0, second=0) - BEFORE * DAY
    found, before = [], utc.astimezone(info).replace(tzinfo=None)
    for _ in range((BEFORE + AFTER) * 24 * 60):
        utc += MINUTE
        wall = utc.astimezone(info).replace(tzinfo=None, fold=0)
        step = wall - before
        left_out: tuple[datetime, ...] = ()
        if step > MINUTE:
            left_out = tuple(before + n * MINUTE for n in range(1, step // MINUTE))
        found.append(Minute(utc, wall, left_out))
        before = wall
    return found


def changes_of(zone: str) -> tuple[datetime, ...]:
    """Return the instants at which the offset of a zone changes, to the minute."""
    info = zone_of(zone).info
    found, moment, before = [], FIRST, FIRST.astimezone(info).utcoffset()
    while moment < LAST:
        following = moment + 12 * HOUR
        offset = following.astimezone(info).utcoffset()
        if offset != before:
            low, high = moment, following
            while high - low > MINUTE:
                middle = low + (high - low) // MINUTE // 2 * MINUTE
                same = middle.astimezone(info).utcoffset() == before
                low, high = (middle, high) if same else (low, middle)
            found.append(high)
        moment, before = following, offset
    return tuple(found)


# --- random rules and, for each, which wall times it names ---------------------------------------

Days = Callable[[date], bool]


def any_day(_: date) -> bool:
    return True


@dataclass(frozen=True)
class Draft:
    """A rule as written, and the brute force: its dates one by one, its times, or its instants."""

    kind: str
    config: dict[str, object]
    policies: dict[str, object]
    is_nominal: Days
    times: tuple[time, ...] = ()
    step: timedelta | None = None
    real: bool = False  # every real match, no policy

    @property
    def told(self) -> str:
        return f"{self.kind} {self.config} {self.policies}"


@dataclass(frozen=True)
class Setting:
    """What a random rule is made for: a date, times that a clock change touches, a country."""

    near: date
    touched: tuple[time, ...] = ()
    country: tuple[str, str | None] | None = None


def draft(rng: random.Random, setting: Setting) -> Draft:
    """Return a random rule of any kind with slots near a date."""
    make = rng.choice(
        (_daily, _daily, _weekly, _monthly, _monthly, _cron, _elapsed_cron, _interval)
    )
    return make(rng, setting)


def _times(rng: random.Random, setting: Setting) -> list[time]:
    found = {
        time(rng.randrange(24), rng.choice((0, 1, 15, 30, 31, 45, 59)))
        for _ in range(rng.randint(1, 3))
    }
    if setting.touched:
        found |= {rng.choice(setting.touched) for _ in range(rng.randint(0, 3))}
    return sorted(found)


def _written(times: list[time]) -> list[str]:
    return [f"{moment:%H:%M}" for moment in times]


def _policies(rng: random.Random) -> dict[str, object]:
    gap = rng.choice(("next_valid", "next_valid", "shift", "skip"))
    return {"gap": gap, "fold": rng.choice(("first", "first", "second", "both"))}


def _amendments(
    rng: random.Random, setting: Setting, *, elapsed: bool = False
) -> dict[str, object]:
    near = setting.near
    found: dict[str, object] = {}
    if rng.random() < 0.3:
        days = {near + rng.randint(-4, 4) * DAY for _ in range(rng.randint(1, 3))}
        found["exclude_dates"] = [f"{day}" for day in days]
    if rng.random() < 0.2 and not elapsed:
        days = {near + rng.randint(-3, 3) * DAY} - {
            date.fromisoformat(str(day))
            for day in found.get("exclude_dates", ())  # type: ignore[attr-defined]
        }
        if days:
            found["include_dates"] = [f"{day}" for day in days]
    if rng.random() < 0.15 and "include_dates" not in found:
        found["start_date"] = f"{near + rng.randint(-6, 1) * DAY}"
    if rng.random() < 0.15 and "include_dates" not in found:
        found["end_date"] = f"{near + rng.randint(1, 6) * DAY}"
    if setting.country is not None or rng.random() < 0.2:
        country, part = setting.country or rng.choice(COUNTRIES)
        rules = ["skip"] if elapsed else ["skip", "previous_business_day", "next_business_day"]
        found["holidays"] = {"country": country, "rule": rng.choice(rules)}
        if part:
            found["holidays"]["subdivision"] = part  # type: ignore[index]
    return found


def _daily(rng: random.Random, setting: Setting) -> Draft:
    near = setting.near
    times, every = _times(rng, setting), rng.choice((1, 1, 2, 3, 7))
    anchor = near - rng.randint(-2, 40) * DAY
    extras = _amendments(rng, setting)
    business = rng.random() < 0.3
    config = {"times": _written(times), "every": every, "anchor": f"{anchor}", **extras}
    if business:
        config["business_days_only"] = True

    def is_nominal(day: date) -> bool:
        if day < anchor or (day - anchor).days % every:
            return False
        return not business or not is_weekend(day, extras)

    return Draft("daily", config, _policies(rng), is_nominal, tuple(times))


def _weekly(rng: random.Random, setting: Setting) -> Draft:
    near = setting.near
    times, every = _times(rng, setting), rng.choice((1, 1, 2, 3))
    days = sorted(rng.sample(range(7), rng.randint(1, 6)))
    anchor = near - rng.randint(-2, 40) * DAY
    monday = anchor - anchor.weekday() * DAY
    config = {"days": [NAMES[day] for day in days], "times": _written(times), "every": every}

    def is_nominal(day: date) -> bool:
        return day >= anchor and day.weekday() in days and (day - monday).days // 7 % every == 0

    config |= {"anchor": f"{anchor}", **_amendments(rng, setting)}
    return Draft("weekly", config, _policies(rng), is_nominal, tuple(times))


def _monthly(rng: random.Random, setting: Setting) -> Draft:
    times, extras = _times(rng, setting), _amendments(rng, setting)
    config: dict[str, object] = {"times": _written(times), **extras}
    way = rng.choice(("days", "nth", "business_day"))
    if way == "days":
        numbers = rng.sample([-1, *range(1, 32), setting.near.day], rng.randint(2, 12))
        numbers = sorted(set(numbers))
        missing = rng.choice(("last", "skip"))
        config |= {"days": numbers, "missing_day": missing}

        def is_nominal(day: date) -> bool:
            length = monthrange(day.year, day.month)[1]
            if day.day in numbers or (day.day == length and -1 in numbers):
                return True
            return missing == "last" and day.day == length and max(numbers) > length

    elif way == "nth":
        nth, weekday = rng.choice((1, 2, 3, 4, 5, -1)), rng.randrange(7)
        config |= {"nth": nth, "weekday": NAMES[weekday]}

        def is_nominal(day: date) -> bool:
            same = [one for one in month_of(day) if one.weekday() == weekday]
            return day in (same[-1:] if nth == -1 else same[nth - 1 : nth])

    else:
        nth = rng.choice((1, 2, 5, 10, 15, 20, -1, -2))
        config["business_day"] = nth

        def is_nominal(day: date) -> bool:
            open_days = [one for one in month_of(day) if is_business_day(one, extras)]
            return day in (open_days[nth:][:1] if nth < 0 else open_days[nth - 1 : nth])

    return Draft("monthly", config, _policies(rng), is_nominal, tuple(times))


def _cron(rng: random.Random, setting: Setting) -> Draft:
    minute, hours = rng.choice((0, 15, 30, 59)), sorted(rng.sample(range(24), 3))
    weekdays = sorted(rng.sample(range(7), rng.randint(2, 6)))
    line = f"{minute} {','.join(map(str, hours))} * * {','.join(map(str, weekdays))}"

    def is_nominal(day: date) -> bool:
        return day.isoweekday() % 7 in weekdays

    config = {"cron": line, **_amendments(rng, setting)}
    times = tuple(time(hour, minute) for hour in hours)
    return Draft("custom", config, _policies(rng), is_nominal, times)


def _elapsed_cron(rng: random.Random, setting: Setting) -> Draft:
    step, hours = rng.choice((10, 20, 30)), rng.choice(((0, 24, 1), (0, 24, 2), (1, 6, 1)))
    hour = {(0, 24, 1): "*", (0, 24, 2): "*/2", (1, 6, 1): "1-5"}[hours]
    times = tuple(time(hour, minute) for hour in range(*hours) for minute in range(0, 60, step))
    config = {"cron": f"*/{step} {hour} * * *", **_amendments(rng, setting)}
    return Draft("custom", config, {}, any_day, times, real=True)


def _interval(rng: random.Random, setting: Setting) -> Draft:
    near = setting.near
    minutes = rng.choice((30, 90, 360, 1440, 1500))
    anchor = (
        datetime(near.year, near.month, near.day, 5, 17, tzinfo=UTC) - rng.randint(-2, 99) * DAY
    )
    config = {
        "interval": {"minutes": minutes},
        "anchor": f"{anchor:%Y-%m-%dT%H:%MZ}",
        **_amendments(rng, setting, elapsed=True),
    }
    return Draft("custom", config, {}, any_day, (), step=minutes * MINUTE)


def month_of(day: date) -> list[date]:
    return [day.replace(day=n) for n in range(1, monthrange(day.year, day.month)[1] + 1)]


@cache
def closed_days(
    country: str, part: str | None, year: int
) -> tuple[frozenset[date], frozenset[date]]:
    """Return the public holidays and the free weekend days of a year."""
    from holidays import country_holidays

    known = country_holidays(country, subdiv=part, years=year)
    days = [date(year, 1, 1) + n * DAY for n in range(366)]
    free = [day for day in days if known.is_weekend(day) and not known.is_working_day(day)]
    return frozenset(day for day in days if day in known), frozenset(free)


def _closed(day: date, extras: dict[str, object]) -> tuple[bool, bool]:
    """Tell whether a date is a heeded holiday, and whether it is a free day of the weekend."""
    holidays = extras.get("holidays")
    if not isinstance(holidays, dict):
        return False, day.weekday() >= 5
    named, free = closed_days(holidays["country"], holidays.get("subdivision"), day.year)
    return day in named, day in free


def is_weekend(day: date, extras: dict[str, object]) -> bool:
    return _closed(day, extras)[1]


def is_business_day(day: date, extras: dict[str, object]) -> bool:
    return not any(_closed(day, extras))


# --- the brute force -----------------------------------------------------------------------------


def listed(config: dict[str, object], key: str) -> set[date]:
    return {date.fromisoformat(str(day)) for day in config.get(key, ())}  # type: ignore[attr-defined]


def landing(made: Draft, day: date) -> date | None:
    """Return the date on which the slots of a nominal date fire, or None."""
    config = made.config
    start = date.fromisoformat(str(config.get("start_date", "1900-01-01")))
    end = date.fromisoformat(str(config.get("end_date", "2999-01-01")))
    excluded = listed(config, "exclude_dates")
    if day in excluded or not start <= day <= end:
        return None
    if not _closed(day, config)[0]:
        return day
    rule = config["holidays"]["rule"]  # type: ignore[index]
    if rule == "skip":
        return None
    step = DAY if rule == "next_business_day" else -DAY
    target = day + step
    while target in excluded or not is_business_day(target, config):
        target += step
    return target if start <= target <= end else None


def walls_near(made: Draft, near: date) -> set[datetime]:
    """Return every wall time the rule names around a date, amendments done."""
    found: set[datetime] = set()
    included = listed(made.config, "include_dates")
    for offset in range(-40, 41):
        day = near + offset * DAY
        target = landing(made, day) if made.is_nominal(day) else None
        if day in included:
            target = day
        if target is not None:
            found |= {datetime.combine(target, moment) for moment in made.times}
    return found


def fired(made: Draft, minutes: list[Minute], near: date) -> set[datetime]:
    """Return the instants at which a rule fires, walking minute by minute."""
    if made.step is not None:
        return _elapsed(made, minutes)
    walls = walls_near(made, near)
    gap = made.policies.get("gap", "skip") if not made.real else "skip"
    fold = made.policies.get("fold", "both") if not made.real else "both"
    seen: dict[datetime, datetime] = {}
    found: set[datetime] = set()
    for minute in minutes:
        if minute.left_out and len(minute.left_out) * MINUTE <= LONG_GAP and gap != "skip":
            for place, wall in enumerate(minute.left_out):
                if wall in walls:
                    found.add(minute.utc + (place * MINUTE if gap == "shift" else 0 * MINUTE))
        if minute.wall in walls:
            if minute.wall not in seen:
                found.add(minute.utc)
            elif fold != "first":
                found.add(minute.utc)
                if fold == "second":
                    found.discard(seen[minute.wall])
            seen[minute.wall] = minute.utc
    return found


def _elapsed(made: Draft, minutes: list[Minute]) -> set[datetime]:
    anchor = datetime.fromisoformat(str(made.config["anchor"]))
    assert made.step is not None
    return {
        minute.utc
        for minute in minutes
        if minute.utc >= anchor
        and (minute.utc - anchor) % made.step == timedelta()
        and landing(made, minute.wall.date()) is not None
    }


def passed(made: Draft, minutes: list[Minute], near: date) -> set[datetime]:
    """Return the wall times that a person would miss: left out for good, or on a date left out."""
    config, included = made.config, listed(made.config, "include_dates")
    start = date.fromisoformat(str(config.get("start_date", "1900-01-01")))
    end = date.fromisoformat(str(config.get("end_date", "2999-01-01")))
    lost = {
        wall
        for minute in minutes
        if minute.left_out
        and (len(minute.left_out) * MINUTE > LONG_GAP or made.policies.get("gap") == "skip")
        for wall in minute.left_out
    }
    found = set() if made.real else lost & walls_near(made, near)
    for offset in range(-BEFORE, AFTER + 1):
        day = near + offset * DAY
        if day in included or not start <= day <= end or not made.is_nominal(day):
            continue
        if landing(made, day) is None:
            found |= {datetime.combine(day, moment) for moment in made.times}
    return found & {minute.wall for minute in minutes} if made.real else found


def touched_times(minutes: list[Minute]) -> tuple[time, ...]:
    """Return times of day that the clock leaves out or shows twice, and those at their edges."""
    found: set[time] = set()
    for before, minute in pairwise(minutes):
        if minute.wall - before.wall != MINUTE:
            low, high = sorted((before.wall, minute.wall))
            inside = (low + n * (high - low) // 6 for n in range(7))
            found |= {wall.time().replace(second=0, microsecond=0) for wall in inside}
    return tuple(sorted(found))


def check_window(
    zone: str,
    change: datetime,
    rng: random.Random,
    report: Report,
    country: tuple[str, str | None] | None = None,
) -> None:
    """Compare random rules with the walk around one instant, such as a clock change."""
    minutes = walk(zone, change)
    near = change.date()
    start, end = minutes[0].utc + MARGIN * DAY, minutes[-1].utc - MARGIN * DAY
    setting = Setting(near, touched_times(minutes), country)
    for _ in range(RULES_A_WINDOW):
        made = draft(rng, setting)
        rule = _parsed(made, zone, report)
        if rule is None:
            continue
        told = f"{made.told} in {zone} around {change:%Y-%m-%d}"
        wanted = sorted(utc for utc in fired(made, minutes, near) if start < utc <= end)
        said = [slot.utc for slot in slots_between(rule, start, end)]
        report.compare("slots around a change", said, wanted, told)
        _check_from_anywhere(rule, wanted, start, end, rng, report, told)
        if made.step is None:
            _check_passed(rule, made, minutes, near, report, told)


def _parsed(made: Draft, zone: str, report: Report) -> Rule | None:
    try:
        return parse_rule(made.kind, made.config, zone, floor=MINUTE, **made.policies)  # type: ignore[arg-type]
    except RuleInvalid as refused:
        if all("never matches" in problem.message for problem in refused.problems):
            report.explained["never matches, so it was refused"] += 1
        else:
            report.unexplained.append(f"refused: {made.told} in {zone}\n    {refused}")
        return None


def _check_from_anywhere(
    rule: Rule,
    wanted: list[datetime],
    start: datetime,
    end: datetime,
    rng: random.Random,
    report: Report,
    told: str,
) -> None:
    for _ in range(5):
        after = start + rng.randrange(int((end - start).total_seconds())) * timedelta(seconds=1)
        following = next((utc for utc in wanted if utc > after), None)
        slot = calculate_next_run(rule, after)
        said = slot.utc if slot is not None and slot.utc <= end else None
        report.compare("next slot from any instant", said, following, f"{told} after {after}")


def _check_passed(
    rule: Rule, made: Draft, minutes: list[Minute], near: date, report: Report, told: str
) -> None:
    first, last = near - DAY, near + DAY
    start, end = minutes[0].utc, minutes[-1].utc
    ours = list(passed_over(rule, start, end))
    # Times that a short gap moves may share an instant, and then are one.
    moved = {
        wall
        for minute in minutes
        if minute.left_out and len(minute.left_out) * MINUTE <= LONG_GAP
        for wall in minute.left_out
    }
    if made.policies.get("gap") == "skip":
        moved = set()
    said = {one.slot.local for one in ours if first <= one.slot.local.date() <= last} - moved
    wanted = {wall for wall in passed(made, minutes, near) if first <= wall.date() <= last} - moved
    report.compare("passed over with a reason", sorted(said), sorted(wanted), told)
    slots = {slot.utc for slot in slots_between(rule, start, end)}
    both = sorted(slots & {one.slot.utc for one in ours})
    report.compare("no instant both fires and is passed over", both, [], told)


# --- other people's calendars --------------------------------------------------------------------


def check_cronsim(zone: str, rng: random.Random, report: Report) -> None:
    """Compare fixed-hour cron lines with cronsim (Debian's rules) through a year."""
    minute, hour = rng.choice((0, 15, 30, 59)), rng.choice((0, 1, 2, 3, 12, 23))
    weekday = rng.choice(("*", "1-5", "0", "2#2", "5L"))
    line = f"{minute} {hour} {rng.choice(('*', '1-15', 'L') if weekday == '*' else ('*',))} * {weekday}"
    rule = parse_rule("custom", {"cron": line}, zone)
    info = zone_of(zone).info
    start = datetime(rng.randint(2000, 2039), 1, 1, tzinfo=info)
    theirs = CronSim(line, start)
    for slot in slots_between(rule, start, start + 365 * DAY):
        other = next(theirs).astimezone(UTC)
        report.compared["cronsim"] += 1
        if other != slot.utc:
            lost = any(one.code == "gap" for one in passed_over(rule, slot.utc - 2 * DAY, slot.utc))
            reason = "it runs the times of a lost day at the day's end" if lost else None
            _note(report, "cronsim", reason, f"{line} in {zone}: ours {slot}, theirs {other}")
            return


def check_dateutil(rng: random.Random, report: Report) -> None:
    """Compare recurrences on naive dates with dateutil itself, asked without our detours."""
    start = datetime(rng.randint(1990, 2040), rng.randint(1, 12), rng.randint(1, 28), 9, 30)  # noqa: DTZ001
    text = f"DTSTART:{start:%Y%m%dT%H%M%S}\nRRULE:{_recurrence(rng)}"
    if rng.random() < 0.3:
        text += f"\nRDATE:{start + rng.randint(1, 60) * DAY:%Y%m%dT%H%M%S}"
    if rng.random() < 0.3:
        text += f"\nEXDATE:{start + 7 * rng.randint(0, 4) * DAY:%Y%m%dT%H%M%S}"
    try:
        rule = parse_rule("custom", {"rrule": text}, "UTC")
    except RuleInvalid as refused:
        if "never matches" not in str(refused):
            report.unexplained.append(f"dateutil: refused {text!r}\n    {refused}")
        report.explained["dateutil: never matches, so it was refused"] += 1
        return
    after = start + rng.randint(-30, 2_000) * DAY + rng.randint(0, 1439) * MINUTE
    theirs = rrulestr(text).xafter(after, count=5)
    wanted = [moment.replace(tzinfo=UTC) for moment in theirs]
    said: list[datetime] = []
    moment = after.replace(tzinfo=UTC)
    while len(said) < 5 and (slot := calculate_next_run(rule, moment)) is not None:
        said.append(slot.utc)
        moment = slot.utc
    report.compare("dateutil", said, wanted, repr(text))


def _recurrence(rng: random.Random) -> str:
    frequency = rng.choice(("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY"))
    parts = [f"FREQ={frequency}"]
    interval = rng.randint(1, 4) if frequency != "MINUTELY" else rng.choice((15, 45, 90, 1000))
    parts.append(f"INTERVAL={interval}")
    days = rng.sample(("MO", "TU", "WE", "TH", "FR", "SA", "SU"), rng.randint(1, 4))
    if rng.random() < 0.5:
        counted = frequency in ("YEARLY", "MONTHLY") and rng.random() < 0.5
        parts.append(
            "BYDAY="
            + ",".join(f"{rng.choice((1, 2, -1))}{day}" if counted else day for day in days)
        )
        if frequency in ("YEARLY", "MONTHLY") and rng.random() < 0.5:
            parts.append(f"BYSETPOS={rng.choice((1, 2, -1))}")
    elif frequency not in ("WEEKLY",) and rng.random() < 0.5:
        parts.append(f"BYMONTHDAY={rng.choice((1, 13, 28, 30, 31, -1))}")
    if rng.random() < 0.25:
        parts.append(f"BYMONTH={rng.randint(1, 12)}")
    if rng.random() < 0.3 and frequency not in ("HOURLY", "MINUTELY"):
        parts.append(f"BYHOUR={rng.randint(0, 11)},{rng.randint(12, 23)}")
    if rng.random() < 0.2:
        parts.append(f"WKST={rng.choice(days)}")
    if rng.random() < 0.3:
        parts.append(
            rng.choice(
                (f"COUNT={rng.randint(1, 60)}", f"UNTIL={rng.randint(2041, 2045)}0615T093000")
            )
        )
    return ";".join(parts)


def check_systemd(program: str, zone: str, rng: random.Random, report: Report) -> None:
    """Compare calendar rules with systemd's, from a random instant."""
    moment = f"{rng.choice((0, 1, 2, 3, 9, 23)):02}:{rng.choice((0, 30)):02}"
    kind, config, written = rng.choice(_systemd_rules(moment))
    rule = parse_rule(kind, config, zone)
    after = datetime(rng.randint(2000, 2036), rng.randint(1, 12), rng.randint(1, 28), tzinfo=UTC)
    command = [program, "calendar", "--iterations=25", f"--base-time={after:%Y-%m-%d %H:%M:%S UTC}"]
    asked = subprocess.run(
        [*command, f"{written} {zone}"],
        capture_output=True,
        text=True,
        check=True,
        env={"TZ": "UTC", "LC_ALL": "C", "SYSTEMD_COLORS": "0"},
    )
    theirs = [
        datetime.strptime(text, "%a %Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
        for text in _systemd_instants(asked.stdout)
    ]
    ours = after
    info = zone_of(zone).info
    for other in theirs:
        slot = calculate_next_run(rule, ours)
        assert slot is not None
        report.compared["systemd"] += 1
        if slot.utc != other:
            reason = None
            if slot.flags:
                reason = "systemd has another answer where a time is left out or comes twice"
            elif _machine_differs(zone, other):
                reason = "the machine's time zone database is older than ours"
            _note(
                report,
                "systemd",
                reason,
                f"{written} {zone}: ours {slot}, theirs {other}, {other.astimezone(info)}",
            )
            return
        ours = slot.utc


def _machine_differs(zone: str, instant: datetime) -> bool:
    """Tell whether the machine's own (older) database has another offset than ours."""
    machine = ZoneInfo.no_cache(zone)
    return (
        instant.astimezone(machine).utcoffset()
        != instant.astimezone(zone_of(zone).info).utcoffset()
    )


def _systemd_rules(moment: str) -> list[tuple[str, dict[str, object], str]]:
    times = {"times": [moment]}
    return [
        ("daily", times, f"*-*-* {moment}:00"),
        ("weekly", {"days": ["mon", "thu"], **times}, f"Mon,Thu *-*-* {moment}:00"),
        ("monthly", {"days": [1, 15], **times}, f"*-*-1,15 {moment}:00"),
        ("monthly", {"days": [-1], **times}, f"*-*~1 {moment}:00"),
        ("monthly", {"nth": 1, "weekday": "tue", **times}, f"Tue *-*-1..7 {moment}:00"),
        ("monthly", {"nth": -1, "weekday": "fri", **times}, f"Fri *-*~7/1 {moment}:00"),
        ("monthly", {"days": [31], "missing_day": "skip", **times}, f"*-*-31 {moment}:00"),
    ]


def _systemd_instants(output: str) -> Iterator[str]:
    """Yield "Mon 2026-01-05 09:00:00 UTC" texts; the machine's own zone is UTC for the call."""
    for line in output.splitlines():
        label, _, value = line.strip().partition(": ")
        if label.startswith(("Next elapse", "Iteration", "Iter.")):
            yield value.strip()


def _note(report: Report, name: str, reason: str | None, told: str) -> None:
    if reason is None:
        report.unexplained.append(f"{name}: {told}")
    else:
        report.explained[f"{name}: {reason}"] += 1


def check_holiday(zone: str, rng: random.Random, report: Report) -> None:
    """Compare random rules with the walk around a public holiday."""
    country = rng.choice(COUNTRIES)
    named, _ = closed_days(*country, rng.randint(2000, 2040))
    day = rng.choice(sorted(named))
    check_window(zone, datetime(day.year, day.month, day.day, tzinfo=UTC), rng, report, country)
    report.compared["public holidays"] += 1


# --- the whole ------------------------------------------------------------------------------------


def zones_of(which: str, rng: random.Random) -> list[tuple[str, tuple[datetime, ...]]]:
    """Return zones with their changes; of zones with the same changes and offsets only one."""
    names = sorted(name for name in available_timezones() if "/" in name and _is_known(name))
    if which == "sample":
        names = sorted({*STRANGE, *rng.sample(names, 20)})
    found: dict[tuple[object, ...], tuple[str, tuple[datetime, ...]]] = {}
    for name in names:
        changes = changes_of(name)
        info = zone_of(name).info
        offsets = tuple(change.astimezone(info).utcoffset() for change in (FIRST, *changes))
        found.setdefault((changes, offsets), (name, changes))
    return sorted(found.values())


def _is_known(name: str) -> bool:
    try:
        zone_of(name)
    except ValueError:
        return False
    return True


def run(seed: int, which: str, seconds: float) -> Report:
    """Compare everything, for so many seconds at most; the same seed asks the same questions."""
    report, rng = Report(), random.Random(seed)
    began = clock.monotonic()
    zones = zones_of(which, rng)
    for _ in range(400):
        check_dateutil(rng, report)
    program = shutil.which("systemd-analyze")
    for zone, _ in zones:
        check_cronsim(zone, rng, report)
        if program is not None:
            check_systemd(program, zone, rng, report)
    for _ in range(FESTIVE_WINDOWS):
        if clock.monotonic() - began < seconds / 4:
            check_holiday(rng.choice(zones)[0], rng, report)
    windows = [(zone, change) for zone, changes in zones for change in changes]
    rng.shuffle(windows)
    for zone, change in windows:
        if clock.monotonic() - began > seconds:
            break
        check_window(zone, change, random.Random(f"{seed} {zone} {change}"), report)
        report.compared["clock changes"] += 1
    report.compared["zones that differ"] = len(zones)
    report.compared["clock changes there are"] = len(windows)
    return report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=20_261_123)
    parser.add_argument("--zones", choices=("all", "sample"), default="all")
    parser.add_argument("--seconds", type=float, default=3_600)
    asked = parser.parse_args()
    print(f"seed {asked.seed}, zones {asked.zones}, time zone database {tzdata_version()}")
    report = run(asked.seed, asked.zones, asked.seconds)
    for name, count in sorted(report.compared.items()):
        print(f"  {count:>9,}  {name}")
    for reason, count in report.explained.most_common():
        print(f"  {count:>9,}  explained: {reason}")
    for told in report.unexplained[:20]:
        print(f"UNEXPLAINED {told}")
    print(f"{len(report.unexplained)} unexplained differences")
    return 1 if report.unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
