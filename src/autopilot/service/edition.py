"""The edition: how an issue is dated and named, and what it says about its own making."""

from __future__ import annotations

from pathlib import Path

from autopilot.domain.content import SourceStatus
from autopilot.domain.run import Run
from autopilot.pipeline.render import TEMPLATES
from autopilot.pipeline.render.languages import long_date
from autopilot.pipeline.render.look import Look
from autopilot.service.context import App
from autopilot.service.job import Job


def edition_name(job: Job) -> str:
    """Return the day of the issue in its language and zone: "23 November 2026"."""
    return long_date(job.run.window.end, job.specification.language, job.run.zone)


def look_of(app: App, job: Job, run: Run) -> Look:
    """Return the look of a run's issue: the workspace's brand and template, and honest counts of
    its sources.
    """
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
        template=specification.template,
        template_text=template_text(app.settings.data_dir, specification.template),
    )


def template_text(data_dir: Path, name: str) -> str:
    """Return the text of an own template, "" where the name is one of ours or there is no file."""
    if name in TEMPLATES:
        return ""
    try:
        return template_file(data_dir, name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def template_file(data_dir: Path, name: str) -> Path:
    """Return where an own template of this name is kept."""
    return data_dir / "templates" / f"{name}.html.j2"
