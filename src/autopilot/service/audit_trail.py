"""The audit trail: who changed what in a workspace, and when; for its admins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from autopilot.domain.access import Right
from autopilot.errors import InputRefused, Problem
from autopilot.service.access.reach import Reach
from autopilot.service.listing import Listed
from autopilot.store.audit_trail import Entry, entries_before

NOUNS = (
    "workspace",
    "specification",
    "source",
    "schedule",
    "run",
    "issue",
    "deliveries",
    "subscriber",
    "subscribers",
    "address",
    "channel",
    "member",
    "token",
)
"""The first words of the actions that belong to a workspace."""


def audit_page(
    reach: Reach,
    workspace_id: UUID | None,
    *,
    noun: str = "",
    actor: str = "",
    after: Sequence[Any] | None = None,
    limit: int = 50,
) -> Listed[Entry]:
    """List what was done in a workspace, newest first; with None, what concerns the installation.

    The first needs the right to manage it, the second an operator.
    """
    if workspace_id is None:
        reach.operate()
    else:
        reach.workspace(workspace_id, Right.MANAGE)
    with reach.app.database.read() as connection:
        found = entries_before(
            connection,
            workspace_id,
            noun=noun,
            actor=actor,
            after=_place(after),
            limit=limit + 1,
        )
    shown = found[:limit]
    more = len(found) > limit
    return Listed(items=shown, next=(shown[-1].at.isoformat(), str(shown[-1].id)) if more else None)


def _place(after: Sequence[Any] | None) -> tuple[datetime, UUID] | None:
    if after is None:
        return None
    try:
        at, identity = after
        moment = datetime.fromisoformat(str(at))
        if moment.tzinfo is None:
            raise ValueError
        return moment, UUID(str(identity))
    except (TypeError, ValueError):
        problem = Problem(path="cursor", message="is not the `next` of a page")
        raise InputRefused("The page cannot be found:", [problem]) from None
