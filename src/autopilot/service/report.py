"""Reports: a run as JSON for programs and for the tables people see. Keys are stable and documented
in docs/reference/json.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autopilot.domain.content import Selection
from autopilot.domain.instants import iso
from autopilot.domain.run import Run, RunStatus, Step
from autopilot.service.checkpoint import unpack
from autopilot.service.context import App
from autopilot.service.outcome import outcomes_of
from autopilot.store import deliveries, issues, steps, usage

_OPEN = {RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.SUCCEEDED}
_STORY_KEYS = ("title", "url", "also", "category", "region", "sources", "reason")
_LATER_KEYS = ("score", "update_of", "summary", "sentences", "note")  # older issues lack them


def run_summary(run: Run) -> dict[str, Any]:
    """Return a run's own row: what, when, for which slot and window, and how it ended."""
    return {
        "run_id": str(run.id),
        "status": run.status.value,
        "error": None if run.status in _OPEN else run.reason,
        "trigger": run.trigger.value,
        "specification_id": str(run.specification_id),
        "schedule_id": run.schedule_id and str(run.schedule_id),
        "scheduled_for": iso(run.scheduled_for),
        "timezone": run.zone,
        "window": {"from": iso(run.window.start), "to": iso(run.window.end)},
        "attempt": run.attempt,
        "created_at": iso(run.created_at),
        "started_at": iso(run.started_at),
        "finished_at": iso(run.finished_at),
    }


def run_report(app: App, run: Run) -> dict[str, Any]:
    """Return everything about a run: steps, sources, the issue, its stories, what was left out."""
    with app.database.read() as connection:
        finished = steps.list_steps(connection, run.id)
        issue = issues.issue_of_run(connection, run.id)
        stories = issues.stories_of(connection, issue.id) if issue else []
        spent = usage.usage_of(connection, run.id)
        outcome = outcomes_of(connection, [run])[run.id]
        counts = deliveries.count_by_issue(connection, [issue.id])[issue.id] if issue else None
    selected = next((row.output for row in finished if row.step is Step.SELECT), None)
    left_out = unpack(Selection, selected).left_out if selected else ()
    return run_summary(run) | {
        "steps": {
            row.step.value: {
                "in": row.count_in,
                "out": row.count_out,
                "seconds": round(row.seconds, 4),
            }
            for row in finished
        },
        "subject": issue and issue.subject,
        "issue_id": issue and str(issue.id),
        "issue_status": issue and issue.status,
        "outcome": outcome,
        "deliveries": {status.value: count for status, count in counts.by_status.items()}
        if counts
        else {},
        "writer": issue and issue.writer,
        "notes": list(issue.notes) if issue else [],
        "gate": issue and issue.report,
        "usage": [
            {
                "model": one.model,
                "calls": one.calls,
                "input_tokens": one.input_tokens,
                "output_tokens": one.output_tokens,
                "usd": one.usd,
            }
            for one in spent
        ],
        "html_path": issue and _path(app, issue.html_sha256),
        "text_path": issue and _path(app, issue.text_sha256),
        "sources": [
            {
                "url": report.url,
                "status": report.status.value,
                "entries": report.entries,
                "error": report.error,
            }
            for report in run.sources
        ],
        "stories": [_story(story.document) for story in stories],
        "left_out": [
            {"title": item.title, "url": item.url, "reason": item.reason, "score": item.score}
            for item in left_out
        ],
    }


def _story(document: dict[str, Any]) -> dict[str, Any]:
    told = {key: document[key] for key in _STORY_KEYS}
    return told | {key: document.get(key) for key in _LATER_KEYS}


def issue_parts(app: App, run: Run) -> tuple[bytes, bytes] | None:
    """Return the HTML and the text part of a run's issue, or None when it made none."""
    with app.database.read() as connection:
        issue = issues.issue_of_run(connection, run.id)
    if issue is None:
        return None
    return app.artifacts.get(issue.html_sha256), app.artifacts.get(issue.text_sha256)


def write_issue(app: App, run: Run, folder: Path, name: str) -> tuple[Path, Path] | None:
    """Write a run's issue as NAME.html and NAME.txt into a folder, and return the two paths."""
    parts = issue_parts(app, run)
    if parts is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    paths = (folder / f"{name}.html", folder / f"{name}.txt")
    for path, content in zip(paths, parts, strict=True):
        path.write_bytes(content)
    return paths


def _path(app: App, name: str) -> str | None:
    path = app.artifacts.path(name)
    return None if path is None else str(path)
