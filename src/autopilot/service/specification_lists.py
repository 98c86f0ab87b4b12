"""Lists of specifications, a page at a time: what somebody may read of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from autopilot.errors import InputRefused, Problem
from autopilot.service.access.reach import Reach
from autopilot.service.listing import Listed
from autopilot.store import specifications
from autopilot.store.specifications import SpecificationRow

STATUSES = (specifications.ACTIVE, specifications.CANCELLED)


def specifications_page(
    reach: Reach,
    *,
    workspace_id: UUID | None = None,
    status: str | None = specifications.ACTIVE,
    text: str = "",
    after: Sequence[Any] | None = None,
    limit: int = 50,
) -> Listed[SpecificationRow]:
    """List specifications by slug; `text` is looked for in name and slug, status None is any."""
    if workspace_id is not None:
        inside: Sequence[UUID] | None = [reach.workspace(workspace_id).id]
    else:
        inside = None if reach.principal.is_operator else tuple(reach.principal.grants)
    with reach.app.database.read() as connection:
        found = specifications.specifications_after(
            connection,
            workspace_ids=inside,
            status=status,
            text=text.strip(),
            after=_place(after),
            limit=limit + 1,
        )
    if len(found) <= limit:
        return Listed(items=found)
    last = found[limit - 1]
    return Listed(items=found[:limit], next=(last.slug, str(last.id)))


def _place(after: Sequence[Any] | None) -> tuple[str, UUID] | None:
    if after is None:
        return None
    try:
        slug, identity = after
        if not isinstance(slug, str) or "\0" in slug:
            raise ValueError
        return slug, UUID(str(identity))
    except (TypeError, ValueError):
        problem = Problem(path="cursor", message="is not the `next` of a page")
        raise InputRefused("The page cannot be found:", [problem]) from None
