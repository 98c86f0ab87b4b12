"""The overview of schedules: what people choose from, what was done to one, and who hears of faults."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from autopilot.domain.schedule import Schedule, ScheduleStatus
from autopilot.domain.specification import Specification
from autopilot.service.access.reach import Reach
from autopilot.service.telling import mail_address_in
from autopilot.store import audit, schedule_overview
from autopilot.store.audit import Deed

__all__ = [
    "Choices",
    "Deed",
    "Hearing",
    "choices",
    "deeds_on",
    "document_of",
    "names_of",
    "who_hears",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a list of schedules can be narrowed by; `counts` has every status that there is one of."""

    specifications: Mapping[UUID, str]
    owners: Sequence[str]
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """How many there are, without cancelled ones."""
        return sum(n for status, n in self.counts.items() if status != ScheduleStatus.CANCELLED)


def choices(reach: Reach, workspace_ids: Iterable[UUID]) -> Choices:
    """Return the choices in workspaces that the principal may read; raises NotFound for others."""
    inside = [reach.workspace(identity).id for identity in workspace_ids]
    with reach.app.database.read() as connection:
        return Choices(
            specifications=dict(schedule_overview.specifications_in(connection, inside)),
            owners=schedule_overview.owners_in(connection, inside),
            counts=schedule_overview.counts_in(connection, inside),
        )


def names_of(reach: Reach, schedules: Collection[Schedule]) -> Mapping[UUID, str]:
    """Return the names of the specifications of schedules that the principal was given to read."""
    wanted = {schedule.specification_id for schedule in schedules}
    with reach.app.database.read() as connection:
        return schedule_overview.specification_names(connection, wanted)


def document_of(reach: Reach, specification_id: UUID) -> Specification:
    """Return what a specification says; raises NotFound."""
    return reach.specification(specification_id).document


def deeds_on(reach: Reach, schedule_id: UUID) -> Sequence[Deed]:
    """Return who changed what of a schedule and when, newest first."""
    schedule = reach.schedule(schedule_id)
    with reach.app.database.read() as connection:
        return list(reversed(audit.deeds_on(connection, schedule.workspace_id, schedule.id)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """Who is written to when a schedule fails; with nobody, `why_not` says so and what would help."""

    addresses: tuple[str, ...] = ()
    webhook: bool = False
    why_not: str | None = None

    @property
    def is_heard(self) -> bool:
        """Whether anybody hears."""
        return bool(self.addresses) or self.webhook


def who_hears(reach: Reach, schedule: Schedule) -> Hearing:
    """Return who hears when a schedule fails: the owners, else who made it, and the webhook."""
    app = reach.app
    webhook = bool(app.settings.notice_webhook)
    owners = reach.workspace(schedule.workspace_id).owners
    listed = tuple(owners) or tuple(mail_address_in(schedule.created_by))
    if app.post is None:
        why = (
            "no mail relay is set up (AUTOPILOT_SMTP_URL), so it is only shown here and in the log"
        )
        return Hearing(webhook=webhook, why_not=why)
    if not listed:
        why = "the workspace has no owners; an admin adds them under Settings"
        return Hearing(webhook=webhook, why_not=why)
    return Hearing(addresses=listed, webhook=webhook)
