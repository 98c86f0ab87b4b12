"""A notice: what an owner should hear of. Readers never get one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class NoticeKind(StrEnum):
    """What happened: an issue failed, slots were missed, a schedule was paused for its failures or
    works again; an issue was held back or nobody approved it in time, a source needs care, the money
    for model calls ran out.
    """

    FAILED = "failed"
    MISSED = "missed"
    PAUSED = "paused"
    RECOVERED = "recovered"
    HELD = "held"
    EXPIRED = "expired"
    SOURCE = "source"
    BUDGET = "budget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One event of one schedule, told once for each outage; `message` is a sentence for people."""

    workspace_id: UUID
    specification_id: UUID | None
    schedule_id: UUID | None
    run_id: UUID | None
    kind: NoticeKind
    message: str
    at: datetime
