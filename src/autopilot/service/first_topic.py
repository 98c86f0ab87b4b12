"""The first topic: a starter pack becomes a newsletter, with a name, a zone and a language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from autopilot.adapters.packs import DEFAULT_PACK
from autopilot.domain.access import Right
from autopilot.domain.specification import WorkspaceDocument
from autopilot.errors import Conflict, DocumentInvalid
from autopilot.service.access.reach import Reach
from autopilot.service.configuration.applying import apply_document
from autopilot.service.configuration.reading import checked
from autopilot.service.configuration.yaml_text import YamlText
from autopilot.service.first_samples import pack_of
from autopilot.service.packs import pack_document
from autopilot.service.specifying import (
    cancel_specification,
    change_specification,
    create_specification,
)
from autopilot.store import schedules
from autopilot.store.specifications import SpecificationRow
from autopilot.store.workspaces import Workspace

LANGUAGES: Mapping[str, str] = {
    "en": "English",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "ar": "العربية",
    "he": "עברית",
}
"""The languages in which an issue's own words are written, by tag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What somebody chose. `pack` is None where a specification is there that was made of none."""

    pack: str | None
    name: str
    zone: str
    language: str


def choose_topic(reach: Reach, workspace_id: UUID | None, topic: Topic) -> Workspace:
    """Let a workspace have this newsletter, and return the workspace; a second time changes it.

    Without a workspace one is made, which only an operator may. Another pack takes the place of the
    newsletter that was chosen before; Conflict where that one is on autopilot already.
    """
    if workspace_id is None:
        return _with_workspace(reach, topic)
    workspace = reach.workspace(workspace_id, Right.EDIT)
    before = _chosen_before(reach, workspace.id)
    pack = None if before is None else pack_of(before)
    if before is not None and topic.pack in (None, pack):
        wanted = {"name": topic.name, "language": topic.language}
        change_specification(reach.app, before.id, wanted, actor=reach.actor, seen=None)
    elif topic.pack is not None:
        if before is not None:
            _take_away(reach, before)
        create_specification(
            reach.app, workspace.id, _document(topic.pack, topic), actor=reach.actor
        )
    if reach.may(Right.MANAGE, workspace.id):
        _keep_up(reach, workspace, before, topic)
    return reach.workspace(workspace.id)


def _keep_up(
    reach: Reach, workspace: Workspace, before: SpecificationRow | None, topic: Topic
) -> None:
    """Let the workspace's zone follow, and what readers see at the top where it was the old name."""
    values: dict[str, Any] = {"workspace": workspace.slug, "name": workspace.name}
    if before is not None and workspace.brand.name == before.document.name:
        values["brand"] = {"name": topic.name}
    _apply(reach, _whole(values, topic.zone))


def make_workspace(reach: Reach, zone: str) -> Workspace:
    """Make a workspace for newsletters that are to be made by hand, and return it; twice is once."""
    reach.operate()
    _apply(reach, _whole({"workspace": "newsletters", "name": "Newsletters"}, zone))
    return reach.workspace("newsletters")


def tell_owner(reach: Reach, workspace_id: UUID, address: str) -> Workspace:
    """Let one more address hear of failures."""
    workspace = reach.workspace(workspace_id, Right.MANAGE)
    if address not in workspace.owners:
        owners = [*workspace.owners, address]
        _apply(
            reach,
            _checked({"workspace": workspace.slug, "name": workspace.name, "owners": owners}),
        )
    return reach.workspace(workspace.id)


def _with_workspace(reach: Reach, topic: Topic) -> Workspace:
    reach.operate()
    name = topic.pack or DEFAULT_PACK
    pack = pack_document(name)
    first = pack.specifications[0]
    is_renamed = topic.name != first.name
    values: dict[str, Any] = {
        "workspace": pack.workspace,
        "name": topic.name if is_renamed else pack.name,
        "brand": pack.brand.model_dump(mode="json", exclude_unset=True)
        | ({"name": topic.name} if is_renamed else {}),
        "specifications": [_document(name, topic)],
    }
    _apply(reach, _whole(values, topic.zone))
    return reach.workspace(pack.workspace)


def _document(pack: str, topic: Topic) -> dict[str, Any]:
    first = pack_document(pack).specifications[0]
    values = first.model_dump(mode="json", exclude_unset=True, exclude={"schedules"})
    return values | {"name": topic.name, "language": topic.language}


def _whole(values: Mapping[str, Any], zone: str) -> WorkspaceDocument:
    return _checked({**values, "timezone": zone})


def _checked(values: Mapping[str, Any]) -> WorkspaceDocument:
    document, problems = checked(YamlText(dict(values)))
    if document is None or problems:
        raise DocumentInvalid("This cannot be saved as it is:", problems)
    return document


def _apply(reach: Reach, document: WorkspaceDocument) -> None:
    apply_document(reach.app, document, actor=reach.actor)


def _chosen_before(reach: Reach, workspace_id: UUID) -> SpecificationRow | None:
    from autopilot.service.first_steps import standing

    return standing(reach, workspace_id).specification


def _take_away(reach: Reach, row: SpecificationRow) -> None:
    with reach.app.database.read() as connection:
        is_on = schedules.list_schedules(connection, specification_id=row.id, enabled=True)
    if is_on:
        raise Conflict(
            f"{row.document.name} is on autopilot already.",
            hint="Make another newsletter beside it on the page Specifications.",
        )
    cancel_specification(reach.app, row.id, actor=reach.actor)
