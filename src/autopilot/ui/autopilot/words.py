"""Words of the Autopilot page: a rule, a last run, a next slot, the next date after a change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from autopilot.domain.recurrence.describe import describe
from autopilot.domain.schedule import Schedule
from autopilot.errors import RuleInvalid
from autopilot.service.schedule_overview import Hearing
from autopilot.ui.parts.badges import look_of, squares
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.when import distance, local


def rule_in_words(schedule: Schedule) -> str:
    """Return the rule as a sentence with its zone; one that cannot be read says so."""
    try:
        return describe(schedule.rule)
    except RuleInvalid:
        return "This rule cannot be used any more: edit it"


def next_in_words(schedule: Schedule, now: datetime, zone: ZoneInfo) -> str:
    """Return when the next issue is due, or why there is none."""
    if schedule.next_run_at is not None:
        return (
            f"{local(schedule.next_run_at, zone, now=now)} ({distance(schedule.next_run_at, now)})"
        )
    reason = f": {schedule.status_reason}" if schedule.status_reason else ""
    return f"none, it is {look_of(schedule.status.value).word}{reason}"


def outcomes_in_words(outcomes: Sequence[str]) -> str:
    """Return the last outcomes as squares and in words: nobody has to tell colours apart."""
    if not outcomes:
        return "no run yet"
    counted = Counter(look_of(outcome).word for outcome in outcomes)
    told = ", ".join(f"{count} {word}" for word, count in counted.most_common())
    if len(outcomes) == 1:
        return f"{squares(outcomes)} one run: {look_of(outcomes[0]).word}"
    return f"{squares(outcomes)} last {len(outcomes)}: {told}"


def switched_on(schedule: Schedule, hearing: Hearing, now: datetime) -> str:
    """Return what follows from a schedule that is on: the next date, and who hears of a failure."""
    if schedule.next_run_at is None:
        return f"**{plain(schedule.name)}** is saved and off. Switch it on when it is ready."
    zone = ZoneInfo(schedule.timezone)
    date = f"{local(schedule.next_run_at, zone, now=now)}, {zone.key} time"
    return (
        f"**{plain(schedule.name)}** is on. The next issue is for **{plain(date)}**"
        f" ({distance(schedule.next_run_at, now)}). {hearing_in_words(hearing)}"
    )


def hearing_in_words(hearing: Hearing) -> str:
    """Return who is told when it fails, and what would help where nobody is."""
    if hearing.addresses:
        return f"We will tell you if it fails: {plain(', '.join(hearing.addresses))}."
    if hearing.webhook:
        return "We will tell you if it fails: the notice webhook is called."
    return f"We will tell you if it fails, but not by mail: {plain(hearing.why_not or '')}."
