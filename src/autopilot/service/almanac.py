"""The almanac: what rules say about instants, each worked out once for all schedules of a batch.

Many schedules share a rule and a slot: everybody wants Monday at nine.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from autopilot.domain.policies import Gap, Policies
from autopilot.domain.recurrence.guard import GuardedPeriod, guarded_period
from autopilot.domain.recurrence.period import period_after, window_start
from autopilot.domain.recurrence.rules import Rule
from autopilot.domain.recurrence.slots import Slot, calculate_next_run, slots_between
from autopilot.domain.schedule import Schedule
from autopilot.domain.specification import Cadence

T = TypeVar("T")
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Terms:
    """What schedules that are written alike have in common.

    `may_take` says that more than a gap of hours can take a slot, `is_common` that what becomes of a
    slot of one of them becomes of the slots of all that stand alike.
    """

    policy: Policies
    rule: Rule
    may_take: bool
    is_common: bool


class Almanac:
    """Answers of the calendar. It grows with every question, so it is for one batch only."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[Any, object]] = {}
        self._terms: dict[Hashable, tuple[Terms, Schedule]] = {}

    def terms(self, schedule: Schedule) -> Terms:
        """Return a schedule's policies and its rule; raises RuleInvalid where they cannot be read.

        The store gives equal documents of a batch as one object: so each is read once.
        """
        written = schedule.type, id(schedule.config), schedule.timezone, id(schedule.policies)
        if written not in self._terms:
            # The schedule is kept with its answer: the ids must not become another's.
            self._terms[written] = _terms(schedule), schedule
        return self._terms[written][0]

    def due_slots(
        self, rule: Rule, start: datetime, until: datetime, *, most: int
    ) -> tuple[Sequence[Slot], int]:
        """Return the slots from `start` to `until`, the last so many, and how many came before."""
        return self._once((start, until, most), _due_slots, rule, start, until, most)

    def following(self, rule: Rule, after: datetime) -> Slot | None:
        """Return the first slot after an instant."""
        return self._once((after,), calculate_next_run, rule, after)

    def period_after(self, rule: Rule, slot: Slot) -> timedelta:
        """Return the time from a slot to the next one."""
        return self._once((slot.utc, "period"), period_after, rule, slot)

    def promise(self, rule: Rule, slot: Slot) -> tuple[GuardedPeriod, int] | None:
        """Return the guarded period of a slot and how many slots it promises; None without one."""
        return self._once((slot.utc, slot.local), _promise, rule, slot)

    def window_start(self, rule: Rule, cadence: Cadence, slot: Slot) -> datetime:
        """Return the start of the content window that ends with a slot."""
        return self._once((slot.utc, slot.local, cadence), _window_start, rule, cadence, slot)

    def once(self, key: tuple[object, ...], rule: Rule, work: Callable[[], T]) -> T:
        """Return what somebody else works out of a rule, worked out once for equal keys."""
        return self._once(key, lambda _rule: work(), rule)

    def _once(
        self, key: tuple[object, ...], work: Callable[..., T], rule: Rule, *rest: object
    ) -> T:
        whole = (id(rule), *key)
        if whole not in self._known:
            # The rule is kept with its answer: its id must not become another rule's.
            self._known[whole] = work(rule, *rest), rule
        answer: T = self._known[whole][0]
        return answer


def _terms(schedule: Schedule) -> Terms:
    policy, config = schedule.policy, schedule.config
    rule = schedule.rule_under(policy)
    may_take = "holidays" in config or "exclude_dates" in config or policy.gap is Gap.SKIP
    is_counted = rule.max_runs is not None or policy.jitter_seconds > 0
    return Terms(
        policy=policy, rule=rule, may_take=may_take, is_common=not (may_take or is_counted)
    )


def _due_slots(
    rule: Rule, start: datetime, until: datetime, most: int
) -> tuple[Sequence[Slot], int]:
    kept: deque[Slot] = deque(maxlen=most)
    count = 0
    for slot in slots_between(rule, start - INSTANT, until):
        kept.append(slot)
        count += 1
    return tuple(kept), count - len(kept)


def _promise(rule: Rule, slot: Slot) -> tuple[GuardedPeriod, int] | None:
    period = guarded_period(rule, slot)
    if period is None:
        return None
    return period, sum(1 for _ in slots_between(rule, period.start - INSTANT, period.end - INSTANT))


def _window_start(_rule: Rule, cadence: Cadence, slot: Slot) -> datetime:
    return window_start(cadence, slot.utc, slot.zone, nominal=slot.local)
