"""Readers: to whom a delivery went, which is all that the link in its mail may tell."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, select

from autopilot.store.tables import deliveries, newsletter_specifications, workspaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One address that got an issue by mail: which newsletter's, and whose that is."""

    delivery_id: UUID
    workspace_id: UUID
    workspace: str
    brand: dict[str, object]
    specification_id: UUID
    specification: str
    newsletter: str
    address: str
    name: str
    mailbox: str


def reader_of(connection: Connection, delivery_id: UUID) -> Reader | None:
    """Return who a mail went to; None for what is no delivery by mail."""
    query = (
        select(
            deliveries.c.id,
            deliveries.c.workspace_id,
            workspaces.c.name.label("workspace"),
            workspaces.c.brand,
            deliveries.c.specification_id,
            newsletter_specifications.c.slug,
            newsletter_specifications.c.document,
            deliveries.c.address,
            deliveries.c.name.label("reader"),
            deliveries.c.target,
        )
        .join(workspaces, workspaces.c.id == deliveries.c.workspace_id)
        .join(
            newsletter_specifications,
            newsletter_specifications.c.id == deliveries.c.specification_id,
        )
        .where(deliveries.c.id == delivery_id, deliveries.c.channel == "email")
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    return Reader(
        delivery_id=row.id,
        workspace_id=row.workspace_id,
        workspace=row.workspace,
        brand=row.brand,
        specification_id=row.specification_id,
        specification=row.slug,
        newsletter=row.document["name"],
        address=row.address,
        name=row.reader,
        mailbox=row.target,
    )
