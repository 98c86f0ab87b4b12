"""pg_cron on a real server wakes a sleeping worker; its jobs post only when something is due."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from acceptance.feed_server import serving
from drivers.pg_cron_server import running_pg_cron
from drivers.scene import Scene, due_document, last_minute, until
from drivers.test_contract import assert_made_once
from postgres_server import Server, ServerMissing
from required import missing
from sqlalchemy import text, update
from store.rows import ENDED, ISSUE, NOW, RUN, RUNNING, SCHEDULE, put_all
from store.supabase import connected, run
from store.test_migrate import run_script

from autopilot.service.configuration.applying import apply_document
from autopilot.settings import load_settings
from autopilot.store.changes import CHANNEL
from autopilot.store.database import Database, open_database
from autopilot.store.migrate import migrate
from autopilot.store.tables import autopilot_schedules, metadata
from autopilot.wiring import assemble_app

FOLDER = Path(__file__).parents[2] / "deploy" / "supabase"
WAKE, TICK = (FOLDER / name for name in ("pg_cron.sql", "tick.sql"))
A_MINUTE_AND_A_RUN = 240.0


@pytest.fixture
def cron_server() -> Iterator[Server]:
    try:
        with running_pg_cron() as server:
            yield server
    except ServerMissing as reason:
        missing(str(reason))


def test_two_jobs_of_pg_cron_wake_a_worker_that_makes_one_run(
    cron_server: Server, tmp_path: Path
) -> None:
    url = cron_server.url.render_as_string(hide_password=False)
    with serving(delay_seconds=0.1) as feeds:
        environment = {
            "AUTOPILOT_DATABASE_URL": url,
            "AUTOPILOT_DATA_DIR": str(tmp_path / "data"),
            "AUTOPILOT_ALLOW_HOSTS": feeds,
            "AUTOPILOT_POLL_INTERVAL": "3600",
        }
        with closing(assemble_app(load_settings(environment))) as app:
            migrate(app.database)
            minute = last_minute()
            apply_document(app, due_document(feeds, minute), actor="test")
            scene = Scene(environment=environment, folder=tmp_path, app=app)
            with scene.process(sys.executable, "-m", "autopilot", "worker") as worker:
                scene.until_ticked(worker)
                wait_until_quiet(url)  # it sleeps now, for an hour
                make_due_unheard(app.database, minute)
                sql = WAKE.read_text(encoding="utf-8")
                run_script(app.database, sql)
                run_script(app.database, sql)
                run_script(app.database, sql.replace("autopilot-wake", "another-wake"))
                until(lambda: has_ended(app.database), seconds=A_MINUTE_AND_A_RUN)
            assert_made_once(scene)
    with connected(url) as connection:
        assert run(connection, "SELECT count(*) FROM cron.job") == [(2,)]
        ended = run(connection, "SELECT DISTINCT status, return_message FROM cron.job_run_details")
    assert {status for status, _ in ended} == {"succeeded"}


def wait_until_quiet(url: str) -> None:
    """Waits until nobody has asked this database anything for some seconds."""
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        " AND (state <> 'idle' OR state_change > now() - interval '3 seconds')"
    )
    with connected(url) as watching:
        until(lambda: run(watching, others) == [(0,)], seconds=A_MINUTE_AND_A_RUN)


def make_due_unheard(database: Database, minute: Any) -> None:
    """What a person at the SQL editor does: nobody is told."""
    with database.begin() as connection:
        connection.execute(update(autopilot_schedules).values(next_run_at=minute))


def has_ended(database: Database) -> bool:
    with database.read() as connection:
        found = connection.execute(text("SELECT status FROM autopilot.newsletter_runs")).all()
    return [row.status for row in found] == ["succeeded"]


STAND_INS = """
CREATE SCHEMA cron; CREATE SCHEMA net; CREATE SCHEMA vault;
CREATE TABLE cron.job (name text PRIMARY KEY, schedule text, command text);
CREATE FUNCTION cron.schedule(text, text, text) RETURNS bigint LANGUAGE sql AS
  'INSERT INTO cron.job VALUES ($1, $2, $3) RETURNING 1';
CREATE TABLE net.posted (url text, body jsonb, params jsonb, headers jsonb, wait integer);
CREATE FUNCTION net.http_post(url text, body jsonb DEFAULT '{}', params jsonb DEFAULT '{}',
  headers jsonb DEFAULT '{}', timeout_milliseconds integer DEFAULT 5000) RETURNS bigint
  LANGUAGE sql AS 'INSERT INTO net.posted VALUES ($1, $2, $3, $4, $5) RETURNING 1';
CREATE VIEW vault.decrypted_secrets AS SELECT * FROM (VALUES
  ('autopilot_tick_url', 'https://news.example.org/tick'),
  ('autopilot_tick_secret', 'of the vault')) AS kept (name, decrypted_secret);
"""
"""What the jobs call, with the signatures that pg_cron, pg_net and the Vault have."""


@pytest.fixture
def jobs(postgres_server: Server) -> Iterator[tuple[Database, dict[str, str]]]:
    """A store with a row of each kind, none of them due, and the jobs by name."""
    database = open_database(postgres_server.create_database())
    migrate(database)
    with database.begin() as connection:
        put_all(connection)
    change(database, "newsletter_runs", RUN, **ENDED)
    with database.begin() as connection:
        connection.execute(update(metadata.tables["deliveries"]).values(FAR_OFF))
    run_script(database, STAND_INS)
    for file in (WAKE, TICK):
        sql = re.sub(r"(?m)^CREATE EXTENSION.*$", "", file.read_text(encoding="utf-8"))
        run_script(database, sql)
    with database.read() as connection:
        rows = connection.execute(text("SELECT name, schedule, command FROM cron.job")).all()
    assert {row.schedule for row in rows} == {"* * * * *"}
    yield database, {row.name: row.command for row in rows}
    database.close()
    postgres_server.drop_database(database.engine.url.render_as_string(hide_password=False))


FAR_OFF = {"due_at": NOW.replace(year=2099)}
DUE = {
    "a slot": ("autopilot_schedules", SCHEDULE, {"next_run_at": NOW.replace(year=2020)}),
    "a retry of a slot": ("autopilot_schedules", SCHEDULE, {"due_at": NOW.replace(year=2020)}),
    "a queued run": (
        "newsletter_runs",
        RUN,
        {"status": "queued", "finished_at": None, "due_at": NOW.replace(year=2020)},
    ),
    "a dead worker's run": (
        "newsletter_runs",
        RUN,
        RUNNING | {"finished_at": None, "lease_until": NOW.replace(year=2020)},
    ),
    "an issue to go out": (
        "issues",
        ISSUE,
        {"status": "waiting", "release_at": NOW.replace(year=2020)},
    ),
    "a delivery": ("deliveries", None, {"due_at": NOW.replace(year=2020)}),
}


def change(database: Database, table: str, identity: Any, **values: Any) -> None:
    made = metadata.tables[table]
    statement = update(made).values(**values)
    with database.begin() as connection:
        connection.execute(
            statement if identity is None else statement.where(made.c.id == identity)
        )


def fired(database: Database, jobs: dict[str, str]) -> tuple[int, list[Any]]:
    """How often listeners were woken, and what was posted."""
    url = database.engine.url.render_as_string(hide_password=False)
    with connected(url) as listening, connected(url) as connection:
        run(listening, f"LISTEN {CHANNEL}")
        for command in jobs.values():
            run(connection, command)
        heard = len(list(listening.notifies(timeout=0.3)))
        return heard, run(connection, "SELECT url, body, headers, wait FROM net.posted")


def test_jobs_are_still_where_nothing_is_due(jobs: tuple[Database, dict[str, str]]) -> None:
    database, named = jobs
    assert set(named) == {"autopilot-wake", "autopilot-tick"}
    change(database, "autopilot_schedules", SCHEDULE, next_run_at=NOW.replace(year=2099))
    assert fired(database, named) == (0, [])


@pytest.mark.parametrize("what", DUE)
def test_jobs_fire_for(what: str, jobs: tuple[Database, dict[str, str]]) -> None:
    database, named = jobs
    change(database, "autopilot_schedules", SCHEDULE, next_run_at=NOW.replace(year=2099))
    table, identity, values = DUE[what]
    change(database, table, identity, **values)
    heard, posted = fired(database, named)
    assert heard == 1
    headers = {"Content-Type": "application/json", "Authorization": "Bearer of the vault"}
    assert posted == [("https://news.example.org/tick", {"seconds": 50}, headers, 55_000)]


@pytest.mark.parametrize("file", [WAKE, TICK], ids=lambda file: file.stem)
def test_a_job_computes_no_calendar_and_writes_nothing(file: Path) -> None:
    sql = re.sub(r"--.*", "", file.read_text(encoding="utf-8")).lower()
    assert not re.search(r"\b(insert|update|delete|truncate|interval|extract|date_trunc)\b", sql)
    assert f"'{CHANNEL}'" in sql or "net.http_post" in sql
