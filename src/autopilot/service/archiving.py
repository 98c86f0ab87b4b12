"""The public archive: issues that readers had, as pages and as feeds; of other issues nobody learns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from autopilot.domain.content import NOTHING_SENT, Draft
from autopilot.domain.run import Run
from autopilot.errors import NotFound
from autopilot.service.checkpoint import unpack
from autopilot.service.context import App
from autopilot.service.edition import look_of
from autopilot.service.job import Job, overridden
from autopilot.service.newsletter import Newsletter, newsletter_at
from autopilot.store import (
    issues,
    past_issues,
    runs,
    sources,
    specifications,
    workspaces,
)
from autopilot.store.issues import IssueRow

PAGE = 50
IN_FEED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One issue of the archive: what a list says of it. `at` is when its readers got it."""

    id: UUID
    subject: str
    preheader: str
    intro: str
    at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One story of an issue, as a feed tells it."""

    title: str
    url: str
    summary: str
    sources: Sequence[str]


def archive_at(app: App, workspace: str, specification: str) -> Newsletter:
    """Return the newsletter whose archive this is; raises NotFound where it has none."""
    found = newsletter_at(app, workspace, specification)
    if not found.archives:
        raise NotFound("There is no such newsletter.")
    return found


def list_past(app: App, newsletter: Newsletter, *, page: int = 1) -> tuple[tuple[Past, ...], bool]:
    """Return a page of past issues, newest first, and whether there are older ones."""
    with app.database.read() as connection:
        rows = past_issues.past_issues(
            connection,
            newsletter.specification_id,
            app.clock(),
            limit=PAGE + 1,
            offset=(page - 1) * PAGE,
        )
    return tuple(map(_past, rows[:PAGE])), len(rows) > PAGE


def list_for_feed(app: App, newsletter: Newsletter) -> Sequence[tuple[Past, Sequence[Story]]]:
    """Return the newest issues with their stories."""
    with app.database.read() as connection:
        rows = past_issues.past_issues(
            connection, newsletter.specification_id, app.clock(), limit=IN_FEED
        )
        return [
            (_past(row), [_story(each.document) for each in issues.stories_of(connection, row.id)])
            for row in rows
        ]


def issue_page(
    app: App, newsletter: Newsletter, issue_id: UUID, *, base: str, with_sources: bool = False
) -> str:
    """Return the page of a past issue; raises NotFound for one that no reader of this newsletter had.

    `base` is the address of the archive, with a slash at its end. `with_sources` unfolds what each
    sentence rests on.
    """
    with app.database.read() as connection:
        row = past_issues.past_issue(connection, newsletter.specification_id, app.clock(), issue_id)
    if row is None or row.draft_sha256 is None:
        raise NotFound("There is no such issue.")
    return _drawn(app, newsletter, row, base, with_sources)


def tag_of(*parts: object) -> str:
    """Return what changes when any of these does, for a conditional request."""
    return sha256(repr(parts).encode()).hexdigest()[:32]


def _drawn(app: App, newsletter: Newsletter, row: IssueRow, base: str, with_sources: bool) -> str:
    from autopilot.pipeline.render.web import render_web

    draft = unpack(Draft, app.artifacts.get(row.draft_sha256 or ""))
    look = replace(
        look_of(app, *_job(app, row)),
        why="",
        unsubscribe_url="",
        web_url="",
        sources_url="",
    )
    form = f"/s/{newsletter.workspace}/{newsletter.specification}"
    return render_web(
        draft,
        look,
        open_sources=with_sources,
        sources_url="" if with_sources else f"{base}{row.id}/sources",
        issues_url=base,
        subscribe_url=form if newsletter.subscribes else "",
    )


def _job(app: App, row: IssueRow) -> tuple[Job, Run]:
    with app.database.read() as connection:
        run = runs.get_run(connection, row.run_id)
        specification = specifications.get_specification(connection, row.specification_id)
        owner = workspaces.get_workspace(connection, row.workspace_id)
        if run is None or specification is None or owner is None:
            raise NotFound("There is no such issue.")
        job = Job(
            run=run,
            workspace=owner,
            specification=overridden(specification.document, run),
            sources=sources.list_sources(connection, specification.id),
            memory=NOTHING_SENT,
            is_cancelled=False,
        )
    return job, run


def _past(row: IssueRow) -> Past:
    return Past(
        id=row.id,
        subject=row.subject,
        preheader=row.preheader,
        intro=row.intro,
        at=row.scheduled_for or row.created_at,
        version=row.version,
    )


def _story(document: Mapping[str, object]) -> Story:
    listed = document.get("sources")
    return Story(
        title=str(document.get("title", "")),
        url=str(document.get("url", "")),
        summary=str(document.get("summary", "")),
        sources=[str(each) for each in listed] if isinstance(listed, list) else [],
    )
