"""Many workers on one store, some of them killed: every promised slot gives exactly one issue."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from acceptance.feed_server import serving
from sqlalchemy import func, select

from autopilot.domain.run import ENDS, RunStatus
from autopilot.domain.specification import WorkspaceDocument
from autopilot.service.configuration.applying import apply_document
from autopilot.service.context import App
from autopilot.settings import load_settings
from autopilot.store.migrate import migrate
from autopilot.store.tables import autopilot_schedules, issues, newsletter_runs
from autopilot.wiring import assemble_app

SPECIFICATIONS, SCHEDULES_EACH = 20, 10
SLOTS = SPECIFICATIONS * SCHEDULES_EACH
WORKERS, KILLED = 8, 3
PATIENCE_SECONDS = 300
Process = subprocess.Popen[bytes]


@pytest.fixture
def feeds() -> Iterator[str]:
    with serving(delay_seconds=0.15) as place:
        yield place


@pytest.fixture
def environment(database_url: str, tmp_path: Path, feeds: str) -> dict[str, str]:
    return {
        "AUTOPILOT_DATABASE_URL": database_url,
        "AUTOPILOT_DATA_DIR": str(tmp_path / "data"),
        "AUTOPILOT_ALLOW_HOSTS": feeds,
        "AUTOPILOT_POLL_INTERVAL": "1",
        "AUTOPILOT_LEASE_SECONDS": "2",
    }


@pytest.fixture
def app(environment: dict[str, str], feeds: str) -> Iterator[App]:
    app = assemble_app(load_settings(environment))
    migrate(app.database)
    yield app
    app.close()


def document(feeds: str, minute: datetime) -> WorkspaceDocument:
    """Two hundred schedules whose next slot is this minute and whose slot after it is tomorrow."""
    cron = f"{minute.minute} {minute.hour} * * *"
    return WorkspaceDocument.model_validate(
        {
            "workspace": "acme",
            "name": "Acme",
            "specifications": [
                {
                    "slug": f"energy-{number}",
                    "name": f"Energy {number}",
                    "cadence": "weekly",
                    "categories": [{"id": "grid", "name": "Grid", "keywords": ["grid", "power"]}],
                    "sources": [{"url": f"http://{feeds}/{number}.xml"}],
                    "schedules": [
                        {"name": f"slot {place}", "type": "custom", "config": {"cron": cron}}
                        for place in range(SCHEDULES_EACH)
                    ],
                }
                for number in range(SPECIFICATIONS)
            ],
        }
    )


@contextmanager
def workers(environment: dict[str, str], count: int) -> Iterator[list[Process]]:
    command = [sys.executable, "-m", "autopilot", "worker"]
    running = [
        subprocess.Popen(
            command,
            env=os.environ | environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(count)
    ]
    try:
        yield running
    finally:
        for process in running:
            process.kill()
            process.wait()


def count(app: App, *states: RunStatus) -> int:
    with app.database.read() as connection:
        query = select(func.count()).select_from(newsletter_runs)
        return int(connection.scalar(query.where(newsletter_runs.c.status.in_(states))) or 0)


def wait_until(app: App, alive: Sequence[Process], met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not met():
        assert [process.poll() for process in alive] == [None] * len(alive), "a worker ended"
        assert time.monotonic() < deadline, {state.value: count(app, state) for state in RunStatus}
        time.sleep(0.05)


def busy(app: App, *, done: int) -> bool:
    return count(app, RunStatus.RUNNING) >= 4 and count(app, RunStatus.SUCCEEDED) > done


def test_each_of_200_slots_gives_one_issue_although_three_of_eight_workers_are_killed(
    app: App, environment: dict[str, str], feeds: str
) -> None:
    minute = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=1)
    before = replace(app, clock=lambda: minute - timedelta(seconds=30))
    apply_document(before, document(feeds, minute), actor="test")
    with workers(environment, WORKERS) as running:
        for number, victim in enumerate(running[:KILLED]):
            # Several runs are in hand and others are done: the kill hits a worker at its work.
            wait_until(app, running[KILLED:], partial(busy, app, done=number * 20))
            victim.send_signal(signal.SIGKILL)
        wait_until(app, running[KILLED:], lambda: count(app, *ENDS) == SLOTS)
        for process in running[KILLED:]:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(timeout=30) for process in running[KILLED:]] == [0] * 5
    _assert_once_each(app, minute)


def _assert_once_each(app: App, minute: datetime) -> None:
    runs, schedules = newsletter_runs.c, autopilot_schedules.c
    with app.database.read() as connection:
        rows = connection.execute(select(newsletter_runs)).all()
        made = connection.execute(select(issues.c.run_id)).scalars().all()
        figures = connection.execute(
            select(schedules.run_count, schedules.success_count, schedules.next_run_at)
        ).all()
        open_leases = connection.scalar(
            select(func.count()).select_from(newsletter_runs).where(runs.lease_until.is_not(None))
        )
    assert [row.status for row in rows] == ["succeeded"] * SLOTS
    assert len({row.autopilot_schedule_id for row in rows}) == SLOTS
    assert {row.scheduled_for for row in rows} == {minute}
    assert sorted(made) == sorted(row.id for row in rows)
    assert set(figures) == {(1, 1, minute + timedelta(days=1))}
    assert open_leases == 0
    # The kills did interrupt somebody: at least one run was taken over by another worker.
    assert max(row.attempt for row in rows) > 1
