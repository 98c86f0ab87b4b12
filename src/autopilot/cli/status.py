"""status: is it on, did it work, what comes next; in ten lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from autopilot.cli import output
from autopilot.cli.opening import opened
from autopilot.cli.options import Json

if TYPE_CHECKING:
    from autopilot.domain.run import Run
    from autopilot.service.status import Status

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
        output.say(f"{label:<13} {told}")


def _lines(found: Status) -> Iterator[tuple[str, str]]:
    yield "Store", found.store
    yield "Worker", _worker(found)
    yield "Newsletters", _newsletters(found)
    yield "Schedules", _schedules(found)
    yield "Last run", _run(found, found.last_run)
    yield "Last issue", _issue(found)
    yield "Last failure", _run(found, found.last_failure)
    yield "Lately", _lately(found)
    yield "Next slot", _next(found)
    yield "Next:", _command(found)


def _worker(found: Status) -> str:
    if not found.workers:
        return "off: no slot is made into an issue until one runs"
    first = found.workers[0]
    seen = int((found.now - first.last_seen_at).total_seconds())
    more = f" and {len(found.workers) - 1} more" * (len(found.workers) > 1)
    return f"on: {first.hostname}, process {first.pid}, seen {seen} s ago{more}"


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


def _run(found: Status, run: Run | None) -> str:
    if run is None:
        return "none"
    name = found.names.get(run.specification_id, "?")
    moment = output.when(run.scheduled_for or run.created_at, run.zone)
    told = f"{run.status.value}, {name}, {moment}" + (f": {run.reason}" if run.reason else "")
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


def _command(found: Status) -> str:
    if not found.workspaces:
        return "autopilot init"
    if not found.names:
        return "autopilot apply FILE"
    if found.upcoming is None:
        name = next(iter(found.names.values()))
        return f"autopilot schedules create {name} --weekly mon@09:00"
    if not found.workers:
        return "autopilot up"
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


def _run_values(found: Status, run: Run | None) -> dict[str, Any] | None:
    from autopilot.service.report import run_summary

    if run is None:
        return None
    return run_summary(run) | {"specification": found.names.get(run.specification_id)}
