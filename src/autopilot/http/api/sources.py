"""/api/v1/sources: what newsletters read, how each of it is, and lists of feeds in and out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Response
from pydantic import BaseModel, Field, StringConstraints

from autopilot.domain.access import Right
from autopilot.domain.specification import Source
from autopilot.errors import NotFound
from autopilot.http.api.answers import Given
from autopilot.http.api.caller import Caller
from autopilot.http.api.inside import SLOW, Inside, workspace_in
from autopilot.http.api.paging import Cursor, Limit, Page, cursor_of, place_of
from autopilot.service.source_editing import change_source, remove_source
from autopilot.service.source_health import State, facts_of, source_rows
from autopilot.service.source_lists import Added, add_sources, export_opml, import_opml

if TYPE_CHECKING:
    from autopilot.service.access.reach import Reach
    from autopilot.service.rows import SourceRow
    from autopilot.service.source_health import Facts

router = APIRouter(prefix="/sources", tags=["sources"])
MOST_CHECKED = 16
"""As many as are asked at the same time: a check ends within two time limits of one fetch."""
OPML = "text/x-opml"

Of = Annotated[UUID, Query(description="Of which specification.")]


class SourceOut(BaseModel):
    """A source and how it is: a word, a sentence and, where there is something to do, advice."""

    id: UUID
    specification_id: UUID
    status: str = Field(description="active, or cancelled where it was taken out.")
    source: Source
    title: str | None = Field(description="What the feed calls itself.")
    state: State
    sentence: str
    advice: str
    found_kind: str | None
    moved_to: str | None
    per_week: float
    newest_article_at: datetime | None
    last_looked_at: datetime | None
    last_good_at: datetime | None
    next_look_at: datetime | None
    failures: int
    stored: int
    extracted: int
    chosen: int


OPML_EXAMPLE = (
    '<opml version="2.0"><body><outline text="Example" type="rss"'
    ' xmlUrl="https://example.org/feed.xml"/></body></opml>'
)


class SourcesIn(Given):
    """Sources to add; those the specification has already stay as they are."""

    specification_id: UUID
    sources: Annotated[list[Source], Field(min_length=1, max_length=500)] = Field(
        examples=[[{"url": "https://example.org/feed.xml", "name": "Example", "weight": 2.0}]]
    )


class AddedOut(BaseModel):
    """What became of a list."""

    added: list[str] = Field(description="Addresses that are new.")
    known: list[str] = Field(description="Addresses that were there already.")
    repeated: int = 0
    faulty: list[str] = Field(default=[], description="What was passed over, and why.")


class CheckIn(Given):
    """Which sources to ask now; without a list those whose last look is longest ago."""

    specification_id: UUID
    source_ids: Annotated[list[UUID], Field(max_length=MOST_CHECKED)] | None = None


class FindIn(Given):
    """Where to look for feeds."""

    address: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000),
        Field(description="Of a site, a page of it, or a feed.", examples=["example.org"]),
    ]


class FoundOut(BaseModel):
    """Something a site offers to read."""

    url: str
    kind: str
    title: str
    entries: int
    newest: datetime | None


@router.get("")
def list_sources(
    caller: Caller,
    specification_id: Of,
    state: Annotated[list[State] | None, Query(description="Only those that are so.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[SourceOut]:
    """List the active sources of a specification in its order, each with its health."""
    row = caller.specification(specification_id)
    now, rows = caller.app.clock(), source_rows(caller.app, row.id)
    if state:
        facts = facts_of(caller.app, rows, now)
        rows = [one.row for one in facts if one.health.state in state]
    start = _start(rows, place_of(cursor, parts=2))
    shown = rows[start : start + limit]
    has_more = len(rows) > start + limit
    return Page(
        items=[_out(one) for one in facts_of(caller.app, shown, now)],
        next=cursor_of([start + limit - 1, str(shown[-1].id)]) if has_more else None,
    )


@router.post("", status_code=201)
def add(caller: Caller, given: SourcesIn) -> AddedOut:
    """Add one or several sources to a specification."""
    row = caller.specification(given.specification_id, Right.EDIT)
    return _added(add_sources(caller.app, row, given.sources, actor=caller.actor))


@router.post("/check")
def check(caller: Caller, given: CheckIn) -> list[SourceOut]:
    """Ask sources now, those that fail twice; at most 16 at once, which takes up to a minute."""
    from autopilot.service.source_check import check_sources  # late: it brings the readers of feeds

    row = caller.specification(given.specification_id, Right.EDIT)
    with SLOW.passing():
        chosen = _chosen(caller, row.id, given.source_ids)
        return [_out(one) for one in check_sources(caller.app, row.id, only=chosen)]


@router.post("/find")
def find(caller: Caller, given: FindIn, workspace_id: Inside = None) -> list[FoundOut]:
    """Find what can be read of a site, the best first: feeds, else its sitemap or its page."""
    from autopilot.service.finding import find_sources

    workspace_in(caller, workspace_id, Right.EDIT)
    with SLOW.passing():
        found = find_sources(caller.app, given.address)
    return [
        FoundOut(
            url=it.url, kind=it.kind.value, title=it.title, entries=it.entries, newest=it.newest
        )
        for it in found
    ]


@router.post(
    "/import",
    openapi_extra={
        "requestBody": {"content": {OPML: {"schema": {"type": "string"}, "example": OPML_EXAMPLE}}}
    },
)
def import_list(
    caller: Caller,
    specification_id: Of,
    body: Annotated[bytes, Body(media_type=OPML, description="An OPML file.")],
    skip_faulty: Annotated[
        bool, Query(description="Import the others where some cannot be used.")
    ] = False,
) -> AddedOut:
    """Add the feeds of an OPML file; a folder named like a region gives it to its feeds."""
    row = caller.specification(specification_id, Right.EDIT)
    done = import_opml(caller.app, row, body, actor=caller.actor, skip_faulty=skip_faulty)
    return _added(done)


@router.get(
    "/export",
    response_class=Response,
    responses={200: {"content": {OPML: {}}, "description": "An OPML file."}},
)
def export_list(caller: Caller, specification_id: Of) -> Response:
    """Write the sources of a specification as OPML, for any feed reader."""
    row = caller.specification(specification_id)
    headers = {"Content-Disposition": f'attachment; filename="{row.slug}.opml"'}
    return Response(export_opml(caller.app, row), media_type=OPML, headers=headers)


@router.get("/{source_id}")
def get_source(caller: Caller, source_id: UUID) -> SourceOut:
    """Show a source and how it is."""
    return _one(caller, source_id)


@router.patch("/{source_id}")
def edit_source(
    caller: Caller,
    source_id: UUID,
    changes: Annotated[
        dict[str, Any],
        Body(
            description="Keys of the source; its address stays.",
            openapi_examples={"weight": {"value": {"name": "Example", "weight": 2.0}}},
        ),
    ],
) -> SourceOut:
    """Change what is said of a source; it is looked at anew."""
    caller.source(source_id, Right.EDIT)
    change_source(caller.app, source_id, changes, actor=caller.actor)
    return _one(caller, source_id)


@router.delete("/{source_id}", status_code=204)
def delete_source(caller: Caller, source_id: UUID) -> None:
    """Take a source out of its specification; its articles stay."""
    caller.source(source_id, Right.EDIT)
    remove_source(caller.app, source_id, actor=caller.actor)


@router.post("/{source_id}/check")
def check_one(caller: Caller, source_id: UUID) -> SourceOut:
    """Ask one source now, a second time where it fails."""
    from autopilot.service.source_check import check_sources

    row = caller.source(source_id, Right.EDIT)
    with SLOW.passing():
        check_sources(caller.app, row.specification_id, only={row.id})
    return _one(caller, source_id)


def _one(caller: Reach, source_id: UUID) -> SourceOut:
    row = caller.source(source_id)
    (facts,) = facts_of(caller.app, [row], caller.app.clock())
    return _out(facts)


def _chosen(
    caller: Reach, specification_id: UUID, wanted: Sequence[UUID] | None
) -> frozenset[UUID]:
    """Those that are asked for, or those whose last look is longest ago."""
    looks = {row.id: row.state.last_fetched_at for row in source_rows(caller.app, specification_id)}
    if wanted is None:
        longest = sorted(looks, key=lambda it: str(looks[it] or ""))
        return frozenset(longest[:MOST_CHECKED])
    for source_id in wanted:
        if source_id not in looks:
            raise NotFound(f"The specification has no source {source_id}.")
    return frozenset(wanted)


def _start(rows: Sequence[SourceRow], place: list[Any] | None) -> int:
    """Where a page begins: after the last one's end, also where that source was taken out since."""
    if place is None:
        return 0
    ids = {str(row.id): number for number, row in enumerate(rows)}
    number, identity = place
    if isinstance(identity, str) and identity in ids:
        return ids[identity] + 1
    return number if type(number) is int and 0 <= number <= len(rows) else len(rows)


def _added(done: Added) -> AddedOut:
    return AddedOut(
        added=[source.url for source in done.added],
        known=[source.url for source in done.known],
        repeated=done.repeated,
        faulty=[str(problem) for problem in done.faulty],
    )


def _out(one: Facts) -> SourceOut:
    state = one.row.state
    return SourceOut(
        id=one.row.id,
        specification_id=one.row.specification_id,
        status=one.row.status,
        source=one.row.source,
        title=state.title,
        state=one.health.state,
        sentence=one.health.sentence,
        advice=one.health.advice,
        found_kind=state.found_kind,
        moved_to=state.moved_to,
        per_week=one.per_week,
        newest_article_at=state.newest_article_at,
        last_looked_at=state.last_fetched_at,
        last_good_at=state.last_good_at,
        next_look_at=state.check_at,
        failures=state.consecutive_failures,
        stored=one.stock.stored,
        extracted=one.stock.extracted,
        chosen=one.stock.chosen,
    )
