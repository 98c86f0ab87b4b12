"""Issue files: the page and the text part of a run as files that people open, and their paths."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from autopilot.errors import InputRefused, Problem

if TYPE_CHECKING:
    from autopilot.domain.run import Run
    from autopilot.service.context import App

FOLDER = "issues"


def ready_folder(out: Path | None) -> None:
    """Make the folder that --out names; raises InputRefused before any work is done for nothing."""
    if out is None:
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = Problem(path="--out", message=f"{out} is no usable folder: {error.strerror}")
        raise InputRefused("The issue cannot be written there:", [problem]) from error


def report_with_files(app: App, run: Run, out: Path | None = None) -> dict[str, Any]:
    """Return a run's report, its issue written as files into `out` or the data folder.

    `html_path` and `text_path` name those files; both are None when the run made no issue.
    """
    from autopilot.service.report import run_report, write_issue

    report = run_report(app, run)
    if report["subject"] is None:
        return report
    folder = (out or app.settings.data_dir / FOLDER).absolute()
    written = write_issue(app, run, folder, _name(app, run))
    if written is not None:
        report["html_path"], report["text_path"] = (str(path) for path in written)
    return report


def _name(app: App, run: Run) -> str:
    """Such as energy-weekly-2026-11-23-1a2b3c4d: what, of which local day, of which run."""
    from autopilot.domain.recurrence.civil_time import zone_of
    from autopilot.service.status import specification_slugs

    slug = specification_slugs(app).get(run.specification_id, "issue")
    day = (run.scheduled_for or run.created_at).astimezone(zone_of(run.zone).info)
    return f"{slug}-{day:%Y-%m-%d}-{str(run.id)[:8]}"
