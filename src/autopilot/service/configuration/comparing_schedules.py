"""Comparing a document's schedules with the store's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

from sqlalchemy import Connection

from autopilot.domain.policies import Policies
from autopilot.domain.schedule import Schedule, ScheduleStatus
from autopilot.domain.specification import (
    ScheduleDocument,
    SpecificationDocument,
)
from autopilot.errors import RuleInvalid
from autopilot.service.configuration.changes import Action, Change, Comparison, differences
from autopilot.service.timing import is_retimed, new_state
from autopilot.store import audit, schedules
from autopilot.store.specifications import SpecificationRow
from autopilot.store.workspaces import Workspace


def compare_schedules(
    comparison: Comparison,
    workspace: Workspace,
    row: SpecificationRow,
    wanted: SpecificationDocument,
) -> Iterator[Change]:
    """Yield the changes of one specification's schedules; those not named come last."""
    if "schedules" not in wanted.model_fields_set:
        return
    stored = {
        item.name: item
        for item in schedules.list_schedules(comparison.connection, specification_id=row.id)
    }
    for document in wanted.schedules:
        present = stored.get(document.name)
        if present is None:
            yield _create(comparison, workspace, row, document)
        else:
            yield from _change(comparison, row, present, document)
    named = {document.name for document in wanted.schedules}
    for name, schedule in stored.items():
        if name not in named:
            yield cancel_schedule(comparison, row.slug, schedule)


def _create(
    comparison: Comparison, workspace: Workspace, row: SpecificationRow, document: ScheduleDocument
) -> Change:
    blank = Schedule(
        id=uuid4(),
        workspace_id=workspace.id,
        specification_id=row.id,
        created_by=comparison.actor,
        name=document.name,
        type=document.type,
        config=document.config,
        timezone=document.timezone or workspace.timezone,
    )
    schedule = new_state(_edited(blank, document), document.enabled, comparison.now)

    def effect(connection: Connection) -> None:
        schedules.add_schedule(connection, schedule)
        _note(connection, comparison, "schedule.created", schedule)

    return Change(
        action=Action.CREATE, kind="schedule", name=f"{row.slug}: {document.name}", effect=effect
    )


def _change(
    comparison: Comparison, row: SpecificationRow, stored: Schedule, document: ScheduleDocument
) -> Iterator[Change]:
    edited = _edited(stored, document)
    retimed = is_retimed(stored, edited)
    mended = retimed and stored.status in {ScheduleStatus.ERROR, ScheduleStatus.FINISHED}
    wanted = (
        document.enabled if "enabled" in document.model_fields_set else stored.enabled or mended
    )
    if retimed or wanted != stored.enabled:
        edited = new_state(edited, wanted, comparison.now, retimed=retimed)
    fields = differences(_values(stored), _values(edited))
    if not fields:
        return

    def effect(connection: Connection) -> None:
        schedules.edit_schedule(connection, stored, edited)
        _note(connection, comparison, "schedule.edited", stored, fields)

    yield Change(
        action=Action.CHANGE,
        kind="schedule",
        name=f"{row.slug}: {stored.name}",
        fields=fields,
        effect=effect,
    )


def cancel_schedule(comparison: Comparison, slug: str, schedule: Schedule) -> Change:
    """Return what happens to a schedule the file does not name."""
    name = f"{slug}: {schedule.name}"
    if not comparison.prune:
        return Change(action=Action.LEAVE, kind="schedule", name=name)

    def effect(connection: Connection) -> None:
        schedules.edit_schedule(connection, schedule, schedule.cancel())
        _note(connection, comparison, "schedule.cancelled", schedule)

    return Change(action=Action.CANCEL, kind="schedule", name=name, effect=effect)


def _edited(stored: Schedule, document: ScheduleDocument) -> Schedule:
    """The schedule with what the document names; keys it does not name keep their value."""
    given = document.model_fields_set
    changes: dict[str, object] = {"type": document.type, "config": document.config}
    if document.timezone is not None:
        changes["timezone"] = document.timezone
    changes |= {
        key: getattr(document, key)
        for key in ("categories_override", "regions_override", "notes")
        if key in given
    }
    if "cadence_override" in given:
        changes["cadence_override"] = document.cadence_override and str(document.cadence_override)
    known = {key: value for key, value in stored.policies.items() if key in Policies.model_fields}
    changes["policies"] = known | document.given_policies
    return replace(stored, **changes)  # type: ignore[arg-type]


def _values(schedule: Schedule) -> dict[str, object]:
    return {
        "type": schedule.type,
        "config": dict(schedule.config),
        "timezone": schedule.timezone,
        "enabled": schedule.enabled,
        "categories_override": _plain(schedule.categories_override),
        "regions_override": _plain(schedule.regions_override),
        "cadence_override": schedule.cadence_override,
        "notes": schedule.notes,
        **_policies(schedule),
    }


def _policies(schedule: Schedule) -> dict[str, object]:
    """All policies; those of a row that can no longer be read count as none."""
    try:
        return schedule.policy.model_dump(mode="json")
    except RuleInvalid:
        return {}


def _plain(values: tuple[str, ...] | None) -> list[str] | None:
    return None if values is None else list(values)


def _note(
    connection: Connection,
    comparison: Comparison,
    action: str,
    schedule: Schedule,
    fields: tuple[str, ...] = (),
) -> None:
    audit.note(
        connection,
        at=comparison.now,
        actor=comparison.actor,
        action=action,
        subject=("schedule", schedule.id),
        workspace_id=schedule.workspace_id,
        detail={"name": schedule.name, "changes": list(fields)},
    )
