"""Usage: what model calls took, one row a call, written before the call as its most and mended after it.

So money is counted that was promised and not yet spent: runs side by side cannot spend it twice,
and a call whose worker died stays counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Connection, delete, exists, func, insert, select, update

from autopilot.domain.notice import NoticeKind
from autopilot.domain.usage import Usage
from autopilot.store.tables import notices, usage, workspaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One model call before it is made: the most it can take (`micro_usd` None: price unknown)."""

    workspace_id: UUID
    specification_id: UUID
    run_id: UUID
    model: str
    input_tokens: int
    output_tokens: int
    micro_usd: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Known money in millionths of a dollar, and all tokens."""

    micro_usd: int
    tokens: int


def hold_workspace(connection: Connection, workspace_id: UUID) -> None:
    """Make other transactions that spend for this workspace wait; SQLite has one writer anyway."""
    query = select(workspaces.c.id).where(workspaces.c.id == workspace_id)
    connection.execute(query.with_for_update())


def add_call(connection: Connection, call: Call) -> UUID:
    """Count a call before it is made, and return its row's id."""
    call_id = uuid4()
    connection.execute(
        insert(usage).values(
            id=call_id,
            workspace_id=call.workspace_id,
            specification_id=call.specification_id,
            run_id=call.run_id,
            model=call.model,
            calls=1,
            input_tokens=call.input_tokens,
            output_tokens=call.output_tokens,
            micro_usd=call.micro_usd,
            at=call.at,
        )
    )
    return call_id


def settle_call(
    connection: Connection,
    call_id: UUID,
    *,
    input_tokens: int,
    output_tokens: int,
    micro_usd: int | None,
) -> None:
    """Write what a call really took."""
    connection.execute(
        update(usage)
        .where(usage.c.id == call_id)
        .values(input_tokens=input_tokens, output_tokens=output_tokens, micro_usd=micro_usd)
    )


def drop_call(connection: Connection, call_id: UUID) -> None:
    """Forget a call that took nothing."""
    connection.execute(delete(usage).where(usage.c.id == call_id))


def spent_since(connection: Connection, workspace_id: UUID, since: datetime) -> Spent:
    """Return what a workspace has spent from this instant on."""
    return _sum(connection, usage.c.workspace_id == workspace_id, usage.c.at >= since)


def spent_in(connection: Connection, run_id: UUID) -> Spent:
    """Return what a run has spent, in all its attempts."""
    return _sum(connection, usage.c.run_id == run_id)


def usage_of(connection: Connection, run_id: UUID) -> tuple[Usage, ...]:
    """Return what a run took of each model, in all its attempts."""
    counted = (
        usage.c.model,
        func.sum(usage.c.calls).label("calls"),
        func.sum(usage.c.input_tokens).label("input_tokens"),
        func.sum(usage.c.output_tokens).label("output_tokens"),
        func.sum(usage.c.micro_usd).label("micro_usd"),
    )
    query = select(*counted).where(usage.c.run_id == run_id).group_by(usage.c.model)
    return tuple(
        Usage(
            model=row.model,
            calls=int(row.calls),
            input_tokens=int(row.input_tokens),
            output_tokens=int(row.output_tokens),
            micro_usd=None if row.micro_usd is None else int(row.micro_usd),
        )
        for row in connection.execute(query.order_by(usage.c.model))
    )


def was_told_of_budget(connection: Connection, workspace_id: UUID, since: datetime) -> bool:
    """Say whether the owner has heard since this instant that the money ran out."""
    query = select(
        exists().where(
            notices.c.workspace_id == workspace_id,
            notices.c.kind == NoticeKind.BUDGET.value,
            notices.c.at >= since,
        )
    )
    return bool(connection.execute(query).scalar())


def _sum(connection: Connection, *where: ColumnElement[bool]) -> Spent:
    money = func.coalesce(func.sum(usage.c.micro_usd), 0)
    tokens = func.coalesce(func.sum(usage.c.input_tokens + usage.c.output_tokens), 0)
    row = connection.execute(select(money, tokens).where(*where)).one()
    return Spent(micro_usd=int(row[0]), tokens=int(row[1]))
