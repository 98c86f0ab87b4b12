"""Delegation: nobody gives others, by a token or as members, what they do not have themselves."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from autopilot.domain.access import Grant, Right
from autopilot.errors import Forbidden, InputRefused, Problem
from autopilot.service.access.reach import Reach
from autopilot.service.access.tokens import list_tokens

_HINT = "An admin who has it gives it."


def refuse_more(reach: Reach, workspace_id: UUID, wanted: Grant) -> None:
    """Raise Forbidden unless the principal has every right of a grant in this workspace."""
    for right in Right:
        if wanted.allows(right) and not reach.may(right, workspace_id):
            raise Forbidden(
                f"{reach.actor} lacks the right to {right.value} here and cannot give it.",
                hint=_HINT,
            )


def refuse_longer(reach: Reach, workspace_id: UUID, expires_at: datetime | None) -> None:
    """Raise InputRefused where a token would outlive the token that makes it."""
    mine = reach.principal.token_id
    if mine is None:
        return
    known = list_tokens(reach.app, workspace_id)
    end = next((it.expires_at for it in known if it.id == mine), None)
    if end is not None and (expires_at is None or expires_at > end):
        problem = Problem(
            path="expires_at",
            message="is later than the end of the token that asks",
            allowed=f"at most {end.isoformat()}",
        )
        raise InputRefused("The token cannot be made:", [problem])
