"""Admission: which of a schedule's due slots run, and the reason why each of the others does not.

Catch-up and lateness first, then overlap, then the guard on the period: the first reason counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from autopilot.domain.policies import CatchUp, Overlap, Policies
from autopilot.domain.recurrence.rules import Rule
from autopilot.domain.recurrence.slots import Slot
from autopilot.service.almanac import Almanac

GRACE = timedelta(seconds=60)  # lateness below this is an ordinary wake-up, not worth a word
MOST_CAUGHT_UP = 24  # slots that `catch_up: all` brings back at once

CountIssues = Callable[[datetime, datetime], int]
Begins = Callable[[Slot], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What admission looks at.

    `going` are the slots whose runs are queued or running, `on_time` is how late a slot may be
    found without having been missed, `begins` tells when a slot's run may begin, and `issues` counts
    the schedule's issues, made or still to be made, of slots between two instants. `runs_left` is what `max_runs` leaves (None: no end).
    """

    rule: Rule
    almanac: Almanac
    policy: Policies
    now: datetime
    going: Sequence[datetime]
    on_time: timedelta
    begins: Begins
    issues: CountIssues
    runs_left: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A slot, and the reason why it does not run (None: it does); `missed` where nobody came in time."""

    slot: Slot
    reason: str | None
    missed: bool = False


def judge(standing: Standing, slots: Sequence[Slot]) -> Iterator[Verdict]:
    """Yield a verdict on each due slot, oldest first."""
    admitted: list[Slot] = []
    for place, slot in enumerate(slots):
        used_up = _used_up(standing, admitted)
        missed = None if used_up else _missed(standing, slot, newer=len(slots) - place - 1)
        reason = (
            used_up
            or missed
            or _overlapping(standing)
            or _over_the_period(standing, slot, admitted)
        )
        if reason is None:
            admitted.append(slot)
        yield Verdict(slot=slot, reason=reason, missed=missed is not None)


def _used_up(standing: Standing, admitted: Sequence[Slot]) -> str | None:
    if standing.runs_left is None or len(admitted) < standing.runs_left:
        return None
    return f"finished: this schedule has had its {standing.rule.max_runs} runs"


def _missed(standing: Standing, slot: Slot, *, newer: int) -> str | None:
    """The reason a slot found late does not run; `newer` counts the due slots after it."""
    # Its own jitter makes no slot late, and a lead makes none early.
    late = standing.now - max(slot.utc, standing.begins(slot))
    policy = standing.policy
    told = f"no worker ran at {slot.local:%Y-%m-%d %H:%M}"
    if newer and policy.catch_up is CatchUp.LATEST:
        return f"missed: {told}; a later slot runs instead"
    if newer >= MOST_CAUGHT_UP:
        return f"missed: {told}; only the last {MOST_CAUGHT_UP} slots are caught up"
    if late > standing.on_time and policy.catch_up is CatchUp.NONE:
        return f"missed: {told}, and this schedule catches nothing up"
    limit = policy.lateness_limit(standing.almanac.period_after(standing.rule, slot))
    if late > max(limit, GRACE):
        return f"late: found {spoken(late)} after its time, more than {spoken(limit)}"
    return None


def _overlapping(standing: Standing) -> str | None:
    """The reason a slot does not run beside the runs that were there before this tick."""
    policy, going = standing.policy, standing.going
    most = {Overlap.SKIP: 0, Overlap.QUEUE_ONE: 1}.get(policy.overlap)
    if most is None or len(going) <= most:
        return None
    return f"overlap: the run of the slot {going[0]:%Y-%m-%d %H:%M} UTC is still going"


def _over_the_period(standing: Standing, slot: Slot, admitted: Sequence[Slot]) -> str | None:
    """The reason a slot would be an extra: its day, week or month has all the issues it promises.

    It stops extras from catch-up, edits and restores, never a slot the rule itself promises.
    """
    if not standing.policy.period_guard:
        return None
    promise = standing.almanac.promise(standing.rule, slot)
    if promise is None:
        return None
    period, promised = promise
    made = standing.issues(period.start, period.end)
    made += sum(1 for other in admitted if period.start <= other.utc < period.end)
    if made < promised:
        return None
    return f"period: this {period.name} has had {made} of its {promised} issues already"


def spoken(span: timedelta) -> str:
    """Return a span for people: "2 d 3 h"."""
    minutes = int(span.total_seconds() // 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "under a minute"
