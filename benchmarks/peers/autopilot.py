"""Autopilot: its own tick, plan and lease; only the making of the issue is replaced by the job."""

from __future__ import annotations

import logging
import shutil
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, text

from autopilot.domain.run import Run
from autopilot.service import tick as ticking
from autopilot.service.context import App
from autopilot.service.lease import Lease
from autopilot.service.timing import calendar_version
from autopilot.settings import LogFormat, load_settings
from autopilot.store.database import Database
from autopilot.store.migrate import migrate
from autopilot.store.tables import newsletter_specifications, workspaces
from autopilot.wiring import assemble_app, configure_logging
from benchmarks.case import Case
from benchmarks.marker import connect, job

WORKSPACE, SPECIFICATION = (f"{number:032x}" for number in (1, 2))
ZONE = "Europe/Berlin"
POLL_SECONDS = 1  # as often as the others look; the default is five minutes
MINUTE = 60.0

ROWS = """INSERT INTO autopilot_schedules (id, workspace_id, specification_id, created_by,
    schedule_name, schedule_type, schedule_config, timezone, next_run_at, computed_with)
    SELECT {fresh_id}, :workspace, :specification, 'bench@example.org',
    :name || i, 'daily', {config}, :zone, {moment}, :calendar FROM {numbers}"""
SQLITE_NUMBERS = (
    "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)"
    " SELECT i FROM n)"
)


def open_peer(case: Case) -> Autopilot:
    """Return Autopilot on the case's store, with its tables."""
    configure_logging(LogFormat.JSON, level=logging.CRITICAL)
    if not hasattr(ticking, "execute"):
        raise RuntimeError("the tick executes runs in another way now: teach this module")
    ticking.execute = commit_a_marker
    return Autopilot(case)


def commit_a_marker(lease: Lease) -> Run:
    """Stand in for `execute`: the job, and the run ends through its lease."""
    with lease:
        job(lease.run.schedule_id)
        return lease.end(lease.run.succeed(lease.app.clock()))


class Autopilot:
    """One worker. Its clock is shifted so that the moment is a whole minute: rules have no seconds."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.ends_itself = case.measure in {"drain", "rows"}
        shift = timedelta(seconds=-case.due % MINUTE if case.due else 0)
        self._workers = "workers" if case.is_sqlite else "autopilot.workers"
        self.app: App = _app(case, shift)
        migrate(self.app.database)

    def fill(self, count: int, due: float) -> None:
        """Store daily schedules by SQL; each has a slot at the moment given."""
        slot = _whole_minute(due)
        if self.case.measure == "lateness":
            slot = datetime.fromtimestamp(due + (-due % MINUTE), UTC)
        config = f'{{"times": ["{slot.astimezone(ZoneInfo(ZONE)):%H:%M}"]}}'
        with self.app.database.begin() as connection:
            if self.app.database.is_postgres:
                connection.execute(text("SET LOCAL search_path TO autopilot"))
            _add_owners(connection)
            connection.execute(
                text(_rows(self.app.database)),
                {
                    "workspace": WORKSPACE,
                    "specification": SPECIFICATION,
                    "name": f"{uuid4().hex[:8]} ",
                    "config": config,
                    "zone": ZONE,
                    "moment": f"{slot:%Y-%m-%d %H:%M:%S.%f}",
                    "calendar": calendar_version(),
                    "count": count,
                },
            )

    def work(self) -> None:
        """Tick until nothing is due, or as the worker does, for ever."""
        if not self.ends_itself:
            from autopilot.drivers.worker import run_worker

            run_worker(self.app, stop=threading.Event())
            return
        while ticking.tick(self.app).did_something:
            pass

    def poll(self) -> None:
        """Do one tick that finds nothing due, as an idle worker does, with its look ahead."""
        if ticking.tick(self.app).did_something:
            raise RuntimeError("something was due")
        ticking.next_wake(self.app, self.app.clock())

    def command(self) -> tuple[list[str], dict[str, str]]:
        """Return how a person starts the worker, and the environment it is started in."""
        looking = connect(self.case)  # workers of earlier rounds were killed: forget them
        looking.execute(f"DELETE FROM {self._workers}")  # noqa: S608 - one of two names
        looking.close()
        program = shutil.which("autopilot", path=str(Path(sys.executable).parent))
        return [program or "autopilot", "worker", "--json"], _environment(self.case)

    def is_ready(self) -> bool:
        """Whether a worker of this store has done its first tick."""
        if not hasattr(self, "_looking"):
            self._looking = connect(self.case)
        found = self._looking.execute(
            f"SELECT count(*) FROM {self._workers} WHERE last_tick_at IS NOT NULL"  # noqa: S608
        ).fetchone()
        return bool(found[0])


def _app(case: Case, shift: timedelta) -> App:
    app = assemble_app(load_settings(_environment(case)))
    return replace(app, clock=lambda: datetime.now(UTC) + shift)


def _environment(case: Case) -> dict[str, str]:
    return {
        "AUTOPILOT_DATABASE_URL": case.url,
        "AUTOPILOT_DATA_DIR": str(Path(case.address).parent) if case.is_sqlite else "/nowhere",
        "AUTOPILOT_ARTIFACTS": "database",
        "AUTOPILOT_SQLITE_JOURNAL": case.journal if case.is_sqlite else "auto",
        "AUTOPILOT_POLL_INTERVAL": str(POLL_SECONDS),
        "AUTOPILOT_LOG_FORMAT": "json",
    }


def _whole_minute(moment: float) -> datetime:
    """The last whole minute at or before a moment."""
    return datetime.fromtimestamp(moment - moment % MINUTE, UTC)


def _add_owners(connection: Connection) -> None:
    """One workspace and one specification, unless an earlier fill made them."""
    if connection.execute(text("SELECT count(*) FROM workspaces")).scalar():
        return
    connection.execute(
        insert(workspaces).values(
            id=UUID(WORKSPACE), slug="bench", name="Bench", timezone=ZONE, brand={}
        )
    )
    connection.execute(
        insert(newsletter_specifications).values(
            id=UUID(SPECIFICATION),
            workspace_id=UUID(WORKSPACE),
            slug="bench",
            document={"cadence": "daily"},
        )
    )


def _rows(database: Database) -> str:
    if database.is_postgres:
        return (
            ROWS.format(
                fresh_id="gen_random_uuid()",
                config="cast(:config AS jsonb)",
                moment="cast(:moment AS timestamp) AT TIME ZONE 'UTC'",
                numbers="generate_series(1, :count) AS numbers(i)",
            )
            .replace(":workspace", "cast(:workspace AS uuid)")
            .replace(":specification", "cast(:specification AS uuid)")
        )
    return ROWS.format(
        fresh_id="lower(hex(randomblob(16)))",
        config=":config",
        moment=":moment",
        numbers=SQLITE_NUMBERS,
    )
