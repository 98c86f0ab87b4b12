"""schedules preview --batch: one rule a line in, its next slots a line out, without a store."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NoReturn

from autopilot.cli import output
from autopilot.cli.policy_options import policy_problems
from autopilot.cli.schedule_view import batch_slot_values
from autopilot.domain.instants import as_utc
from autopilot.domain.policies import Policies
from autopilot.domain.recurrence.civil_time import zone_of
from autopilot.domain.recurrence.describe import describe, warnings
from autopilot.domain.recurrence.rules import parse_rule
from autopilot.errors import InputRefused, Problem, RuleInvalid
from autopilot.service.schedules import preview

if TYPE_CHECKING:
    from autopilot.domain.recurrence.rules import Rule

DEFAULT_COUNT = 5
MOST_SLOTS = 1_000
POLICIES = tuple(Policies.model_fields)
KEYS = ("type", "config", "timezone", "after", "count", *POLICIES)
INSTANT = "2026-11-23T09:00:00Z"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def answer_lines(lines: Iterable[bytes], now: datetime) -> Iterator[dict[str, Any]]:
    """Yield one answer for each line, in their order, as soon as it is known; `now` is the default `after`.

    An answer is {"slots", "description", "warnings", "error"}. A line that cannot be used has its
    problems in `error`, one a line of that text, and no slots. Nothing in a line raises.
    """
    for place, line in enumerate(lines):
        try:
            yield _answer(line if place else line.removeprefix(_BYTE_ORDER_MARK), now)
        except InputRefused as refused:
            yield _refusal("\n".join(str(problem) for problem in refused.problems))
        except Exception as error:  # noqa: BLE001 - one line must not take the others along
            yield _refusal(f"internal error: {type(error).__name__}: {str(error)[:300]}")


def run_batch() -> None:
    """Answer standard input on standard output, line by line, until it ends or nobody reads on."""
    from autopilot.wiring import now

    try:
        for answer in answer_lines(sys.stdin.buffer, now()):
            output.show_json(answer, lines=True)
    except BrokenPipeError:
        # The reader has had enough. What is still buffered must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _answer(line: bytes, now: datetime) -> dict[str, Any]:
    given = {key: value for key, value in _object(line).items() if value is not None}
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
        "slots": [batch_slot_values(slot) for slot in preview(rule, after, count)],
        "description": describe(rule),
        "warnings": list(warnings(rule)),
        "error": None,
    }


def _refusal(error: str) -> dict[str, Any]:
    return {"slots": [], "description": None, "warnings": [], "error": error}


def _object(line: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(line.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise _only("is not UTF-8 text") from None
    except (ValueError, RecursionError) as error:
        raise _only(f"is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise _only("is not a JSON object")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _only(message: str) -> InputRefused:
    example = '{"type": "daily", "config": {"times": ["09:00"]}, "timezone": "Europe/Berlin"}'
    return InputRefused("", [Problem(path="line", message=message, example=example)])


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
