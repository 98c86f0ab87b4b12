"""Exporting: a workspace as the file that `apply` would read; secrets are never in it."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel
from sqlalchemy import Connection

from autopilot.domain.schedule import Schedule
from autopilot.domain.specification import (
    ScheduleDocument,
    SpecificationDocument,
    WorkspaceDocument,
)
from autopilot.service.configuration.yaml_text import write_yaml
from autopilot.service.context import App
from autopilot.store import schedules, sources, specifications
from autopilot.store.specifications import SpecificationRow
from autopilot.store.workspaces import Workspace


def export_document(app: App, workspace: Workspace) -> WorkspaceDocument:
    """Return everything a workspace has, as one document."""
    with app.database.read() as connection:
        rows = specifications.list_specifications(connection, workspace_id=workspace.id)
        return WorkspaceDocument(
            workspace=workspace.slug,
            name=workspace.name,
            timezone=workspace.timezone,
            brand=workspace.brand,
            budget=workspace.budget,
            owners=workspace.owners,
            specifications=tuple(specification_document(connection, row) for row in rows),
        )


def as_yaml(document: WorkspaceDocument) -> str:
    """Return the document as YAML text, without keys that hold nothing or their default."""
    values = document.model_dump(mode="json", exclude_defaults=True)
    values |= {"timezone": document.timezone}  # a zone is never left to a default in a file
    if document.specifications:
        values["specifications"] = [
            _in_order(
                SpecificationDocument,
                given | {"language": kept.language, "cadence": kept.cadence.value},
            )
            for given, kept in zip(values["specifications"], document.specifications, strict=True)
        ]
    return write_yaml(_in_order(WorkspaceDocument, values))


def _in_order(model: type[BaseModel], values: Mapping[str, object]) -> dict[str, object]:
    """The values in the order in which people write them."""
    return {key: values[key] for key in model.model_fields if key in values}


def specification_document(connection: Connection, row: SpecificationRow) -> SpecificationDocument:
    """Return a specification with its sources and schedules, as a file has them."""
    found = schedules.list_schedules(connection, specification_id=row.id)
    return SpecificationDocument(
        **row.document.model_dump(exclude={"sources"}),
        sources=tuple(item.source for item in sources.list_sources(connection, row.id)),
        schedules=tuple(_schedule(item) for item in sorted(found, key=lambda item: item.name)),
    )


def _schedule(schedule: Schedule) -> ScheduleDocument:
    return ScheduleDocument.model_validate(
        {
            "name": schedule.name,
            "type": schedule.type,
            "config": dict(schedule.config),
            "timezone": schedule.timezone,
            "enabled": schedule.enabled,
            "categories_override": schedule.categories_override,
            "regions_override": schedule.regions_override,
            "cadence_override": schedule.cadence_override,
            "notes": schedule.notes,
            **schedule.policies,
        }
    )
