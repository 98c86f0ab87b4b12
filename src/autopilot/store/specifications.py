"""Specifications: what a newsletter is about, kept as its checked document; sources have rows of their own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, and_, func, insert, or_, select, update

from autopilot.domain.specification import Cadence, Specification
from autopilot.store.bulk import BulkSelect
from autopilot.store.tables import newsletter_specifications as table

ACTIVE, CANCELLED = "active", "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecificationRow:
    """One row of `newsletter_specifications`. `document` has no sources: they are rows."""

    id: UUID
    workspace_id: UUID
    slug: str
    status: str
    document: Specification


def add_specification(connection: Connection, row: SpecificationRow) -> None:
    """Insert a specification; its sources are added one by one."""
    connection.execute(
        insert(table).values(
            id=row.id,
            workspace_id=row.workspace_id,
            slug=row.slug,
            document=_stored(row.document),
            status=row.status,
        )
    )


def save_specification(
    connection: Connection, specification_id: UUID, document: Specification
) -> None:
    """Write a specification's document; a cancelled one is active again."""
    connection.execute(
        update(table)
        .where(table.c.id == specification_id)
        .values(document=_stored(document), status=ACTIVE)
    )


def cancel_specification(connection: Connection, specification_id: UUID) -> None:
    """Mark a specification as cancelled; its issues and runs stay."""
    connection.execute(update(table).where(table.c.id == specification_id).values(status=CANCELLED))


def get_specification(
    connection: Connection, specification_id: UUID, *, locked: bool = False
) -> SpecificationRow | None:
    """Return the specification with this id, cancelled or not; `locked` until the transaction ends."""
    query = select(table).where(table.c.id == specification_id)
    row = connection.execute(query.with_for_update() if locked else query).first()
    return None if row is None else _row(row)


def cadences(connection: Connection, specification_ids: Iterable[UUID]) -> Mapping[UUID, Cadence]:
    """Return the cadence of each of these specifications."""
    found = _CADENCES.execute(connection, list(specification_ids))
    return {row[0]: Cadence(row[1]) for row in found}


def list_specifications(
    connection: Connection,
    *,
    workspace_id: UUID | None = None,
    slug: str | None = None,
    with_cancelled: bool = False,
) -> Sequence[SpecificationRow]:
    """Return specifications by slug, of one workspace or of all."""
    query = select(table).order_by(table.c.slug, table.c.id)
    if workspace_id is not None:
        query = query.where(table.c.workspace_id == workspace_id)
    if slug is not None:
        query = query.where(table.c.slug == slug)
    if not with_cancelled:
        query = query.where(table.c.status == ACTIVE)
    return [_row(row) for row in connection.execute(query)]


def specifications_after(
    connection: Connection,
    *,
    workspace_ids: Collection[UUID] | None,
    status: str | None = None,
    text: str = "",
    after: tuple[str, UUID] | None = None,
    limit: int,
) -> Sequence[SpecificationRow]:
    """Return specifications by slug, from after this slug and id on; None for all workspaces.

    `text` stands in the name or the slug, whatever the case.
    """
    query = select(table).order_by(table.c.slug, table.c.id).limit(limit)
    if workspace_ids is not None:
        query = query.where(table.c.workspace_id.in_(workspace_ids))
    if status is not None:
        query = query.where(table.c.status == status)
    if text:
        name = func.lower(table.c.document["name"].as_string())
        query = query.where(
            or_(
                name.contains(text.lower(), autoescape=True),
                table.c.slug.contains(text.lower(), autoescape=True),
            )
        )
    if after is not None:
        slug, identity = after
        query = query.where(
            or_(table.c.slug > slug, and_(table.c.slug == slug, table.c.id > identity))
        )
    return [_row(row) for row in connection.execute(query)]


def _stored(document: Specification) -> dict[str, object]:
    return document.model_dump(mode="json", include=set(Specification.model_fields) - {"sources"})


def _row(row: Row[Any]) -> SpecificationRow:
    return SpecificationRow(
        id=row.id,
        workspace_id=row.workspace_id,
        slug=row.slug,
        status=row.status,
        document=Specification.model_validate(row.document),
    )


# Of a whole document only the word that is asked for.
_CADENCES = BulkSelect(
    table.c.id,
    lambda is_one: select(table.c.id, table.c.document["cadence"].as_string()).where(is_one),
)
