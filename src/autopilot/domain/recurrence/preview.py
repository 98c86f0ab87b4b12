"""The next slots as people see them: each tells what was passed over since the one before."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from autopilot.domain.instants import as_utc
from autopilot.domain.recurrence.slot import Flag, FlagCode, PassedOver, Slot
from autopilot.domain.recurrence.slots import calculate_next_run, passed_over
from autopilot.domain.recurrence.wording import dated

if TYPE_CHECKING:
    from autopilot.domain.recurrence.rules import Rule

_MOST_NAMED = 5


def preview(rule: Rule, after: datetime, count: int) -> tuple[Slot, ...]:
    """Return the next slots strictly after an aware instant, at most `count` and `rule.max_runs`.

    A slot after excluded dates, skipped holidays or a lost day carries one more flag for these.
    """
    before = as_utc(after)
    slots = _upcoming(rule, before, min(count, rule.max_runs or count))
    passed = deque(passed_over(rule, before, slots[-1].utc) if slots else ())
    return tuple(_told(slot, _taken(passed, slot.utc)) if passed else slot for slot in slots)


def _upcoming(rule: Rule, after: datetime, count: int) -> list[Slot]:
    found: list[Slot] = []
    while len(found) < count:
        slot = calculate_next_run(rule, after)
        if slot is None:
            break
        found.append(slot)
        after = slot.utc
    return found


def _taken(passed: deque[PassedOver], until: datetime) -> Iterator[PassedOver]:
    while passed and passed[0].slot.utc <= until:
        yield passed.popleft()


def _told(slot: Slot, passed: Iterable[PassedOver]) -> Slot:
    by_code: dict[FlagCode, list[str]] = {}
    for one in passed:
        named = by_code.setdefault(one.code, [])
        text = f"{dated(one.slot.local.date())}, {one.reason}"
        if text not in named:
            named.append(text)
    flags = tuple(Flag(code=code, text=_joined(named)) for code, named in by_code.items())
    return replace(slot, flags=(*slot.flags, *flags)) if flags else slot


def _joined(named: list[str]) -> str:
    more = len(named) - _MOST_NAMED
    told = "; ".join(named[:_MOST_NAMED])
    return f"skipped before this: {told}" + (f"; and {more} more" if more > 0 else "")
