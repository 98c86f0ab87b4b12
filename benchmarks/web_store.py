"""The web measure's store: one workspace with many schedules, and ten runs behind each of them.

Built as the program builds its own rows, but for their times, which lie in the past; so that pages
and addresses read what a house of that size would have them read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import insert

from autopilot.domain.schedule import Schedule
from autopilot.domain.specification import Brand, Specification
from autopilot.service.context import App
from autopilot.service.timing import new_state
from autopilot.store import schedules, specifications, workspaces
from autopilot.store.tables import issue_stories, issues, newsletter_runs

ZONE = "Europe/Berlin"
SPECIFICATIONS = 100
RUNS_EACH = 10
ISSUE_EVERY = 5  # of the runs one in five made an issue that is still there
STORIES = 5
AT_ONCE = 5_000
DAYS = ("mon", "tue", "wed", "thu", "fri")


def fill(app: App, count: int) -> tuple[UUID, Sequence[UUID]]:
    """Store `count` schedules with ten runs each; returns the workspace and some of the schedules."""
    owner = workspaces.Workspace(
        id=uuid4(), slug="bench", name="Bench", timezone=ZONE, brand=Brand()
    )
    rows = [_specification(owner.id, number) for number in range(SPECIFICATIONS)]
    now = datetime.now(UTC)
    with app.database.begin() as connection:
        workspaces.add_workspace(connection, owner)
        for row in rows:
            specifications.add_specification(connection, row)
        made = [_schedule(rows[number % SPECIFICATIONS], number, now) for number in range(count)]
        for schedule in made:
            schedules.add_schedule(connection, schedule)
    html = app.artifacts.put(b"<!doctype html><title>Bench</title><p>An issue.</p>", "text/html")
    text = app.artifacts.put(b"An issue.\n", "text/plain")
    values = list(_runs(made, now))
    kept = values[::ISSUE_EVERY]
    for table, all_values in (
        (newsletter_runs, values),
        (issues, [_issue(run, number, html, text) for number, run in enumerate(kept)]),
    ):
        for start in range(0, len(all_values), AT_ONCE):
            with app.database.begin() as connection:
                connection.execute(insert(table), all_values[start : start + AT_ONCE])
    _stories(app, [run["id"] for run in kept])
    return owner.id, [schedule.id for schedule in made[:: max(1, count // 50)]]


def _specification(workspace_id: UUID, number: int) -> specifications.SpecificationRow:
    document = Specification.model_validate(
        {
            "slug": f"letter-{number}",
            "name": f"Letter {number}",
            "categories": [{"id": "grid", "name": "Grid", "keywords": ["grid"]}],
        }
    )
    return specifications.SpecificationRow(
        id=uuid4(),
        workspace_id=workspace_id,
        slug=document.slug,
        status="active",
        document=document,
    )


def _schedule(row: specifications.SpecificationRow, number: int, now: datetime) -> Schedule:
    config = {
        "days": [DAYS[number % len(DAYS)]],
        "times": [f"{6 + number % 12:02}:{number % 60:02}"],
    }
    schedule = Schedule(
        id=uuid4(),
        workspace_id=row.workspace_id,
        specification_id=row.id,
        created_by="bench@example.org",
        name=f"Weekly {number}",
        type="weekly",
        config=config,
        timezone=ZONE,
    )
    counted = replace(schedule, run_count=RUNS_EACH, success_count=RUNS_EACH)
    return new_state(counted, number % 20 > 0, now)


def _runs(made: Sequence[Schedule], now: datetime) -> Iterator[dict[str, object]]:
    for number, schedule in enumerate(made):
        for back in range(RUNS_EACH):
            slot = now - timedelta(weeks=back + 1, seconds=number)
            bad = (number + back) % 40 == 0
            yield {
                "id": uuid4(),
                "workspace_id": schedule.workspace_id,
                "specification_id": schedule.specification_id,
                "autopilot_schedule_id": schedule.id,
                "trigger": "schedule",
                "scheduled_for": slot,
                "zone": ZONE,
                "window_start": slot - timedelta(weeks=1),
                "window_end": slot,
                "due_at": slot,
                "status": "failed" if bad else "succeeded",
                "reason": "All sources failed." if bad else None,
                "epoch": 1,
                "attempt": 1,
                "started_at": slot,
                "finished_at": slot + timedelta(seconds=20),
                "created_by": "bench@example.org",
                "created_at": slot,
            }


def _issue(run: dict[str, object], number: int, html: str, text: str) -> dict[str, object]:
    return {
        "id": run["id"],
        "workspace_id": run["workspace_id"],
        "specification_id": run["specification_id"],
        "run_id": run["id"],
        "scheduled_for": run["scheduled_for"],
        "status": "approved",
        "subject": f"The grid operator plans line {number}",
        "preheader": "And who pays for it",
        "writer": "extractive",
        "html_sha256": html,
        "text_sha256": text,
        "created_at": run["scheduled_for"],
    }


def _stories(app: App, issue_ids: Sequence[object]) -> None:
    values = [
        {"issue_id": issue_id, "position": place, "key": f"{issue_id}-{place}", "document": {}}
        for issue_id in issue_ids
        for place in range(STORIES)
    ]
    for start in range(0, len(values), AT_ONCE):
        with app.database.begin() as connection:
            connection.execute(insert(issue_stories), values[start : start + AT_ONCE])
