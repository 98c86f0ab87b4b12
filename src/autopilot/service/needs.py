"""Needs: what of an overview asks for a person, the most urgent first, each with where to do it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from autopilot.service.overview import Overview
from autopilot.service.status import Health


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One thing to do: what happened, what to do about it, the page where ("" for none) and its query."""

    what: str
    advice: str
    page: str = ""
    label: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    is_urgent: bool = True


def needs_of(seen: Overview) -> tuple[Need, ...]:
    """Return what needs somebody; empty where all is well."""
    found = [*_of_the_machine(seen), *_of_schedules(seen), *_of_readers(seen), *_of_content(seen)]
    return tuple(sorted(found, key=lambda need: not need.is_urgent))


def _of_the_machine(seen: Overview) -> Iterator[Need]:
    if seen.schedules.on and seen.scheduler.health is Health.OFF:
        yield Need(
            what="No worker is running: no slot becomes an issue.",
            advice="Start one on the machine of this store: autopilot up",
        )
    if seen.schedules.on and seen.scheduler.health is Health.LATE:
        yield Need(
            what="No worker has looked after the schedules lately: slots are late.",
            advice="See what keeps it: autopilot doctor; then start it again: autopilot up",
        )
    if seen.sending is not None:
        yield Need(
            what=f"Nothing is sent: {seen.sending}",
            advice="If this is the store that shall send: autopilot sending allow",
        )
    for finding in seen.findings:
        since = "" if finding.since is None else f"Since {finding.since:%Y-%m-%d %H:%M} UTC. "
        yield Need(what=finding.message, advice=f"{since}{finding.fix}", is_urgent=False)


def _of_schedules(seen: Overview) -> Iterator[Need]:
    for schedule in seen.troubled:
        reason = schedule.last_run_error if schedule.enabled else schedule.status_reason
        told = f": {reason}" if reason else "."
        what = (
            f"“{schedule.name}” failed {_times(schedule.consecutive_failures)}{told}"
            if schedule.enabled
            else f"“{schedule.name}” has stopped{told}"
        )
        yield Need(
            what=what,
            advice="Look at its last run; once it is mended, "
            + ("run it now or wait for its next slot." if schedule.enabled else "switch it on."),
            page="autopilot",
            label="Open the schedule",
            query={"schedule": str(schedule.id)},
        )
    rest = seen.schedules.stopped + seen.schedules.failing - len(seen.troubled)
    if rest > 0:
        yield Need(
            what=f"{rest} more {_schedules(rest)} stopped or failed at the last slot.",
            advice="They are listed on the page Autopilot.",
            page="autopilot",
            label="See them",
        )


def _of_readers(seen: Overview) -> Iterator[Need]:
    review = seen.review
    if review.waiting:
        yield Need(
            what=f"{review.waiting} {_issues(review.waiting)} for a review.",
            advice="Read, then approve, hold or drop.",
            page="review",
            label="Review",
        )
    if review.held:
        yield Need(
            what=f"{review.held} {'issue is' if review.held == 1 else 'issues are'} held.",
            advice="No reader gets a held issue until somebody approves it.",
            page="review",
            label="Review",
            is_urgent=False,
        )
    for channel in seen.channels:
        name = seen.names.get(channel.specification_id, "")
        reason = channel.paused_reason or channel.last_error or "it does not answer"
        yield Need(
            what=f"The channel {channel.key.partition(':')[0]} of “{name}” waits: {reason}",
            advice="What is due over it is kept, and goes out once it answers again.",
            page="settings",
            label="Look at the channels",
        )


def _of_content(seen: Overview) -> Iterator[Need]:
    if seen.money.is_used_up:
        yield Need(
            what=f"The month's {seen.money.limit:.2f} US dollars for models are used up.",
            advice="Until the month ends, summaries are the sources' own. More is set in the settings.",
            page="settings",
            label="Change the budget",
            is_urgent=False,
        )
    if seen.feeds.in_need:
        count = seen.feeds.in_need
        yield Need(
            what=f"{count} {'source needs' if count == 1 else 'sources need'} care.",
            advice="What each one has, and what to do about it, stands below.",
            page="specifications",
            label="See the sources",
            is_urgent=False,
        )
    if seen.has_issue and not seen.schedules.on:
        paused = seen.schedules.paused
        yield Need(
            what="Autopilot is off: no schedule is on.",
            advice="Switch one on." if paused else "Choose when issues shall be made.",
            page="autopilot",
            label="Open Autopilot",
            is_urgent=False,
        )


def _times(count: int) -> str:
    return "at its last slot" if count == 1 else f"{count} times in a row"


def _schedules(count: int) -> str:
    return "schedule" if count == 1 else "schedules"


def _issues(count: int) -> str:
    return "issue waits" if count == 1 else "issues wait"
