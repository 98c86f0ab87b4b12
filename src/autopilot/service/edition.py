"""The edition: how an issue is dated and named, and what it says about its own making."""

from __future__ import annotations

from autopilot.domain.content import SourceStatus
from autopilot.domain.run import Run
from autopilot.domain.specification import Writer
from autopilot.pipeline.render.languages import long_date
from autopilot.pipeline.render.look import Look
from autopilot.service.job import Job


def edition_name(job: Job) -> str:
    """Return the day of the issue in its language and zone: "23 November 2026"."""
    return long_date(job.run.window.end, job.specification.language, job.run.zone)


def look_of(job: Job, run: Run) -> Look:
    """Return the look of a run's issue: the workspace's brand, and honest counts of its sources."""
    specification = job.specification
    failed = [report.name for report in run.sources if report.status is SourceStatus.FAILED]
    return Look(
        brand=job.workspace.brand,
        name=specification.name,
        categories={item.id: item.name for item in specification.categories},
        regions={item.id: item.name for item in specification.regions},
        language=specification.language,
        zone=run.zone,
        window=run.window,
        edition=run.window.end,
        sources=len(job.sources),
        failed=tuple(failed),
        notes=_notes(specification.writer),
    )


def _notes(writer: Writer) -> tuple[str, ...]:
    """What readers should know when the issue was not written as its specification asks."""
    if writer is Writer.OPENAI:
        return ("A model was asked for; this issue was written from the sources' own words.",)
    return ()
