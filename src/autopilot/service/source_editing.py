"""Editing one source: what a person says of it changed, or the source taken out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Connection

from autopilot.domain.specification import Source
from autopilot.errors import Conflict, InputRefused, NotFound, Problem
from autopilot.service.context import App
from autopilot.store import audit, sources, specifications
from autopilot.store.sources import SourceRow
from autopilot.store.specifications import SpecificationRow

_REFUSED = "The source cannot be saved as it is:"


def change_source(
    app: App, source_id: UUID, changes: Mapping[str, Any], *, actor: str
) -> SourceRow:
    """Change what a person says of a source and return it; it is looked at anew.

    The address stays: it tells a source from all others. Raises InputRefused with every problem.
    """
    with app.database.begin() as connection:
        seen, owner = _existing(connection, source_id)
        if seen.status != sources.ACTIVE:
            raise Conflict(f"The source {seen.source.url} was taken out; it cannot be changed.")
        wanted = _changed(seen.source, changes, owner)
        if wanted == seen.source:
            return seen
        sources.save_source(connection, seen.id, wanted)
        _note(connection, app, owner, "source.edited", actor, seen, sorted(changes))
        return sources.get_sources(connection, [source_id])[source_id]


def remove_source(app: App, source_id: UUID, *, actor: str) -> None:
    """Take a source out; its articles stay, and adding it again finds them. Twice is once."""
    with app.database.begin() as connection:
        seen, owner = _existing(connection, source_id)
        if seen.status != sources.ACTIVE:
            return
        sources.cancel_sources(connection, [seen.id])
        _note(connection, app, owner, "source.removed", actor, seen, [])


def _existing(connection: Connection, source_id: UUID) -> tuple[SourceRow, SpecificationRow]:
    found = sources.get_sources(connection, [source_id]).get(source_id)
    if found is None:
        raise NotFound(f"There is no source {source_id}.")
    # Locked, so that nobody takes away meanwhile the region that the source is to name.
    owner = specifications.get_specification(connection, found.specification_id, locked=True)
    if owner is None:
        raise NotFound(f"There is no source {source_id}.")
    return found, owner


def _changed(seen: Source, changes: Mapping[str, Any], owner: SpecificationRow) -> Source:
    try:
        wanted = Source.model_validate(seen.model_dump(mode="json") | dict(changes))
    except ValidationError as error:
        problems = [
            Problem(path=".".join(map(str, it["loc"])), message=_told(it["msg"]))
            for it in error.errors()
        ]
        raise InputRefused(_REFUSED, problems) from error
    problems = [*_moved(seen, wanted), *_unlisted(wanted, owner)]
    if problems:
        raise InputRefused(_REFUSED, problems)
    return wanted


def _told(message: str) -> str:
    return message.removeprefix("Value error, ")


def _moved(seen: Source, wanted: Source) -> list[Problem]:
    if wanted.url == seen.url:
        return []
    message = "stays: add the new address as a source, and take this one out"
    return [Problem(path="url", message=message, allowed=seen.url)]


def _unlisted(wanted: Source, owner: SpecificationRow) -> list[Problem]:
    listed = [region.id for region in owner.document.regions]
    if wanted.region is None or wanted.region in listed:
        return []
    message = f"there is no region {wanted.region!r}"
    return [Problem(path="region", message=message, allowed=", ".join(listed) or None)]


def _note(
    connection: Connection,
    app: App,
    owner: SpecificationRow,
    action: str,
    actor: str,
    seen: SourceRow,
    changes: list[str],
) -> None:
    audit.note(
        connection,
        at=app.clock(),
        actor=actor,
        action=action,
        subject=("source", seen.id),
        workspace_id=owner.workspace_id,
        detail={"changes": changes},
    )
