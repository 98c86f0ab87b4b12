"""Lists of sources: added to a specification, imported from OPML, exported as OPML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from autopilot.domain.specification import MAX_SOURCES, Source
from autopilot.errors import Conflict, DocumentInvalid, InputRefused, Problem
from autopilot.pipeline.collect.canonical import canonical_url
from autopilot.pipeline.collect.opml import read_opml, sources_of, write_opml
from autopilot.service.context import App
from autopilot.store import audit, sources
from autopilot.store.specifications import SpecificationRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What became of a list: sources added, those the specification had already, addresses that
    the list repeats, and outlines left out with their reason.
    """

    added: tuple[Source, ...]
    known: tuple[Source, ...]
    repeated: int = 0
    faulty: tuple[Problem, ...] = ()


def add_sources(app: App, row: SpecificationRow, wanted: Sequence[Source], *, actor: str) -> Added:
    """Add sources to a specification; one it has already (however its address is written) stays.

    Raises InputRefused for a region that is not listed, Conflict where there would be too many.
    """
    _check_regions(row, wanted)
    with app.database.begin() as connection:
        stored = sources.list_sources(connection, row.id, with_cancelled=True)
        active = {canonical_url(it.source.url) for it in stored if it.status == sources.ACTIVE}
        new = [source for source in wanted if canonical_url(source.url) not in active]
        if len(active) + len(new) > MAX_SOURCES:
            raise Conflict(
                f"{row.slug} would have {len(active) + len(new):,} sources; at most {MAX_SOURCES:,} "
                "are read.",
                hint="Split it into several specifications.",
            )
        _write(connection, row, new, {it.source.url: it for it in stored})
        if new:
            audit.note(
                connection,
                at=app.clock(),
                actor=actor,
                action="sources.added",
                subject=("specification", row.id),
                workspace_id=row.workspace_id,
                detail={"count": len(new)},
            )
    known = tuple(source for source in wanted if source not in new)
    return Added(added=tuple(new), known=known)


def import_opml(
    app: App, row: SpecificationRow, body: bytes, *, actor: str, skip_faulty: bool = False
) -> Added:
    """Add the feeds of an OPML file; with a faulty one among them nothing is added, unless they are
    to be skipped. Raises DocumentInvalid with every problem at once.
    """
    listed = read_opml(body)
    if listed.problems and not skip_faulty:
        raise DocumentInvalid(
            f"{len(listed.problems)} of the file's feeds cannot be used; nothing was imported:",
            listed.problems,
            hint="Mend them, or import the others with --skip-faulty",
        )
    wanted = sources_of(listed.feeds, row.document.regions)
    done = add_sources(app, row, wanted, actor=actor)
    return Added(
        added=done.added, known=done.known, repeated=listed.repeated, faulty=listed.problems
    )


def export_opml(app: App, row: SpecificationRow) -> bytes:
    """Return the sources of a specification as OPML, by their names or what their feeds call themselves."""
    with app.database.read() as connection:
        rows = sources.list_sources(connection, row.id)
    listed = [
        it.source.model_copy(update={"name": it.source.name or it.state.title}) for it in rows
    ]
    return write_opml(row.document.name, listed, row.document.regions)


def _write(
    connection: Connection,
    row: SpecificationRow,
    new: Sequence[Source],
    stored: dict[str, sources.SourceRow],
) -> None:
    position = sources.next_position(connection, row.id)
    for place, source in enumerate(new, start=position):
        if source.url in stored:  # it was cancelled once
            sources.save_source(connection, stored[source.url].id, source, position=place)
        else:
            sources.add_source(connection, row.id, source, position=place)


def _check_regions(row: SpecificationRow, wanted: Sequence[Source]) -> None:
    listed = {region.id for region in row.document.regions}
    unknown = sorted({it.region for it in wanted if it.region is not None} - listed)
    if unknown:
        raise InputRefused(
            f"{row.slug} does not list every region named:",
            [
                Problem(
                    path="--region",
                    message=f"there is no region {name!r}",
                    allowed=", ".join(sorted(listed)) or None,
                )
                for name in unknown
            ],
        )
