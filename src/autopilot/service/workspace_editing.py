"""Workspaces as an operator creates them and an admin changes them; checked as a file's are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection

from autopilot.domain.specification import WorkspaceDocument
from autopilot.errors import Conflict, DocumentInvalid, NotFound, Problem
from autopilot.service.configuration.reading import checked
from autopilot.service.configuration.yaml_text import YamlText
from autopilot.service.context import App
from autopilot.store import audit, workspaces
from autopilot.store.workspaces import Workspace

EDITABLE = ("name", "timezone", "brand", "budget", "owners")


def create_workspace(app: App, slug: str, values: Mapping[str, Any], *, actor: str) -> Workspace:
    """Add a workspace; `values` has keys of EDITABLE. Raises DocumentInvalid with every problem at
    once, Conflict where the slug is taken.
    """
    wanted = _workspace(uuid4(), _checked(slug, values))
    with app.database.begin() as connection:
        if workspaces.find_workspace(connection, wanted.slug) is not None:
            raise Conflict(
                f"There is a workspace {wanted.slug!r} already.", hint="Take another slug."
            )
        workspaces.add_workspace(connection, wanted)
        _note(connection, app, wanted, "workspace.created", actor, sorted(values))
    return wanted


def change_workspace(
    app: App,
    workspace_id: UUID,
    changes: Mapping[str, Any],
    *,
    actor: str,
    seen: str | None = None,
) -> Workspace:
    """Change some keys of a workspace and return it; `brand` and `budget` are merged key by key.

    With `seen`, the `fingerprint` it had, it raises Conflict when somebody changed it meanwhile.
    Raises NotFound, and DocumentInvalid with every problem at once.
    """
    with app.database.begin() as connection:
        before = workspaces.get_workspace(connection, workspace_id)
        if before is None:
            raise NotFound(f"There is no workspace {workspace_id}.")
        if seen is not None and seen != fingerprint(before):
            raise Conflict(
                f"Workspace {before.slug!r} was changed by somebody else meanwhile.",
                hint="Look at it again and repeat your change.",
            )
        wanted = _workspace(before.id, _checked(before.slug, _merged(before, changes)))
        if wanted != before:
            workspaces.save_workspace(connection, wanted)
            _note(connection, app, wanted, "workspace.edited", actor, sorted(changes))
    return wanted


def fingerprint(workspace: Workspace) -> str:
    """Return what tells this state of a workspace from any other, for who edits it later."""
    text = json.dumps(values_of(workspace), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def values_of(workspace: Workspace) -> dict[str, Any]:
    """Return what can be changed of a workspace, as JSON."""
    return {
        "name": workspace.name,
        "timezone": workspace.timezone,
        "brand": workspace.brand.model_dump(mode="json"),
        "budget": workspace.budget.model_dump(mode="json"),
        "owners": list(workspace.owners),
    }


def _merged(before: Workspace, changes: Mapping[str, Any]) -> dict[str, Any]:
    kept = values_of(before)
    for key, value in changes.items():
        known = kept.get(key)
        kept[key] = known | value if isinstance(known, dict) and isinstance(value, dict) else value
    return kept


def _checked(slug: str, values: Mapping[str, Any]) -> WorkspaceDocument:
    unknown = [
        Problem(path=key, message="cannot be set", allowed=", ".join(EDITABLE))
        for key in values
        if key not in EDITABLE
    ]
    document, problems = checked(YamlText({**values, "workspace": slug}))
    if document is None or problems or unknown:
        raise DocumentInvalid("The workspace cannot be saved as it is:", [*unknown, *problems])
    return document


def _workspace(identity: UUID, document: WorkspaceDocument) -> Workspace:
    return Workspace(
        id=identity,
        slug=document.workspace,
        name=document.name,
        timezone=document.timezone,
        brand=document.brand,
        budget=document.budget,
        owners=document.owners,
    )


def _note(
    connection: Connection,
    app: App,
    workspace: Workspace,
    action: str,
    actor: str,
    keys: list[str],
) -> None:
    audit.note(
        connection,
        at=app.clock(),
        actor=actor,
        action=action,
        subject=("workspace", workspace.id),
        workspace_id=workspace.id,
        detail={"name": workspace.slug, "changes": keys},
    )
