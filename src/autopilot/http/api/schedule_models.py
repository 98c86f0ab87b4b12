"""Schedules as the API takes and shows them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import Field

from autopilot.domain.document import Identifier, Line, Paragraph, Zone
from autopilot.domain.policies import CatchUp, Fold, Gap, Overlap, Policies
from autopilot.domain.recurrence.describe import describe
from autopilot.domain.review import Review
from autopilot.domain.schedule import Schedule, ScheduleStatus
from autopilot.domain.specification import Cadence, ScheduleDocument
from autopilot.errors import RuleInvalid
from autopilot.http.api.answers import Given, Instant, Reason, Shown
from autopilot.http.api.previews import SlotOut
from autopilot.service.slot_preview import slot_values

if TYPE_CHECKING:
    from autopilot.service.schedules import ScheduleDetail

_SPECIFICATION = "6f2a1f2e-0c1b-4f0e-9a55-0d3c0b7f1a11"
EXAMPLE: dict[str, Any] = {
    "specification_id": _SPECIFICATION,
    "name": "Monday nine",
    "type": "weekly",
    "config": {"days": ["mon"], "times": ["09:00"]},
    "timezone": "Europe/Berlin",
    "retries": 5,
}
CHANGE_EXAMPLE: dict[str, Any] = {
    "version": 1,
    "config": {"days": ["mon"], "times": ["10:00"]},
}
BACKFILL_EXAMPLE: dict[str, Any] = {"from": "2026-10-20T00:00:00Z", "to": "2026-11-20T00:00:00Z"}


class ScheduleIn(ScheduleDocument):
    """A schedule to create: its keys are those of a configuration file, policies beside them."""

    specification_id: UUID


class ScheduleChange(Given):
    """What to change of a schedule; what is not named stays. Policies of null have their default."""

    version: int | None = Field(
        default=None, ge=1, le=2**31 - 1, description="The version that the edit began with."
    )
    name: Line = Field(default_factory=str)
    type: str = Field(default_factory=str)
    config: dict[str, Any] = Field(default_factory=dict)
    timezone: Zone = Field(default_factory=str)
    categories_override: list[Identifier] | None = None
    regions_override: list[Identifier] | None = None
    cadence_override: Cadence | None = None
    notes: Paragraph | None = None
    gap: Gap | None = None
    fold: Fold | None = None
    jitter_seconds: int | None = Field(default=None, ge=0, le=3_600)
    catch_up: CatchUp | None = None
    max_lateness_minutes: int | None = Field(default=None, ge=1, le=44_640)
    overlap: Overlap | None = None
    period_guard: bool | None = None
    lead_minutes: int | None = Field(default=None, ge=0, le=10_080)
    retries: int | None = Field(default=None, ge=0, le=10)
    pause_after_failures: int | None = Field(default=None, ge=0, le=1_000)
    priority: int | None = Field(default=None, ge=-100, le=100)
    review: Review | None = None


class PauseIn(Given):
    """Why a schedule is paused."""

    reason: Reason = ""


class SkipIn(Given):
    """Which version of the schedule whoever skips its next slot has seen."""

    version: int | None = Field(default=None, ge=1, le=2**31 - 1)


class BackfillIn(Given):
    """A span of the past: slots after `from` and up to `to`."""

    from_: Instant = Field(alias="from")
    to: Instant | None = None


class RunCounts(Shown):
    """How often it ran, by how that ended; a skipped slot counts in `total` only."""

    total: int
    succeeded: int
    failed: int
    failed_in_a_row: int


class LastRun(Shown):
    """How its last run ended."""

    at: datetime | None
    status: str | None
    error: str | None


class ScheduleBrief(Shown):
    """A schedule in a list."""

    id: UUID
    workspace_id: UUID
    specification_id: UUID
    name: str
    type: str
    config: dict[str, Any]
    timezone: str
    description: str = Field(description="The rule in words, or why it cannot be used.")
    status: ScheduleStatus
    reason: str | None = Field(description="Why it is paused or out of service.")
    enabled: bool
    next_run_at: datetime | None = Field(description="Its next slot; null while it is off.")
    due_at: datetime | None = Field(description="When the next run may begin.")
    last_run: LastRun
    runs: RunCounts
    created_by: str
    version: int = Field(description="Grows with every edit; see `If-Match`.")


class ScheduleOut(ScheduleBrief):
    """A schedule in full; `policies` is complete, `given_policies` what somebody set."""

    categories_override: list[str] | None
    regions_override: list[str] | None
    cadence_override: str | None
    notes: str | None
    policies: dict[str, Any]
    given_policies: dict[str, Any]
    warnings: list[str]
    next: list[SlotOut]


class DeedOut(Shown):
    """One line of the audit log."""

    at: datetime
    actor: str
    action: str
    detail: dict[str, Any]


def schedule_brief(it: Schedule) -> ScheduleBrief:
    """Return a schedule for a list."""
    return ScheduleBrief(**_values(it, _sentence(it)))


def schedule_out(detail: ScheduleDetail) -> ScheduleOut:
    """Return a schedule in full."""
    it = detail.schedule
    return ScheduleOut(
        **_values(it, detail.description),
        categories_override=_listed(it.categories_override),
        regions_override=_listed(it.regions_override),
        cadence_override=it.cadence_override,
        notes=it.notes,
        policies=_complete(it),
        given_policies=dict(it.policies),
        warnings=list(detail.warnings),
        next=[SlotOut(**slot_values(slot)) for slot in detail.upcoming],
    )


def _values(it: Schedule, description: str) -> dict[str, Any]:
    return {
        "id": it.id,
        "workspace_id": it.workspace_id,
        "specification_id": it.specification_id,
        "name": it.name,
        "type": it.type,
        "config": dict(it.config),
        "timezone": it.timezone,
        "description": description,
        "status": it.status,
        "reason": it.status_reason,
        "enabled": it.enabled,
        "next_run_at": it.next_run_at,
        "due_at": it.due_at or it.next_run_at,
        "last_run": LastRun(at=it.last_run_at, status=it.last_run_status, error=it.last_run_error),
        "runs": RunCounts(
            total=it.run_count,
            succeeded=it.success_count,
            failed=it.failure_count,
            failed_in_a_row=it.consecutive_failures,
        ),
        "created_by": it.created_by,
        "version": it.version,
    }


def _sentence(it: Schedule) -> str:
    try:
        return describe(it.rule)
    except RuleInvalid as error:
        return f"This rule cannot be used: {error}"


def _complete(it: Schedule) -> dict[str, Any]:
    try:
        policy: Policies = it.policy
    except RuleInvalid:
        return dict(it.policies)
    return policy.model_dump(mode="json")


def _listed(values: tuple[str, ...] | None) -> list[str] | None:
    return None if values is None else list(values)
