"""Reach: the one guard of pages and routes. Everything a person or program touches is had from here.

What lies in a workspace that is not theirs is answered like what does not exist; what is theirs to
see and not to change says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Connection

from autopilot.domain.access import Grant, Principal, Right
from autopilot.domain.delivery import Delivery
from autopilot.domain.run import Run
from autopilot.domain.schedule import Schedule
from autopilot.domain.subscriber import Subscriber
from autopilot.errors import Forbidden, NotFound
from autopilot.service.context import App
from autopilot.store import (
    deliveries,
    issues,
    runs,
    schedules,
    sources,
    specifications,
    subscribers,
    workspaces,
)
from autopilot.store.issues import IssueRow
from autopilot.store.sources import SourceRow
from autopilot.store.specifications import SpecificationRow
from autopilot.store.workspaces import Workspace

T = TypeVar("T")
_NEEDS = {
    Right.EDIT: "needs the role editor",
    Right.SEND: "needs the right to send",
    Right.MANAGE: "needs the role admin",
    Right.READ: "is not theirs to see",
}


class _OfWorkspace(Protocol):
    @property
    def workspace_id(self) -> UUID: ...


W = TypeVar("W", bound=_OfWorkspace)


@dataclass(frozen=True, slots=True)
class Reach:
    """What one principal can reach. Each verb returns the thing or raises NotFound, or Forbidden."""

    app: App
    principal: Principal

    @property
    def actor(self) -> str:
        """What the audit log calls them."""
        return self.principal.name

    def may(self, right: Right, workspace_id: UUID) -> bool:
        """Whether they have this right there: for what a page offers, never instead of the guard."""
        return self.principal.may(right, workspace_id)

    def operate(self) -> None:
        """Raise Forbidden unless they run the whole installation (users, workspaces, backups)."""
        if not self.principal.is_operator:
            raise Forbidden(
                "This needs an operator, who runs the whole installation.",
                hint="An operator makes others one: autopilot users update EMAIL --operator",
            )

    def require(self, workspace_id: UUID, right: Right, *, missing: str) -> Grant:
        """Return their grant there; `missing` is what NotFound says where they have none."""
        grant = self.principal.grant_in(workspace_id)
        if grant is None:
            raise NotFound(missing)
        if not grant.allows(right):
            raise Forbidden(
                f"This {_NEEDS[right]} in this workspace; {self.principal.name} has the role"
                f" {grant.role.value}.",
                hint="An admin of the workspace gives it.",
            )
        return grant

    def workspaces(self) -> Sequence[Workspace]:
        """Return the workspaces they are in, by slug."""
        with self.app.database.read() as connection:
            found = workspaces.list_workspaces(connection)
        return [item for item in found if self.principal.grant_in(item.id) is not None]

    def workspace(self, name: UUID | str, right: Right = Right.READ) -> Workspace:
        """Return a workspace by id or slug."""
        missing = f"There is no workspace {name}."
        with self.app.database.read() as connection:
            found = (
                workspaces.get_workspace(connection, name)
                if isinstance(name, UUID)
                else workspaces.find_workspace(connection, name)
            )
        if found is None:
            raise NotFound(missing)
        self.require(found.id, right, missing=missing)
        return found

    def specification(self, identity: UUID, right: Right = Right.READ) -> SpecificationRow:
        """Return a specification, a cancelled one too."""
        return self._own("specification", identity, specifications.get_specification, right)

    def source(self, identity: UUID, right: Right = Right.READ) -> SourceRow:
        """Return a source of a specification."""
        with self.app.database.read() as connection:
            found = sources.get_sources(connection, [identity]).get(identity)
            row = (
                None
                if found is None
                else specifications.get_specification(connection, found.specification_id)
            )
        missing = f"There is no source {identity}."
        if found is None or row is None:
            raise NotFound(missing)
        self.require(row.workspace_id, right, missing=missing)
        return found

    def schedule(self, identity: UUID, right: Right = Right.READ) -> Schedule:
        """Return a schedule, a cancelled one too."""
        return self._own("schedule", identity, schedules.get_schedule, right)

    def run(self, identity: UUID, right: Right = Right.READ) -> Run:
        """Return a run."""
        return self._own("run", identity, runs.get_run, right)

    def issue(self, identity: UUID, right: Right = Right.READ) -> IssueRow:
        """Return an issue."""
        return self._own("issue", identity, issues.get_issue, right)

    def delivery(self, identity: UUID, right: Right = Right.READ) -> Delivery:
        """Return a delivery."""
        return self._own("delivery", identity, deliveries.get_delivery, right)

    def subscriber(self, identity: UUID, right: Right = Right.READ) -> Subscriber:
        """Return a subscriber."""
        return self._own("subscriber", identity, subscribers.get_subscriber, right)

    def _own(
        self, noun: str, identity: UUID, get: Callable[[Connection, UUID], W | None], right: Right
    ) -> W:
        missing = f"There is no {noun} {identity}."
        with self.app.database.read() as connection:
            found = get(connection, identity)
        if found is None:
            raise NotFound(missing)
        self.require(found.workspace_id, right, missing=missing)
        return found
