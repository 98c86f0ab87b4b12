"""Schedules as JSON, and their next slots as people read them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from autopilot.cli import output

if TYPE_CHECKING:
    from uuid import UUID

    from autopilot.domain.recurrence.slots import Slot
    from autopilot.domain.schedule import Schedule
    from autopilot.service.context import App
    from autopilot.service.schedules import ScheduleDetail

SLOTS_SHOWN = 3


def schedule_values(schedule: Schedule, specification: str) -> dict[str, Any]:
    """Return a schedule as JSON; its next slots come from `detail_values`."""
    from autopilot.domain.instants import iso

    return {
        "id": str(schedule.id),
        "name": schedule.name,
        "specification": specification,
        "workspace_id": str(schedule.workspace_id),
        "type": schedule.type,
        "config": dict(schedule.config),
        "timezone": schedule.timezone,
        "description": _sentence(schedule),
        "status": schedule.status.value,
        "reason": schedule.status_reason,
        "enabled": schedule.enabled,
        "next_run_at": iso(schedule.next_run_at),
        "due_at": iso(schedule.due_at or schedule.next_run_at),
        "policies": _policies(schedule),
        "categories_override": _plain(schedule.categories_override),
        "regions_override": _plain(schedule.regions_override),
        "cadence_override": schedule.cadence_override,
        "notes": schedule.notes,
        "created_by": schedule.created_by,
        "runs": {
            "total": schedule.run_count,
            "succeeded": schedule.success_count,
            "failed": schedule.failure_count,
            "failed_in_a_row": schedule.consecutive_failures,
        },
        "last_run": {
            "at": iso(schedule.last_run_at),
            "status": schedule.last_run_status,
            "error": schedule.last_run_error,
        },
    }


def detail_values(detail: ScheduleDetail, specification: str) -> dict[str, Any]:
    """Return a schedule with its sentence, warnings and next slots as JSON."""
    return schedule_values(detail.schedule, specification) | {
        "description": detail.description,
        "warnings": list(detail.warnings),
        "next": [slot_values(slot) for slot in detail.upcoming],
    }


def slot_values(slot: Slot) -> dict[str, Any]:
    """Return a slot as JSON: the instant, the wall time asked for, and what is special about it."""
    from autopilot.service.slot_preview import slot_values as without_zone

    return {"zone": slot.zone} | without_zone(slot)


def show_slots(slots: Iterable[Slot]) -> None:
    """Print slots in local time and UTC."""
    rows = [
        (
            output.when(slot.utc, slot.zone),
            f"{slot.utc:%Y-%m-%d %H:%M} UTC",
            "; ".join(flag.text for flag in slot.flags),
        )
        for slot in slots
    ]
    if not rows:
        output.say("No slot is to come.")
        return
    columns = ("Next slots", "In UTC", "Note")
    if not any(note for *_, note in rows):
        columns, rows = columns[:2], [row[:2] for row in rows]  # type: ignore[assignment,misc]
    output.show_table(columns, rows)


def show_schedule(detail: ScheduleDetail, specification: str) -> None:
    """Print a schedule: what it is, its state, what it may surprise with, its next slots."""
    schedule = detail.schedule
    output.say(f"{schedule.name}  ({specification}, {str(schedule.id)[:8]})", style="bold")
    output.say(f"{detail.description}.")
    state = schedule.status.value + (f": {schedule.status_reason}" * bool(schedule.status_reason))
    output.say(f"State: {state}")
    if schedule.consecutive_failures:
        output.say(f"Failed runs in a row: {schedule.consecutive_failures}", style="yellow")
    for label, value in (
        ("Categories", schedule.categories_override),
        ("Regions", schedule.regions_override),
        ("Cadence", schedule.cadence_override),
        ("Notes", schedule.notes),
    ):
        if value:
            output.say(f"{label}: {value if isinstance(value, str) else ', '.join(value)}")
    for sentence in _policy_sentences(schedule):
        output.say(sentence)
    output.warn(detail.warnings)
    if schedule.enabled:
        show_slots(detail.upcoming)
        if schedule.due_at is not None:
            output.say(f"The next run begins at {output.when(schedule.due_at, schedule.timezone)}.")


def show_changed(app: App, schedule_id: UUID, slug: str, word: str, *, as_json: bool) -> None:
    """Print a schedule that has just been changed, with its next slots, for people or programs."""
    from autopilot.service.schedules import get_schedule_detail

    detail = get_schedule_detail(schedule_id, slots=SLOTS_SHOWN, app=app)
    if as_json:
        output.show_json(detail_values(detail, slug))
        return
    output.say(f"{word}:", style="bold green")
    show_schedule(detail, slug)


def _sentence(schedule: Schedule) -> str | None:
    from autopilot.domain.recurrence.describe import describe
    from autopilot.errors import RuleInvalid

    try:
        return describe(schedule.rule)
    except RuleInvalid:
        return None


def _policies(schedule: Schedule) -> dict[str, Any]:
    """The policies, complete; where the stored ones cannot be read, as they are stored."""
    from autopilot.errors import RuleInvalid

    try:
        return schedule.policy.model_dump(mode="json")
    except RuleInvalid:
        return dict(schedule.policies)


def _policy_sentences(schedule: Schedule) -> tuple[str, ...]:
    from autopilot.domain.policy_words import policy_sentences
    from autopilot.errors import RuleInvalid

    try:
        return tuple(policy_sentences(schedule.policy))
    except RuleInvalid:
        return ()  # the description says already that it cannot be used


def _plain(values: tuple[str, ...] | None) -> list[str] | None:
    return None if values is None else list(values)
