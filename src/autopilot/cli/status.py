"""status: is it on, did it work, what comes next; in ten lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from autopilot.cli import output
from autopilot.cli.opening import opened
from autopilot.cli.options import Json

if TYPE_CHECKING:
    from autopilot.domain.run import Run
    from autopilot.service.findings import Finding
    from autopilot.service.status import Status
    from autopilot.service.thresholds import Measured
    from autopilot.store.channels import ChannelRow

ROOM = 66  # of 80 columns, after the label


def status(as_json: Json = False) -> None:
    """Say in ten lines: is it on, did it work, what comes next."""
    from autopilot.service.status import read_status

    with opened() as app:
        found = read_status(app)
    if as_json:
        output.show_json(_values(found))
        return
    for label, told in _lines(found):
        is_red = label == "Worker" and found.scheduler.health == "late"
        style = (
            "bold red"
            if is_red
            else "yellow"
            if label in ("Notice", "Sending", "Channel", "Finding")
            else None
        )
        output.say(f"{label:<13} {told}", style=style)


def _lines(found: Status) -> Iterator[tuple[str, str]]:
    yield "Store", found.store
    yield "Worker", _worker(found)
    yield "Newsletters", _newsletters(found)
    yield "Schedules", _schedules(found)
    yield "Last run", _run(found, found.last_run, outcome=found.outcome)
    yield "Last issue", _issue(found)
    yield "Last failure", _run(found, found.last_failure)
    yield "Lately", _lately(found)
    yield "Next slot", _next(found)
    if found.to_deliver:
        yield "To deliver", f"{found.to_deliver}: autopilot deliveries list"
    for channel in found.troubled:
        yield "Channel", _channel(found, channel)
    if found.sending:
        yield "Sending", found.sending.removeprefix("Sending is ")
    if found.waiting:
        yield "Review", _review(found)
    for finding in found.findings:
        yield "Finding", finding.message
        if finding.since is not None:
            yield "  since", f"{finding.since:%Y-%m-%d %H:%M} UTC"
        yield "  to do", finding.fix or ""
    for notice in found.notices:
        yield "Notice", output.shortened(f"{notice.at:%Y-%m-%d %H:%M} UTC: {notice.message}", ROOM)
    yield "Next:", _command(found)


def _worker(found: Status) -> str:
    from autopilot.service.thresholds import span

    scheduler = found.scheduler
    if scheduler.health == "off":
        return "off: no slot is made into an issue until one runs"
    last = scheduler.last_tick_at
    if scheduler.health == "late":
        ago = "since it started" if last is None else f"for {span(found.now - last)}"
        return f"late: no tick has succeeded {ago}{_living(found, before='; ')}"
    if found.workers or last is None:
        return f"on: {_living(found)}"
    return f"none now; the last tick was {span(found.now - last)} ago"


def _living(found: Status, *, before: str = "") -> str:
    if not found.workers:
        return ""
    first = found.workers[0]
    seen = int((found.now - first.last_seen_at).total_seconds())
    more = f" and {len(found.workers) - 1} more" * (len(found.workers) > 1)
    return f"{before}{first.hostname}, process {first.pid}, seen {seen} s ago{more}"


def _newsletters(found: Status) -> str:
    if not found.workspaces:
        return "none yet"
    names = ", ".join(sorted(found.names.values()))
    inside = ", ".join(item.slug for item in found.workspaces)
    return output.shortened(f"{names or 'none'} (in {inside})", ROOM)


def _schedules(found: Status) -> str:
    counts: dict[str, int] = {}
    for schedule in found.schedules:
        counts[schedule.status.value] = counts.get(schedule.status.value, 0) + 1
    told = ", ".join(f"{count} {state}" for state, count in counts.items()) or "none"
    return told + (f"; {found.due} due now" * bool(found.due))


def _channel(found: Status, channel: ChannelRow) -> str:
    name = f"{found.names.get(channel.specification_id, '?')}, {channel.key}"
    until = channel.paused_until
    paused = f" paused until {until:%H:%M} UTC" if until is not None and until > found.now else ""
    return output.shortened(f"{name}{paused}: {channel.paused_reason or ''}", ROOM)


def _run(found: Status, run: Run | None, *, outcome: str | None = None) -> str:
    if run is None:
        return "none"
    name = found.names.get(run.specification_id, "?")
    moment = output.when(run.scheduled_for or run.created_at, run.zone)
    ended = (outcome or run.status.value).replace("_", " ")
    told = f"{ended}, {name}, {moment}" + (f": {run.reason}" if run.reason else "")
    return output.shortened(told, ROOM)


def _issue(found: Status) -> str:
    last = found.last_issue
    if last is None:
        return "none"
    return str(last.page) if last.page else output.shortened(last.subject, ROOM)


def _lately(found: Status) -> str:
    if not found.lately:
        return "no runs"
    total = sum(found.lately.values())
    told = ", ".join(f"{count} {state}" for state, count in found.lately.items())
    return f"of the last {total} runs {told}"


def _next(found: Status) -> str:
    upcoming = found.upcoming
    if upcoming is None or upcoming.next_run_at is None:
        return "none: no schedule is on"
    name = found.names.get(upcoming.specification_id, "?")
    moment = output.when(upcoming.next_run_at, upcoming.timezone)
    return output.shortened(f"{moment}: {name}, {upcoming.name}", ROOM)


def _review(found: Status) -> str:
    told = f"{found.waiting} issue{'s' * (found.waiting != 1)} to look at: autopilot review list"
    if found.next_release_at is None:
        return told
    return f"{told}; until {found.next_release_at:%Y-%m-%d %H:%M} UTC"


def _command(found: Status) -> str:
    if not found.workspaces:
        return "autopilot init"
    if not found.names:
        return "autopilot apply FILE"
    if found.upcoming is None and found.schedules:
        return "autopilot schedules list"
    if found.upcoming is None:
        name = next(iter(found.names.values()))
        return f"autopilot schedules create {name} --weekly mon@09:00"
    if found.scheduler.health != "on_time":
        return "autopilot doctor" if found.workers else "autopilot up"
    if found.last_run is not None and found.last_run.status == "failed":
        return "autopilot runs show last"
    return "autopilot runs list"


def _values(found: Status) -> dict[str, Any]:
    from autopilot.domain.instants import iso

    upcoming, last = found.upcoming, found.last_issue
    return {
        "store": found.store,
        "workers": [
            {
                "hostname": worker.hostname,
                "pid": worker.pid,
                "version": worker.version,
                "started_at": iso(worker.started_at),
                "last_seen_at": iso(worker.last_seen_at),
                "last_tick_at": iso(worker.last_tick_at),
            }
            for worker in found.workers
        ],
        "scheduler": {
            "health": found.scheduler.health.value,
            "last_tick_at": iso(found.scheduler.last_tick_at),
            "late_after_seconds": found.scheduler.late_after.total_seconds(),
        },
        "sending": {"allowed": found.sending is None, "reason": found.sending},
        "review": {"waiting": found.waiting, "next_release_at": iso(found.next_release_at)},
        "notices": [
            {
                "at": iso(notice.at),
                "kind": notice.kind.value,
                "message": notice.message,
                "schedule_id": notice.schedule_id and str(notice.schedule_id),
                "run_id": notice.run_id and str(notice.run_id),
            }
            for notice in found.notices
        ],
        "findings": [_finding(one) for one in found.findings],
        "measured": _measured(found.measured),
        "workspaces": [item.slug for item in found.workspaces],
        "specifications": sorted(found.names.values()),
        "schedules": {
            state: sum(schedule.status == state for schedule in found.schedules)
            for state in ("active", "paused", "error", "finished")
        },
        "due": found.due,
        "lately": {
            state: found.lately.get(state, 0)  # type: ignore[call-overload]
            for state in ("queued", "running", "succeeded", "failed", "skipped", "cancelled")
        },
        "to_deliver": found.to_deliver,
        "troubled_channels": [
            {
                "specification": found.names.get(channel.specification_id),
                "channel": channel.key,
                "paused_until": iso(channel.paused_until),
                "reason": channel.paused_reason,
            }
            for channel in found.troubled
        ],
        "outcome": found.outcome,
        "last_run": _run_values(found, found.last_run),
        "last_failure": _run_values(found, found.last_failure),
        "last_issue": last
        and {
            "run_id": str(last.run.id),
            "subject": last.subject,
            "html_path": last.page and str(last.page),
        },
        "next": upcoming
        and {
            "schedule": upcoming.name,
            "schedule_id": str(upcoming.id),
            "specification": found.names.get(upcoming.specification_id),
            "utc": iso(upcoming.next_run_at),
            "timezone": upcoming.timezone,
        },
    }


def _finding(one: Finding) -> dict[str, Any]:
    from autopilot.domain.instants import iso

    return {"check": one.check, "message": one.message, "since": iso(one.since), "fix": one.fix}


def _measured(it: Measured) -> dict[str, Any]:
    from autopilot.domain.instants import iso

    lateness = [one.lateness.total_seconds() for one in it.starts]
    return {
        "slowest_tick_seconds": it.ticks.slowest,
        "started": len(it.starts),
        "started_late": len(it.late),
        "latest_start_seconds": max(lateness, default=None),
        "waiting_late": it.waiting.count,
        "succeeded": it.ended.succeeded,
        "failed": it.ended.failed,
        "uptime": it.uptime and round(it.uptime.ratio, 6),
        "uptime_since": iso(it.uptime.since if it.uptime else None),
        "silent_seconds": it.uptime and it.uptime.silent.total_seconds(),
    }


def _run_values(found: Status, run: Run | None) -> dict[str, Any] | None:
    from autopilot.service.report import run_summary

    if run is None:
        return None
    return run_summary(run) | {"specification": found.names.get(run.specification_id)}
