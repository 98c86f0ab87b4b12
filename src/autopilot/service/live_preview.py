"""Live preview: the issue that settings would make now, drawn without a model and without a trace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from autopilot.domain.content import NOTHING_SENT, Article, LeftOut, Story, Window
from autopilot.domain.recurrence.period import window_start
from autopilot.domain.run import Run
from autopilot.domain.specification import Brand, Cadence, Specification, SpecificationDocument
from autopilot.service.context import App
from autopilot.service.job import Job
from autopilot.service.recent import Recent
from autopilot.service.stored import shelved_of
from autopilot.service.trial import Trial, run_of
from autopilot.store import archive, articles

WHOLE = 2_000
"""So many articles are compared as a run compares them; of more, only those with a keyword are."""
MOMENT = timedelta(seconds=1)
MOST_KEPT = 8  # pages of previews in memory

_KINDS = (
    ("matches no category", "have no keyword of any category, or too few"),
    ("fits no category clearly", "fit two categories alike"),
    ("is about ", "are about other countries"),
    ("barred by", "are barred by a rule"),
    ("matches none of the rules", "match none of the rules that say what is allowed"),
    ("same article", "are copies of another"),
    ("close to ", "tell what a story in the issue tells"),
    ("already in", "were in an issue before"),
    ("the section", "found their section full"),
)
OTHERWISE = "found their cell full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The issue as its readers would see it, or why there would be none (`skipped`).

    `articles` counts those of the window, `left_out` those that are in no story by why they are
    not; `unknown_sources` are addresses that nothing is stored of yet. Where nothing is stored of the
    last window, the window is that before the newest stored article, and `is_older` says so.
    """

    window: Window
    articles: int
    left_out: Mapping[str, int]
    html: bytes = b""
    subject: str = ""
    stories: tuple[Story, ...] = ()
    unknown_sources: tuple[str, ...] = ()
    is_older: bool = False
    skipped: str | None = None


_recent: Recent[Preview] = Recent(most=MOST_KEPT)


def live_preview(
    app: App, document: SpecificationDocument, *, workspace: str, brand: Brand | None = None
) -> Preview:
    """Return the issue that a document would make now of the stored articles of its last window.

    It is what a person gets who generates an issue by hand, but that summaries are the sources' own
    words and the archive teaches nothing: issues that readers had before are not held against it.
    Nothing is fetched and nothing is written. `brand` is tried in place of the workspace's.
    """
    shelved = shelved_of(app, document, workspace=workspace)
    settings = shelved.settings
    if brand is not None:
        settings = replace(settings, workspace=replace(settings.workspace, brand=brand))
    window = _window(app, settings, document.cadence, shelved.until)
    run = run_of(settings, settings.timings[0], window, shelved.until)
    plain = replace(settings, document=document.model_copy(update={"schedules": ()}))
    asked = (shelved.state, plain.document, settings.workspace.brand, settings.workspace.timezone)
    found = _recent.get(asked, lambda: _drawn(app, plain, run))
    is_older = window.end < shelved.until
    return replace(found, unknown_sources=shelved.unknown, is_older=is_older)


def _window(app: App, settings: Trial, cadence: Cadence, until: datetime) -> Window:
    """Return the last window; where it holds nothing that before the newest stored article."""
    start = window_start(cadence, until, settings.workspace.timezone)
    with app.database.read() as connection:
        newest = archive.articles_before(connection, settings.rows, until, limit=1)
    if newest and newest[0].published < start:
        until = newest[0].published + MOMENT
        start = window_start(cadence, until, settings.workspace.timezone)
    return Window(start=start, end=until)


def _drawn(app: App, settings: Trial, run: Run) -> Preview:
    from autopilot.pipeline.render import render
    from autopilot.pipeline.select.choose import select
    from autopilot.pipeline.write.draft import write_extractive
    from autopilot.service.edition import edition_name, look_of

    with app.database.read() as connection:
        stored = articles.articles_in(connection, settings.rows, run.window)
    told = Preview(window=run.window, articles=len(stored), left_out={})
    if not stored:
        return replace(told, skipped="Nothing is stored of this time.")
    fitting = _fitting(stored, settings.document)
    selection = select(fitting, settings.document)
    left_out = _counted(selection.left_out, extra=len(stored) - len(fitting))
    told = replace(told, left_out=left_out, stories=selection.stories)
    if not selection.stories:
        return replace(told, skipped="None of the stored articles fits.")
    job = Job(
        run=run,
        workspace=settings.workspace,
        specification=settings.document,
        sources=settings.rows,
        memory=NOTHING_SENT,
        is_cancelled=False,
    )
    draft = write_extractive(selection, settings.document, edition_name(job))
    rendered = render(draft, look_of(app, job, run))
    return replace(told, html=rendered.html.encode(), subject=rendered.subject)


def _fitting(stored: Sequence[Article], document: Specification) -> Sequence[Article]:
    """Return all articles of a usual window; of a very large one those that any keyword finds."""
    from autopilot.pipeline.select.match import match_readings
    from autopilot.pipeline.select.words import Reading

    if len(stored) <= WHOLE:
        return stored
    matches = match_readings(map(Reading, stored), document.categories, language=document.language)
    return [article for article, match in zip(stored, matches, strict=True) if match]


def _counted(left_out: Sequence[LeftOut], *, extra: int) -> Mapping[str, int]:
    """Return how many were left out for which kind of reason, the most frequent first."""
    counted = Counter(_kind(one.reason) for one in left_out)
    if extra:
        counted[_KINDS[0][1]] += extra
    return dict(counted.most_common())


def _kind(reason: str) -> str:
    return next((told for start, told in _KINDS if reason.startswith(start)), OTHERWISE)
