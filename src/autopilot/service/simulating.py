"""Simulating: settings tried on the stored articles of the last weeks. Nothing is written.

For each slot of the past the issue is selected, written (extractive) and rendered as a run would do
it, and forgotten. Readers' memory goes from one simulated issue to the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from autopilot.domain.content import NOTHING_SENT, Memory, Selection, Story, Window
from autopilot.domain.recurrence.civil_time import zone_of
from autopilot.domain.run import Run
from autopilot.domain.specification import Specification, SpecificationDocument
from autopilot.domain.usage import Usage
from autopilot.errors import InputRefused, Problem
from autopilot.service.context import App
from autopilot.service.job import Job, overridden
from autopilot.service.memory import ARTICLES_LEARNED_FROM, memory_before, remembering
from autopilot.service.trial import Timing, Trial, slots_of, trial_of
from autopilot.store import archive, articles

if TYPE_CHECKING:
    from autopilot.pipeline.select.learn import Model

MOST_WEEKS = 52


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedIssue:
    """The issue one slot would have got: its stories, subject and size, or why there is none.

    `schedule` is "" where slots follow the cadence; `articles` counts those of the window, `left_out`
    those that are in no story; `size` is the page in bytes, `cost` what a model would usually take.
    """

    schedule: str
    slot: datetime
    zone: str
    window: Window
    articles: int
    stories: tuple[Story, ...] = ()
    left_out: int = 0
    subject: str = ""
    size: int = 0
    cost: Usage | None = None
    skipped: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """All simulated issues, oldest first; `unknown_sources` are addresses nothing is stored of."""

    specification: str
    start: datetime
    end: datetime
    issues: tuple[SimulatedIssue, ...]
    unknown_sources: tuple[str, ...]

    @property
    def sent(self) -> tuple[SimulatedIssue, ...]:
        """Those that would have been sent."""
        return tuple(issue for issue in self.issues if issue.skipped is None)


def simulate(
    app: App,
    specification: SpecificationDocument | str,
    *,
    workspace: str | None = None,
    weeks: int = 4,
) -> Simulation:
    """Run settings against stored articles for each slot of the last weeks.

    `specification` is a document that need not be stored, or the slug of a stored one. A document
    with a stored one's slug begins with what readers of that one had before. Raises NotFound for an
    unknown slug or workspace, and InputRefused for more than 52 weeks or 400 slots.
    """
    now = app.clock()
    start = now - _span(weeks)
    settings = trial_of(app, specification, workspace)
    slots = slots_of(settings, start, now)
    memory = _memory(app, settings, slots)
    model = _model(app, settings, slots)
    issues = []
    for timing, run in slots:
        simulated = _issue(app, settings, timing, run, memory, model)
        if simulated.stories:
            day = run.window.end.astimezone(zone_of(run.zone).info).date().isoformat()
            memory = remembering(memory, day, simulated.stories)
        issues.append(simulated)
    return Simulation(
        specification=settings.document.slug,
        start=start,
        end=now,
        issues=tuple(issues),
        unknown_sources=settings.unknown,
    )


def _span(weeks: int) -> timedelta:
    if not 1 <= weeks <= MOST_WEEKS:
        problem = Problem(path="--weeks", message=f"{weeks} is not between 1 and {MOST_WEEKS}")
        raise InputRefused("The simulation cannot be made as asked:", [problem])
    return timedelta(weeks=weeks)


def _memory(app: App, settings: Trial, slots: Sequence[tuple[Timing, Run]]) -> Memory:
    if not slots or not settings.is_stored:
        return NOTHING_SENT
    run = slots[0][1]
    with app.database.read() as connection:
        return memory_before(connection, settings.id, run.window.end, run.zone, settings.rows)


def _model(app: App, settings: Trial, slots: Sequence[tuple[Timing, Run]]) -> Model | None:
    """Return what the archive taught before the first slot: no issue knows its own future."""
    from autopilot.pipeline.select.learn import learn

    if not slots:
        return None
    with app.database.read() as connection:
        before = archive.articles_before(
            connection, settings.rows, slots[0][1].window.start, limit=ARTICLES_LEARNED_FROM
        )
    return learn(before, settings.document.categories, language=settings.document.language)


def _issue(
    app: App,
    settings: Trial,
    timing: Timing,
    run: Run,
    memory: Memory,
    model: Model | None,
) -> SimulatedIssue:
    from autopilot.pipeline.render import render
    from autopilot.pipeline.select.choose import select
    from autopilot.pipeline.write.draft import write_extractive
    from autopilot.service.edition import edition_name, look_of

    job = Job(
        run=run,
        workspace=settings.workspace,
        specification=overridden(settings.document, run),
        sources=settings.rows,
        memory=memory,
        is_cancelled=False,
    )
    with app.database.read() as connection:
        stored = articles.articles_in(connection, settings.rows, run.window)
    told = SimulatedIssue(
        schedule=timing.name,
        slot=run.window.end,
        zone=run.zone,
        window=run.window,
        articles=len(stored),
    )
    if not stored:
        return replace(told, skipped="no article is stored of this window")
    selection = select(stored, job.specification, memory, model)
    told = replace(told, left_out=len(selection.left_out))
    if not selection.stories:
        return replace(told, skipped=f"nothing fits: {selection.left_out[0].reason}")
    draft = write_extractive(selection, job.specification, edition_name(job))
    rendered = render(draft, look_of(app, job, run))
    return replace(
        told,
        stories=selection.stories,
        subject=rendered.subject,
        size=len(rendered.html.encode()),
        cost=_cost(app, selection, job.specification),
    )


def _cost(app: App, selection: Selection, document: Specification) -> Usage | None:
    from autopilot.service.forecast import forecast
    from autopilot.service.writing import models_of

    if app.prices is None:
        return None
    prices = app.prices()
    return forecast(selection, document, prices, models_of(app.settings, prices)[0])
