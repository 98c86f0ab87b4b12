"""Specifying: one specification created, changed and cancelled, by the same rules as a whole file.

A document is checked as a whole and every problem of it is told at once. Two people who edit one
specification: the second is told, by the fingerprint of what they started from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from autopilot.domain.specification import Specification, SpecificationDocument
from autopilot.errors import Conflict, DocumentInvalid, NotFound, Problem
from autopilot.service.configuration.changes import Change, Comparison
from autopilot.service.configuration.comparing import (
    compare_specification,
    unnamed_specification,
)
from autopilot.service.configuration.dangling import dangling_in
from autopilot.service.configuration.exporting import specification_document
from autopilot.service.configuration.looks import unusable_template
from autopilot.service.configuration.reading import checked
from autopilot.service.configuration.yaml_text import YamlText
from autopilot.service.context import App
from autopilot.service.specification_secrets import masked_places, unmasked
from autopilot.store import audit, specifications, workspaces
from autopilot.store.specifications import SpecificationRow
from autopilot.store.workspaces import Workspace

Given = SpecificationDocument | Mapping[str, Any]
WHERE = "specifications[0]"
_REFUSED = "The specification cannot be saved as it is:"


def document_of(app: App, row: SpecificationRow) -> SpecificationDocument:
    """Return the whole document of a specification: with its sources, without its schedules."""
    with app.database.read() as connection:
        return _document(connection, row)


def fingerprint(of: SpecificationRow | SpecificationDocument) -> str:
    """Return what tells this state of a specification from any other, for who edits it later.

    Of a row it covers everything but the sources, of a document (`document_of`) the sources as
    well: take that one where the sources are edited together with the rest.
    """
    document: Specification = of.document if isinstance(of, SpecificationRow) else of
    left_out = {"schedules"} if isinstance(of, SpecificationDocument) else {"schedules", "sources"}
    values = document.model_dump(mode="json", exclude=left_out)
    text = json.dumps(values, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def check_specification(values: Mapping[str, Any]) -> SpecificationDocument:
    """Return the checked document; raises DocumentInvalid with every problem and its path."""
    whole = {"workspace": "one", "name": "One", "specifications": [_plain(values)]}
    document, problems = checked(YamlText(whole))
    if document is None or problems:
        raise DocumentInvalid(_REFUSED, _own_paths(problems))
    return document.specifications[0]


def whole_document(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document that takes the place of another: what it does not name has its default.

    Sources and channels that it does not name stay out of it: they are kept as they are.
    """
    problems = [
        Problem(path=name, message="is missing")
        for name, field in Specification.model_fields.items()
        if field.is_required() and name not in values
    ]
    if problems:
        raise DocumentInvalid(_REFUSED, problems)
    defaults = Specification.model_construct(slug="", name="", categories=())
    kept = {"slug", "name", "categories", "sources", "channels"}
    return defaults.model_dump(mode="json", exclude=kept) | dict(values)


def create_specification(
    app: App, workspace_id: UUID, document: Given, *, actor: str
) -> SpecificationRow:
    """Add a specification to a workspace; a cancelled one with its slug is active again, as this.

    Raises DocumentInvalid with every problem at once, Conflict where the slug is taken.
    """
    wanted = _checked(app, _values(document))
    with app.database.begin() as connection:
        workspace = workspaces.get_workspace(connection, workspace_id)
        if workspace is None:
            raise NotFound(f"There is no workspace {workspace_id}.")
        stored = _with_slug(connection, workspace_id, wanted.slug)
        if stored is not None and stored.status == specifications.ACTIVE:
            raise Conflict(
                f"{workspace.slug} has a specification {wanted.slug!r} already.",
                hint="Take another slug, or change that one.",
            )
        comparison = _comparison(app, connection, actor)
        _write(comparison, workspace, stored, _naming(wanted, {"sources": ()}))
        row = _with_slug(connection, workspace_id, wanted.slug)
        assert row is not None
        _note(comparison, row, "specification.created")
    return row


def change_specification(
    app: App, specification_id: UUID, document: Given, *, actor: str, seen: str | None
) -> SpecificationRow:
    """Change a specification; keys that the document does not name keep what they have.

    Sources that are active and not listed, where it lists sources, are cancelled; their articles
    stay. Of a mapping "names" means its keys, of a document its `model_fields_set`. `seen` is the
    fingerprint of what the editor started from: Conflict where it is another one meanwhile.
    Raises DocumentInvalid with every problem at once.
    """
    given = _values(document)
    with app.database.begin() as connection:
        row = _active(connection, specification_id)
        before = _document(connection, row)
        if seen is not None and seen not in (fingerprint(row), fingerprint(before)):
            raise Conflict(
                f"Somebody else changed {row.slug!r} meanwhile; nothing was saved.",
                hint="Look at it as it is now, and make your changes again.",
            )
        wanted = _checked(app, _merged(before, given), before)
        if wanted.slug != row.slug:
            raise DocumentInvalid(_REFUSED, [_fixed_slug(row)])
        workspace = workspaces.get_workspace(connection, row.workspace_id)
        assert workspace is not None  # the schema keeps it for as long as it has specifications
        comparison = _comparison(app, connection, actor)
        found = _write(comparison, workspace, row, _naming(wanted, given))
        if found:
            _note(comparison, row, "specification.edited", found)
        newer = specifications.get_specification(connection, row.id)
        assert newer is not None
    return newer


def cancel_specification(app: App, specification_id: UUID, *, actor: str) -> None:
    """Cancel a specification and its schedules; its runs and issues stay. Twice is once."""
    with app.database.begin() as connection:
        row = _existing(connection, specification_id)
        if row.status != specifications.ACTIVE:
            return
        comparison = _comparison(app, connection, actor)
        for change in unnamed_specification(comparison, row):
            if change.effect is not None:
                change.effect(connection)
        _note(comparison, row, "specification.cancelled")


def _existing(connection: Connection, specification_id: UUID) -> SpecificationRow:
    row = specifications.get_specification(connection, specification_id, locked=True)
    if row is None:
        raise NotFound(f"There is no specification {specification_id}.")
    return row


def _active(connection: Connection, specification_id: UUID) -> SpecificationRow:
    row = _existing(connection, specification_id)
    if row.status != specifications.ACTIVE:
        raise Conflict(
            f"The specification {row.slug!r} is cancelled; it cannot be changed.",
            hint="Create it again with its slug: what it had comes back.",
        )
    return row


def _with_slug(connection: Connection, workspace_id: UUID, slug: str) -> SpecificationRow | None:
    found = specifications.list_specifications(
        connection, workspace_id=workspace_id, slug=slug, with_cancelled=True
    )
    return found[0] if found else None


def _document(connection: Connection, row: SpecificationRow) -> SpecificationDocument:
    whole = specification_document(connection, row)
    return whole.model_copy(update={"schedules": ()})


def _comparison(app: App, connection: Connection, actor: str) -> Comparison:
    return Comparison(connection=connection, now=app.clock(), actor=actor, prune=True)


def _write(
    comparison: Comparison,
    workspace: Workspace,
    stored: SpecificationRow | None,
    wanted: SpecificationDocument,
) -> tuple[Change, ...]:
    """Write what differs; raises DocumentInvalid where something that stays names what would go."""
    if stored is not None:
        problems = _own_paths(dangling_in(comparison, stored, wanted, WHERE))
        if problems:
            raise DocumentInvalid(_REFUSED, problems)
    found = tuple(compare_specification(comparison, workspace, stored, wanted))
    for change in found:
        if change.effect is not None:
            change.effect(comparison.connection)
    return found


def _values(document: Given) -> dict[str, Any]:
    """What a document says, as plain values; schedules have verbs of their own."""
    if isinstance(document, SpecificationDocument):
        document = document.model_dump(mode="json", include=document.model_fields_set)
    if document.get("schedules"):
        message = "schedules are not part of it here; each is created and changed by itself"
        raise DocumentInvalid(_REFUSED, [Problem(path="schedules", message=message)])
    return {key: value for key, value in document.items() if key != "schedules"}


def _merged(before: SpecificationDocument, given: Mapping[str, Any]) -> dict[str, Any]:
    return before.model_dump(mode="json", exclude={"schedules"}) | dict(given)


def _checked(
    app: App, values: Mapping[str, Any], before: SpecificationDocument | None = None
) -> SpecificationDocument:
    """The checked document, its template one that can be drawn, its masked addresses whole again."""
    document = check_specification(values)
    document = unmasked(document, before)
    problems = [
        *unusable_template(document.template, app.settings.data_dir, "template"),
        *masked_places(document),
    ]
    if problems:
        raise DocumentInvalid(_REFUSED, problems)
    return document


def _naming(wanted: SpecificationDocument, given: Mapping[str, Any]) -> SpecificationDocument:
    """The whole document, naming sources only where they were given: others may be adding some."""
    named = set(Specification.model_fields)
    if "sources" not in given:
        named.discard("sources")
    values = {name: getattr(wanted, name) for name in SpecificationDocument.model_fields}
    return SpecificationDocument.model_construct(_fields_set=named, **values)


def _plain(values: Mapping[str, Any]) -> Any:
    """Tuples as lists, the form in which a document comes from outside."""
    return json.loads(json.dumps(dict(values), default=str))


def _own_paths(problems: Iterable[Problem]) -> list[Problem]:
    """The problems of a specification in a file, with their paths inside of the specification."""
    return list(_without(problems, f"{WHERE}."))


def _without(problems: Iterable[Problem], prefix: str) -> Iterator[Problem]:
    for problem in problems:
        message = problem.message.replace(prefix, "")
        yield replace(problem, path=problem.path.removeprefix(prefix), message=message)


def _fixed_slug(row: SpecificationRow) -> Problem:
    return Problem(
        path="slug",
        message="cannot be changed: files and the archive's addresses name it",
        allowed=row.slug,
    )


def _note(
    comparison: Comparison, row: SpecificationRow, action: str, found: tuple[Change, ...] = ()
) -> None:
    """Of what changed only the keys: the values may be long, and addresses of channels are secrets."""
    keys = {
        field.partition(":")[0] for it in found if it.kind == "specification" for field in it.fields
    }
    if any(it.kind == "source" for it in found):
        keys.add("sources")
    audit.note(
        comparison.connection,
        at=comparison.now,
        actor=comparison.actor,
        action=action,
        subject=("specification", row.id),
        workspace_id=row.workspace_id,
        detail={"slug": row.slug, "changes": sorted(keys)},
    )
