"""Slot previews: a rule given as plain values, and its next slots, without a store.

The command line takes such values a line at a time, the API as a document; both answer alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from autopilot.domain.instants import as_utc, iso
from autopilot.domain.policies import Policies
from autopilot.domain.policy_faults import policy_problems
from autopilot.domain.recurrence.civil_time import zone_of
from autopilot.domain.recurrence.describe import describe, warnings
from autopilot.domain.recurrence.preview import preview
from autopilot.domain.recurrence.rules import parse_rule
from autopilot.errors import InputRefused, Problem, RuleInvalid

if TYPE_CHECKING:
    from autopilot.domain.recurrence.rules import Rule
    from autopilot.domain.recurrence.slot import Slot

DEFAULT_COUNT = 5
MOST_SLOTS = 1_000
POLICIES = tuple(Policies.model_fields)
KEYS = ("type", "config", "timezone", "after", "count", *POLICIES)
INSTANT = "2026-11-23T09:00:00Z"


def preview_answer(values: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return {"slots", "description", "warnings", "error"}; `now` is the default `after`.

    Values that cannot be used have their problems in `error`, one a line of that text, and no slots.
    """
    try:
        return preview_of(values, now)
    except InputRefused as refused:
        return refusal("\n".join(str(problem) for problem in refused.problems))


def preview_of(values: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return the answer; raises InputRefused with every problem at once."""
    given = {key: value for key, value in values.items() if value is not None}
    problems = [*_unknown(given), *_missing(given)]
    policies = {key: given[key] for key in POLICIES if key in given}
    problems += policy_problems(policies)
    count = _count(given, problems)
    zone = given.get("timezone", "UTC")
    rule = _rule(given, zone, {} if problems else policies, problems)
    after = _after(given, zone if rule else "UTC", now, problems)
    if problems or rule is None:
        raise InputRefused("The line cannot be used:", problems)
    return {
        "slots": [slot_values(slot) for slot in preview(rule, after, count)],
        "description": describe(rule),
        "warnings": list(warnings(rule)),
        "error": None,
    }


def refusal(error: str) -> dict[str, Any]:
    """Return the answer to values that cannot be used."""
    return {"slots": [], "description": None, "warnings": [], "error": error}


def slot_values(slot: Slot) -> dict[str, Any]:
    """Return a slot as JSON without its zone."""
    return {
        "utc": iso(slot.utc),
        "local": wall(slot.local),
        "fold": slot.fold,
        "flags": [{"code": flag.code.value, "text": flag.text} for flag in slot.flags],
    }


def wall(local: datetime) -> str:
    """Return a wall time to the minute, or to the second where it has seconds."""
    return local.isoformat(timespec="seconds" if local.second else "minutes")


def _unknown(given: Mapping[str, Any]) -> Iterator[Problem]:
    for key in given:
        if key not in KEYS:
            near = get_close_matches(key[:50], KEYS, n=1)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            yield Problem(path=key, message=f"unknown key{meant}", allowed=", ".join(KEYS))


def _missing(given: Mapping[str, Any]) -> Iterator[Problem]:
    for key, example in (("type", '"type": "daily"'), ("config", '"config": {"times": ["09:00"]}')):
        if key not in given:
            yield Problem(path=key, message="is missing", example=example)


def _count(given: Mapping[str, Any], problems: list[Problem]) -> int:
    count = given.get("count", DEFAULT_COUNT)
    if type(count) is int and 1 <= count <= MOST_SLOTS:
        return count
    message, allowed = f"{repr(count)[:100]} cannot be used", f"a whole number, 1 to {MOST_SLOTS}"
    problems.append(Problem(path="count", message=message, allowed=allowed, example="5"))
    return DEFAULT_COUNT


def _rule(
    given: Mapping[str, Any], zone: Any, policies: Mapping[str, Any], problems: list[Problem]
) -> Rule | None:
    if "type" not in given or "config" not in given:
        return None
    policy = Policies.model_validate(dict(policies))
    try:
        return parse_rule(
            given["type"],
            given["config"],
            zone,
            gap=policy.gap.value,
            fold=policy.fold.value,
            jitter_seconds=policy.jitter_seconds,
        )
    except RuleInvalid as error:
        problems += error.problems
        return None


def _after(given: Mapping[str, Any], zone: str, now: datetime, problems: list[Problem]) -> datetime:
    """The instant that slots come after; one without an offset is of the rule's zone."""
    if "after" not in given:
        return now
    text = given["after"]
    try:
        if not isinstance(text, str):
            raise ValueError
        moment = datetime.fromisoformat(text.strip())
        return as_utc(moment if moment.tzinfo else moment.replace(tzinfo=zone_of(zone).info))
    except (ValueError, OverflowError):
        message = f"{str(text)[:100]!r} is not an ISO date or time"
        problems.append(Problem(path="after", message=message, example=INSTANT))
        return now
