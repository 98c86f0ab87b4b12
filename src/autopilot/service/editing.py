"""Editing a schedule: what a person changes of it, checked as a whole and written once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from autopilot.domain.schedule import Schedule, ScheduleStatus
from autopilot.errors import Conflict, InputRefused, NotFound, Problem
from autopilot.service.context import App, current_app
from autopilot.service.schedules import check_schedule
from autopilot.service.timing import is_retimed, new_state
from autopilot.store import audit, schedules, specifications

EDITABLE = frozenset(
    {
        "name",
        "type",
        "config",
        "timezone",
        "notes",
        "categories_override",
        "regions_override",
        "cadence_override",
    }
)


def update_schedule(
    schedule_id: UUID,
    changes: Mapping[str, Any],
    *,
    policies: Mapping[str, object] | None = None,
    actor: str,
    version: int | None = None,
    app: App | None = None,
) -> Schedule:
    """Change a schedule and return it. New timing takes effect strictly after now; an edit of
    anything else leaves a due slot due.

    `changes` has keys of EDITABLE; `policies` are merged over those it has (None takes one away).
    With `version` the edit is refused when somebody else edited that version meanwhile. Raises
    InputRefused with every problem at once, Conflict, NotFound.
    """
    _refuse_unknown(changes)
    app = current_app(app)
    with app.database.begin() as connection:
        seen = schedules.lock_schedule(connection, schedule_id)
        if seen is None:
            raise NotFound(f"There is no schedule {schedule_id}.")
        if seen.status is ScheduleStatus.CANCELLED:
            raise Conflict(
                f"Schedule {seen.name!r} is cancelled; it cannot be edited.",
                hint="A cancelled schedule stays cancelled; create a new one.",
            )
        row = specifications.get_specification(connection, seen.specification_id)
        if row is None:
            raise NotFound(f"The specification of schedule {schedule_id} is gone.")
        merged = {**seen.policies, **(policies or {})}
        kept = {key: value for key, value in merged.items() if value is not None}
        edited = replace(seen, **_as_kept(changes), policies=kept)
        check_schedule(edited, row.document)
        retimed = is_retimed(seen, edited)
        edited = new_state(edited, _stays_on(seen, retimed), app.clock(), retimed=retimed)
        known = seen if version is None else replace(seen, version=version)
        newer = schedules.edit_schedule(connection, known, edited)
        audit.note(
            connection,
            at=app.clock(),
            actor=actor,
            action="schedule.edited",
            subject=("schedule", seen.id),
            workspace_id=seen.workspace_id,
            detail={"name": newer.name, "changes": sorted({*changes, *(policies or {})})},
        )
    return newer


def _refuse_unknown(changes: Mapping[str, Any]) -> None:
    allowed = ", ".join(sorted(EDITABLE))
    problems = [
        Problem(path=key, message="cannot be edited", allowed=allowed)
        for key in sorted(changes.keys() - EDITABLE)
    ]
    if problems:
        raise InputRefused("The schedule cannot be saved as it is:", problems)


def _as_kept(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes in the form in which a schedule has them: names trimmed, lists as tuples."""
    kept: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in changes.items()
    }
    if isinstance(kept.get("name"), str):
        kept["name"] = kept["name"].strip()
    return kept


def _stays_on(seen: Schedule, retimed: bool) -> bool:
    """A schedule that is on stays on; a mended one goes on again; a paused one stays paused."""
    mended = retimed and seen.status in {ScheduleStatus.ERROR, ScheduleStatus.FINISHED}
    return seen.enabled or mended
