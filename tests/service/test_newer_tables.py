"""A worker beside tables of a newer program goes on until it fails on them; then it claims no more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from service.asking import rows
from service.test_worker import PATIENCE_SECONDS, quick
from sqlalchemy import text

from autopilot.drivers.worker import run_worker
from autopilot.errors import SchemaMismatch
from autopilot.service.context import App
from autopilot.service.newer_tables import newer_tables
from autopilot.service.tick import TickReport
from autopilot.wiring import now

__all__ = ["quick"]


def change(app: App, *statements: str) -> None:
    place = "autopilot." if app.database.is_postgres else ""
    with app.database.begin() as connection:
        for statement in statements:
            connection.execute(text(statement.format(place=place)))


UPGRADED = "UPDATE {place}alembic_version SET version_num = '9999'"
TAKEN_AWAY = "ALTER TABLE {place}autopilot_schedules RENAME COLUMN due_at TO later_at"


def test_it_is_known_whether_tables_are_newer(app: App) -> None:
    assert newer_tables(app) is None
    change(app, UPGRADED)
    told = newer_tables(app)
    assert told is not None
    assert "9999, newer than this program" in told.message
    change(app, "DROP TABLE {place}alembic_version")
    assert newer_tables(app) is None


def test_a_worker_goes_on_beside_newer_tables_and_stops_where_it_fails(
    new_app: Callable[..., App],
) -> None:
    app = new_app(clock=now, AUTOPILOT_POLL_INTERVAL="0.1")
    ended: list[BaseException | None] = []
    ticks: list[TickReport] = []

    def work() -> None:
        try:
            run_worker(app, stop=threading.Event(), on_tick=ticks.append)
        except SchemaMismatch as error:
            ended.append(error)

    working = threading.Thread(target=work, daemon=True)
    working.start()
    wait_for(lambda: ticks)
    change(app, UPGRADED)
    seen = len(ticks)
    wait_for(lambda: len(ticks) > seen + 2)
    assert ended == []
    change(app, TAKEN_AWAY)
    working.join(PATIENCE_SECONDS)
    assert ["newer than this program" in str(error) for error in ended] == [True]
    assert [row.stopped_at is not None for row in rows(app, "workers")] == [True]


def wait_for(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
