"""Workspaces: who a newsletter belongs to, and the look and zone its issues take by default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select, update

from autopilot.domain.editorial import Budget
from autopilot.domain.specification import Brand
from autopilot.store.tables import workspaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """One row of `workspaces`; `owners` are the mail addresses of those who hear of failures."""

    id: UUID
    slug: str
    name: str
    timezone: str
    brand: Brand
    budget: Budget = field(default_factory=Budget)
    owners: tuple[str, ...] = ()


def add_workspace(connection: Connection, workspace: Workspace) -> None:
    """Insert a workspace."""
    connection.execute(
        insert(workspaces).values(id=workspace.id, slug=workspace.slug, **_columns(workspace))
    )


def save_workspace(connection: Connection, workspace: Workspace) -> None:
    """Write name, zone, brand, budget and owners of a workspace; its slug is its identity and stays."""
    connection.execute(
        update(workspaces).where(workspaces.c.id == workspace.id).values(**_columns(workspace))
    )


def get_workspace(connection: Connection, workspace_id: UUID) -> Workspace | None:
    """Return the workspace with this id."""
    row = connection.execute(select(workspaces).where(workspaces.c.id == workspace_id)).first()
    return None if row is None else _workspace(row)


def find_workspace(connection: Connection, slug: str) -> Workspace | None:
    """Return the workspace with this slug."""
    row = connection.execute(select(workspaces).where(workspaces.c.slug == slug)).first()
    return None if row is None else _workspace(row)


def list_workspaces(connection: Connection) -> Sequence[Workspace]:
    """Return all workspaces by slug."""
    return [
        _workspace(row)
        for row in connection.execute(select(workspaces).order_by(workspaces.c.slug))
    ]


def _columns(workspace: Workspace) -> dict[str, object]:
    return {
        "name": workspace.name,
        "timezone": workspace.timezone,
        "brand": workspace.brand.model_dump(mode="json"),
        "budget": workspace.budget.model_dump(mode="json"),
        "owners": list(workspace.owners),
    }


def _workspace(row: Row[Any]) -> Workspace:
    return Workspace(
        id=row.id,
        slug=row.slug,
        name=row.name,
        timezone=row.timezone,
        brand=Brand.model_validate(row.brand),
        budget=Budget.model_validate(row.budget),
        owners=tuple(row.owners),
    )
