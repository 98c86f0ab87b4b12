"""The edition: how an issue is dated and named, and what it says about its own making."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid5

from autopilot.domain.channel import ArchiveChannel, EmailChannel
from autopilot.domain.content import SourceStatus
from autopilot.domain.run import Run
from autopilot.pipeline.render import TEMPLATES
from autopilot.pipeline.render.languages import long_date
from autopilot.pipeline.render.look import Look
from autopilot.pipeline.render.translations import phrases_for
from autopilot.service.context import App
from autopilot.service.job import Job
from autopilot.service.links import PLACEHOLDER, archive_url


class OwnLinks(NamedTuple):
    """Where an issue leads to ourselves: to unsubscribe (a stand-in for each reader's own link) and
    to its page in the archive; "" where it has none.
    """

    unsubscribe: str
    web: str


def own_links(app: App, job: Job) -> OwnLinks:
    """Return the links that a run's issue has to us, by its channels."""
    channels = job.specification.channels
    page = None
    if any(isinstance(each, ArchiveChannel) for each in channels):
        identity = issue_id_of(job.run.id)
        page = archive_url(app, job.workspace.slug, job.specification.slug, identity)
    is_mailed = any(isinstance(each, EmailChannel) for each in channels)
    return OwnLinks(unsubscribe=PLACEHOLDER if is_mailed else "", web=page or "")


def issue_id_of(run_id: UUID) -> UUID:
    """Return the id of the issue that a run makes, before it is made: its page is linked in it."""
    return uuid5(run_id, "issue")


def edition_name(job: Job) -> str:
    """Return the day of the issue in its language and zone: "23 November 2026"."""
    return long_date(job.run.window.end, job.specification.language, job.run.zone)


def look_of(app: App, job: Job, run: Run) -> Look:
    """Return the look of a run's issue: the workspace's brand and template, and honest counts of
    its sources.
    """
    specification = job.specification
    failed = [report.name for report in run.sources if report.status is SourceStatus.FAILED]
    links = own_links(app, job)
    why = phrases_for(specification.language).why.format(name=specification.name)
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
        why=why if links.unsubscribe else "",
        postal_address=job.workspace.brand.postal_address,
        unsubscribe_url=links.unsubscribe,
        web_url=links.web,
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
