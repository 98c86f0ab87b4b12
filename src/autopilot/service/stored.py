"""Stored: the articles that a document's sources have given in the last weeks, newest first."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta

from autopilot.domain.content import Article
from autopilot.domain.specification import SpecificationDocument
from autopilot.service.context import App
from autopilot.service.trial import Trial, trial_of
from autopilot.store import archive

MOST_ARTICLES = 5_000
WEEKS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """What the store holds for a document, and the span it was looked for in.

    `state` changes with every look at one of the sources: what was thought of these articles holds
    for as long as it stays. `unknown` are addresses that nothing is stored of.
    """

    settings: Trial
    since: datetime
    until: datetime
    unknown: tuple[str, ...]
    state: Hashable


def shelved_of(
    app: App, document: SpecificationDocument, *, workspace: str, weeks: int = WEEKS
) -> Shelved:
    """Return the sources of a document as the workspace's store knows them; no article is read yet."""
    settings = trial_of(app, document, workspace)
    until = app.clock()
    looked = tuple((row.id, row.state.last_fetched_at, row.source) for row in settings.rows)
    hour = until.replace(minute=0, second=0, microsecond=0)
    return Shelved(
        settings=settings,
        since=until - timedelta(weeks=weeks),
        until=until,
        unknown=settings.unknown,
        state=(settings.workspace.id, looked, hour, weeks),
    )


def articles_of(app: App, shelved: Shelved, *, most: int = MOST_ARTICLES) -> tuple[Article, ...]:
    """Return the articles, newest first, at most so many."""
    with app.database.read() as connection:
        found = archive.articles_before(
            connection, shelved.settings.rows, shelved.until, limit=most
        )
    return tuple(article for article in found if article.published >= shelved.since)
