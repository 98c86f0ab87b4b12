"""Comparing a document with the store: workspace, specifications and sources.

What the file does not name is left alone: keys keep their stored value, things are listed as left
alone, or cancelled when asked to prune.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

from autopilot.domain.document import Document
from autopilot.domain.specification import (
    Source,
    Specification,
    SpecificationDocument,
    WorkspaceDocument,
)
from autopilot.service.configuration.changes import Action, Change, Comparison, differences
from autopilot.service.configuration.comparing_schedules import cancel_schedule, compare_schedules
from autopilot.store import schedules, sources, specifications, workspaces
from autopilot.store.specifications import SpecificationRow
from autopilot.store.workspaces import Workspace


def compare(comparison: Comparison, document: WorkspaceDocument) -> Iterator[Change]:
    """Yield every change in the order in which it must be written."""
    stored = workspaces.find_workspace(comparison.connection, document.workspace)
    workspace = _wanted_workspace(stored, document)
    yield from _compare_workspace(stored, workspace)
    rows = {
        row.slug: row
        for row in specifications.list_specifications(
            comparison.connection, workspace_id=workspace.id, with_cancelled=True
        )
    }
    for wanted in document.specifications:
        yield from compare_specification(comparison, workspace, rows.get(wanted.slug), wanted)
    named = {wanted.slug for wanted in document.specifications}
    for row in rows.values():
        if row.slug not in named and row.status == specifications.ACTIVE:
            yield from unnamed_specification(comparison, row)


def _wanted_workspace(stored: Workspace | None, document: WorkspaceDocument) -> Workspace:
    if stored is None:
        return Workspace(
            id=uuid4(),
            slug=document.workspace,
            name=document.name,
            timezone=document.timezone,
            brand=document.brand,
            budget=document.budget,
            owners=document.owners,
        )
    given = document.model_fields_set
    return replace(
        stored,
        name=document.name,
        timezone=document.timezone if "timezone" in given else stored.timezone,
        brand=stored.brand.model_copy(update=_given(document.brand)),
        budget=stored.budget.model_copy(update=_given(document.budget)),
        owners=document.owners if "owners" in given else stored.owners,
    )


def _given(part: Document) -> dict[str, object]:
    return part.model_dump(include=part.model_fields_set)


def _compare_workspace(stored: Workspace | None, wanted: Workspace) -> Iterator[Change]:
    if stored is None:
        yield Change(
            action=Action.CREATE,
            kind="workspace",
            name=wanted.slug,
            effect=lambda connection: workspaces.add_workspace(connection, wanted),
        )
        return
    fields = differences(_workspace_values(stored), _workspace_values(wanted))
    if fields:
        yield Change(
            action=Action.CHANGE,
            kind="workspace",
            name=wanted.slug,
            fields=fields,
            effect=lambda connection: workspaces.save_workspace(connection, wanted),
        )


def _workspace_values(workspace: Workspace) -> dict[str, object]:
    parts = {"brand": workspace.brand, "budget": workspace.budget}
    plain = {
        "name": workspace.name,
        "timezone": workspace.timezone,
        "owners": list(workspace.owners),
    }
    return plain | {
        f"{name}.{key}": value
        for name, part in parts.items()
        for key, value in part.model_dump(mode="json").items()
    }


def compare_specification(
    comparison: Comparison,
    workspace: Workspace,
    stored: SpecificationRow | None,
    wanted: SpecificationDocument,
) -> Iterator[Change]:
    """Yield the changes of one specification, its sources and its schedules."""
    document = _merged(stored, wanted)
    row = stored or SpecificationRow(
        id=uuid4(),
        workspace_id=workspace.id,
        slug=wanted.slug,
        status=specifications.ACTIVE,
        document=document,
    )
    if stored is None:
        yield Change(
            action=Action.CREATE,
            kind="specification",
            name=wanted.slug,
            effect=lambda connection: specifications.add_specification(connection, row),
        )
    else:
        yield from _changed_specification(stored, document)
    yield from _compare_sources(comparison, row, wanted)
    yield from compare_schedules(comparison, workspace, row, wanted)


def _merged(stored: SpecificationRow | None, wanted: SpecificationDocument) -> Specification:
    """The document as it will be: what the file says, over what the store has."""
    given = {name: getattr(wanted, name) for name in wanted.model_fields_set if name != "schedules"}
    if stored is None:
        return Specification.model_construct(
            **{name: getattr(wanted, name) for name in Specification.model_fields}
        )
    return stored.document.model_copy(update=given)


def _changed_specification(stored: SpecificationRow, document: Specification) -> Iterator[Change]:
    before = stored.document.model_dump(mode="json", exclude={"sources"})
    after = document.model_dump(mode="json", exclude={"sources"})
    fields = differences(
        {"status": stored.status, **before}, {"status": specifications.ACTIVE, **after}
    )
    if fields:
        yield Change(
            action=Action.CHANGE,
            kind="specification",
            name=stored.slug,
            fields=fields,
            effect=lambda connection: specifications.save_specification(
                connection, stored.id, document
            ),
        )


def _compare_sources(
    comparison: Comparison, row: SpecificationRow, wanted: SpecificationDocument
) -> Iterator[Change]:
    if "sources" not in wanted.model_fields_set:
        return
    stored = {
        item.source.url: item
        for item in sources.list_sources(comparison.connection, row.id, with_cancelled=True)
    }
    for position, source in enumerate(wanted.sources):
        yield from _compare_source(row, stored.get(source.url), source, position)
    named = {source.url for source in wanted.sources}
    for url, item in stored.items():
        if url not in named and item.status == sources.ACTIVE:
            yield _unnamed_source(comparison, row, item)


def _compare_source(
    row: SpecificationRow, stored: sources.SourceRow | None, source: Source, position: int
) -> Iterator[Change]:
    name = f"{row.slug}: {source.url}"
    if stored is None:
        yield Change(
            action=Action.CREATE,
            kind="source",
            name=name,
            effect=lambda connection: sources.add_source(
                connection, row.id, source, position=position
            ),
        )
        return
    wanted = stored.source.model_copy(update=source.model_dump(include=source.model_fields_set))
    fields = differences(
        {"status": stored.status, **stored.source.model_dump(mode="json")},
        {"status": sources.ACTIVE, **wanted.model_dump(mode="json")},
    )
    if fields:
        yield Change(
            action=Action.CHANGE,
            kind="source",
            name=name,
            fields=fields,
            effect=lambda connection: sources.save_source(
                connection, stored.id, wanted, position=position
            ),
        )


def _unnamed_source(
    comparison: Comparison, row: SpecificationRow, item: sources.SourceRow
) -> Change:
    name = f"{row.slug}: {item.source.url}"
    if not comparison.prune:
        return Change(action=Action.LEAVE, kind="source", name=name)
    return Change(
        action=Action.CANCEL,
        kind="source",
        name=name,
        effect=lambda connection: sources.cancel_sources(connection, [item.id]),
    )


def unnamed_specification(comparison: Comparison, row: SpecificationRow) -> Iterator[Change]:
    """Yield what happens to a specification that is not named: left alone, or cancelled whole."""
    if not comparison.prune:
        yield Change(action=Action.LEAVE, kind="specification", name=row.slug)
        return
    for schedule in schedules.list_schedules(comparison.connection, specification_id=row.id):
        yield cancel_schedule(comparison, row.slug, schedule)
    yield Change(
        action=Action.CANCEL,
        kind="specification",
        name=row.slug,
        effect=lambda connection: specifications.cancel_specification(connection, row.id),
    )
