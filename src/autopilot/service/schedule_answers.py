"""Answers: what a person has filled in of a schedule's form so far, whole or not; and back again.

A form asks for days, times and choices; a schedule keeps type and config (docs/reference/schedules).
Both ways stand here, so that a form opened on a schedule and saved unchanged changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any
from uuid import UUID

from autopilot.domain.schedule import Schedule

KINDS = ("daily", "weekly", "monthly", "custom")
DEFAULT_TIME = "09:00"
_SHORT_TIME = re.compile(r"\d:\d\d", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """One form. Texts are as they were typed; None, "" and () are what nobody has answered.

    `categories`, `regions` and `cadence` of None are those of the specification. `policies` has
    only what differs from its default.
    """

    specification_id: UUID | None = None
    name: str = ""
    notes: str = ""
    kind: str = "weekly"
    days: tuple[str, ...] = ()
    times: tuple[str, ...] = (DEFAULT_TIME,)
    timezone: str = "UTC"
    every: int = 1
    anchor: date | None = None
    business_days_only: bool = False
    month_by: str = "days"
    month_days: tuple[int, ...] = (1,)
    missing_day: str = "last"
    nth: int = 1
    weekday: str = "mon"
    business_day: int = 1
    custom_by: str = "cron"
    cron: str = ""
    rrule: str = ""
    interval_days: int = 0
    interval_hours: int = 0
    interval_minutes: int = 0
    interval_from: str = ""
    dates: tuple[str, ...] = ()
    start_date: date | None = None
    end_date: date | None = None
    max_runs: int | None = None
    exclude_dates: tuple[str, ...] = ()
    include_dates: tuple[str, ...] = ()
    country: str = ""
    subdivision: str = ""
    holidays: str = "skip"
    categories: tuple[str, ...] | None = None
    regions: tuple[str, ...] | None = None
    cadence: str | None = None
    policies: Mapping[str, object] = field(default_factory=dict)

    @property
    def config(self) -> dict[str, object]:
        """The `schedule_config` that these answers are."""
        return {**_CONFIGS[self.kind](self), **_common(self)}


FIELDS = tuple(item.name for item in fields(Answers))
TIMING = frozenset(FIELDS) - {
    *("specification_id", "name", "notes", "timezone"),
    *("categories", "regions", "cadence", "policies"),
}


def answers_of(schedule: Schedule) -> Answers:
    """Return the form of a schedule that exists."""
    return with_rule(
        Answers(
            specification_id=schedule.specification_id,
            name=schedule.name,
            notes=schedule.notes or "",
            timezone=schedule.timezone,
            categories=schedule.categories_override,
            regions=schedule.regions_override,
            cadence=schedule.cadence_override,
            policies=dict(schedule.policies),
        ),
        schedule.type,
        schedule.config,
    )


def with_rule(answers: Answers, kind: str, config: Mapping[str, object]) -> Answers:
    """Return answers whose timing is this one; what a form cannot show is left out."""
    if kind not in KINDS:
        return answers
    told: dict[str, Any] = {"kind": kind, "times": _texts(config.get("times"))}
    for key in ("every", "max_runs", "nth", "weekday", "business_day", "missing_day"):
        if key in config:
            told[key] = config[key]
    for key in ("cron", "rrule"):
        told[key] = str(config.get(key, ""))
    for key in ("dates", "exclude_dates", "include_dates"):
        told[key] = _texts(config.get(key))
    for key in ("start_date", "end_date"):
        told[key] = _day(config.get(key))
    told |= _days(kind, config) | _choice(kind, config) | _holidays(config) | _interval(config)
    told["business_days_only"] = config.get("business_days_only") is True
    return replace(answers, **told)


def changes_between(before: Answers, after: Answers) -> tuple[dict[str, Any], dict[str, object]]:
    """Return what `update_schedule` is to change: its `changes` and its `policies`."""
    changes: dict[str, Any] = {}
    if any(getattr(before, key) != getattr(after, key) for key in TIMING):
        changes |= {"type": after.kind, "config": after.config}
    for key, name in (
        ("name", "name"),
        ("timezone", "timezone"),
        ("notes", "notes"),
        ("categories", "categories_override"),
        ("regions", "regions_override"),
        ("cadence", "cadence_override"),
    ):
        if getattr(before, key) != getattr(after, key):
            changes[name] = getattr(after, key) or (None if key != "name" else "")
    return changes, _policy_changes(before.policies, after.policies)


def _policy_changes(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, object]:
    changed = {key: value for key, value in after.items() if before.get(key) != value}
    return changed | {key: None for key in before if key not in after}


def _daily(given: Answers) -> dict[str, object]:
    only = {"business_days_only": True} if given.business_days_only else {}
    return {"times": _clock(given.times), **_step(given), **only}


def _weekly(given: Answers) -> dict[str, object]:
    return {"days": list(given.days), "times": _clock(given.times), **_step(given)}


def _monthly(given: Answers) -> dict[str, object]:
    chosen: dict[str, object]
    if given.month_by == "nth":
        chosen = {"nth": given.nth, "weekday": given.weekday}
    elif given.month_by == "business_day":
        chosen = {"business_day": given.business_day}
    else:
        chosen = {"days": list(given.month_days)}
        if given.missing_day != "last":
            chosen["missing_day"] = given.missing_day
    return {**chosen, "times": _clock(given.times), **_step(given)}


def _custom(given: Answers) -> dict[str, object]:
    match given.custom_by:
        case "rrule":
            return {"rrule": given.rrule.strip()}
        case "dates":
            return {"dates": [text.strip().replace(" ", "T", 1) for text in given.dates]}
        case "interval":
            counts = {
                "days": given.interval_days,
                "hours": given.interval_hours,
                "minutes": given.interval_minutes,
            }
            told = {unit: count for unit, count in counts.items() if count}
            return {"interval": told, "anchor": given.interval_from.strip()}
    return {"cron": given.cron.strip()}


_CONFIGS: dict[str, Callable[[Answers], dict[str, object]]] = {
    "daily": _daily,
    "weekly": _weekly,
    "monthly": _monthly,
    "custom": _custom,
}


def _step(given: Answers) -> dict[str, object]:
    """Every N from a date; a step of one needs no date and keeps none."""
    if given.every == 1:
        return {}
    anchor = {} if given.anchor is None else {"anchor": given.anchor.isoformat()}
    return {"every": given.every, **anchor}


def _common(given: Answers) -> dict[str, object]:
    told: dict[str, object] = {
        "start_date": given.start_date and given.start_date.isoformat(),
        "end_date": given.end_date and given.end_date.isoformat(),
        "max_runs": given.max_runs,
        "exclude_dates": list(given.exclude_dates),
        "include_dates": list(given.include_dates),
    }
    if given.country:
        told["holidays"] = {
            "country": given.country,
            **({"subdivision": given.subdivision} if given.subdivision else {}),
            "rule": given.holidays,
        }
    return {key: value for key, value in told.items() if value not in (None, [])}


def _clock(times: Iterable[str]) -> list[str]:
    """Times as typed, with "8:00" written as "08:00"."""
    stripped = (text.strip() for text in times)
    return [text.zfill(5) if _SHORT_TIME.fullmatch(text) else text for text in stripped]


def _days(kind: str, config: Mapping[str, object]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    listed = config.get("days")
    if kind == "weekly":
        told["days"] = _texts(listed)
    if kind == "monthly" and isinstance(listed, list | tuple):
        told["month_days"] = tuple(listed)
    if kind != "custom":
        told["anchor"] = _day(config.get("anchor"))
    return told


def _choice(kind: str, config: Mapping[str, object]) -> dict[str, Any]:
    if kind == "monthly":
        return {"month_by": next((key for key in ("nth", "business_day") if key in config), "days")}
    if kind == "custom":
        known = ("cron", "rrule", "interval", "dates")
        return {"custom_by": next((key for key in known if key in config), "cron")}
    return {}


def _holidays(config: Mapping[str, object]) -> dict[str, Any]:
    given = config.get("holidays")
    if not isinstance(given, Mapping):
        return {}
    return {
        "country": str(given.get("country", "")),
        "subdivision": str(given.get("subdivision") or ""),
        "holidays": str(given.get("rule", "skip")),
    }


def _interval(config: Mapping[str, object]) -> dict[str, Any]:
    given = config.get("interval")
    if not isinstance(given, Mapping):
        return {}
    told: dict[str, Any] = {f"interval_{unit}": given.get(unit, 0) for unit in _UNITS}
    return told | {"interval_from": str(config.get("anchor", ""))}


_UNITS = ("days", "hours", "minutes")


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list | tuple) else ()


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)) if value is not None else None
    except ValueError:
        return None
