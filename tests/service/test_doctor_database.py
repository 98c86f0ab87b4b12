"""What doctor says of a database: rights, rules, poolers and clocks; a fix for each finding."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from postgres_server import Server
from sqlalchemy import make_url, text
from store.pgbouncer import pooled
from store.supabase import STRANGERS, as_role, connected, roles, run

from autopilot.service.doctor import examine
from autopilot.service.doctor_database import database_findings
from autopilot.service.findings import Finding, Level
from autopilot.settings import load_settings
from autopilot.store.database import open_database
from autopilot.store.migrate import migrate


@pytest.fixture
def url(postgres_server: Server) -> Iterator[str]:
    """A store of its own, so that settings of the database can be changed."""
    with roles(postgres_server, *STRANGERS):
        made = postgres_server.create_database()
        with closing(open_database(made)) as database:
            migrate(database)
        yield made
        postgres_server.drop_database(made)


def now() -> datetime:
    return datetime.now(UTC)


def looked(url: str, *, ahead: timedelta = timedelta(0), **environ: str) -> dict[str, Finding]:
    """What is found in a store, by check; of several of one check the first that is wrong."""
    settings = load_settings({"AUTOPILOT_DATABASE_URL": url, **environ})
    with closing(open_database(url, schema=settings.database_schema)) as database:
        found = list(database_findings(database, settings, lambda: now() + ahead))
    assert all(each.fix for each in found if each.level is not Level.OK)
    wrong = [each for each in found if each.level is not Level.OK]
    return {each.check: each for each in reversed([*wrong, *found])}


def changed(url: str, *statements: str) -> None:
    name = make_url(url).database
    with connected(url) as admin:
        for statement in statements:
            run(admin, statement.format(name=name))


def test_a_sound_store_has_no_finding(url: str) -> None:
    changed(url, 'ALTER DATABASE "{name}" SET synchronous_commit = on')
    found = looked(url)
    assert (
        found["rights"].message == "row level security is forced; anon and authenticated have none"
    )
    assert found["pooler"].message == "notifications arrive"
    assert found["clock"].level is Level.OK
    told = [each for each in found.values() if each.level is not Level.OK]
    assert [each.message.split(" ")[0] for each in told] in (
        [],
        ["fsync"],
    )  # as the tests' server is


CHANGES = {
    "a grant to anon": (
        ["GRANT SELECT ON autopilot.subscribers TO anon"],
        "rights",
        "anon has rights on subscribers",
    ),
    "a function for all": (
        ["GRANT EXECUTE ON FUNCTION autopilot.set_updated_at() TO PUBLIC"],
        "rights",
        "may call set_updated_at",
    ),
    "no row security": (
        ["ALTER TABLE autopilot.issues NO FORCE ROW LEVEL SECURITY"],
        "rights",
        "not on and forced for issues",
    ),
    "an exposed schema": (
        [
            "CREATE ROLE authenticator",
            "ALTER ROLE authenticator SET pgrst.db_schemas = 'public, autopilot'",
        ],
        "rights",
        "told to show the schema autopilot",
    ),
    "quick commits": (
        ['ALTER DATABASE "{name}" SET synchronous_commit = off'],
        "database",
        " is off: a crash of the server loses",
    ),
    "a strict isolation": (
        [
            "ALTER DATABASE \"{name}\" SET default_transaction_isolation = 'serializable'",
            'ALTER DATABASE "{name}" SET synchronous_commit = on',
        ],
        "database",
        "",
    ),
    "read only": (
        ['ALTER DATABASE "{name}" SET default_transaction_read_only = on'],
        "database",
        "it can only be read",
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_is_wrong_is_found(what: str, url: str) -> None:
    statements, check, told = CHANGES[what]
    changed(url, *statements)
    try:
        finding = looked(url)[check]
        assert finding.level is not Level.OK
        assert told in finding.message
    finally:
        if "authenticator" in statements[0]:
            changed(url, "DROP ROLE authenticator")


def test_the_fix_for_rights_is_to_migrate(url: str) -> None:
    changed(
        url,
        "GRANT USAGE ON SCHEMA autopilot TO anon",
        "GRANT ALL ON ALL TABLES IN SCHEMA autopilot TO PUBLIC",
        "ALTER TABLE autopilot.users DISABLE ROW LEVEL SECURITY",
    )
    finding = looked(url)["rights"]
    assert finding.level is Level.ERROR
    assert finding.fix is not None
    assert finding.fix.endswith("autopilot migrate")
    assert " and " in finding.message
    with closing(open_database(url)) as database:
        migrate(database)
    assert looked(url)["rights"].level is Level.OK


def test_strict_isolation_is_named(url: str) -> None:
    changed(url, "ALTER DATABASE \"{name}\" SET default_transaction_isolation = 'serializable'")
    settings = load_settings({"AUTOPILOT_DATABASE_URL": url})
    with closing(open_database(url)) as database:
        told = [each.message for each in database_findings(database, settings, now)]
    assert any("transactions are serializable" in each for each in told)


def test_a_role_that_sees_nothing_is_told(url: str, postgres_server: Server) -> None:
    with roles(postgres_server, "autopilot_blind"):
        changed(
            url,
            "GRANT USAGE ON SCHEMA autopilot TO autopilot_blind",
            "GRANT SELECT ON ALL TABLES IN SCHEMA autopilot TO autopilot_blind",
        )
        try:
            finding = looked(as_role(url, "autopilot_blind"))["rights"]
            assert "sees no row of" in finding.message
            with closing(open_database(url)) as database:
                migrate(database)
            assert looked(as_role(url, "autopilot_blind"))["rights"].level is Level.OK
        finally:
            changed(url, "DROP OWNED BY autopilot_blind")


def test_a_direct_address_is_tried(url: str, postgres_server: Server) -> None:
    assert "past the pooler" in looked(url, AUTOPILOT_DATABASE_DIRECT_URL=url)["pooler"].message
    nowhere = "postgresql://127.0.0.1:1/x"
    told = looked(url, AUTOPILOT_DATABASE_DIRECT_URL=nowhere)["pooler"]
    assert (told.level, "cannot be used" in told.message) == (Level.ERROR, True)
    empty = postgres_server.create_database()
    told = looked(url, AUTOPILOT_DATABASE_DIRECT_URL=empty)["pooler"]
    assert "it has no tables" in told.message
    with closing(open_database(empty)) as database:
        migrate(database)
    assert "another database" in looked(url, AUTOPILOT_DATABASE_DIRECT_URL=empty)["pooler"].message
    postgres_server.drop_database(empty)


def test_a_real_transaction_pooler_is_noticed(url: str, postgres_server: Server) -> None:
    with pooled(postgres_server, url) as address:
        finding = looked(address)["pooler"]
        assert finding.level is Level.WARNING
        assert "AUTOPILOT_DATABASE_DIRECT_URL" in str(finding.fix)
        past = looked(address, AUTOPILOT_DATABASE_DIRECT_URL=url)["pooler"]
    assert (past.level, past.message) == (Level.OK, "notifications arrive past the pooler")


@pytest.mark.parametrize(
    ("ahead", "level", "told"),
    [
        (timedelta(seconds=10), Level.WARNING, "10 s ahead of"),
        (timedelta(seconds=-10), Level.WARNING, "10 s behind"),
        (timedelta(hours=3), Level.ERROR, "ahead of"),
        (timedelta(seconds=1), Level.OK, "within 2 s"),
    ],
)
def test_a_clock_that_is_off_is_told(url: str, ahead: timedelta, level: Level, told: str) -> None:
    finding = looked(url, ahead=ahead)["clock"]
    assert (finding.level, told in finding.message) == (level, True)


def test_a_file_from_the_future_is_told(new_store: Callable[[str], str], tmp_path: Any) -> None:
    url = new_store("sqlite")
    assert "clock" not in looked(url)
    with closing(open_database(url)) as database, database.begin() as connection:
        later = (now() + timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S.%f")
        columns = "id, hostname, pid, version, started_at, last_seen_at, last_tick_at"
        connection.execute(
            text(
                f"INSERT INTO workers ({columns}) VALUES ('{'0' * 32}', 'h', 1, '0', :at, :at, :at)"
            ),
            {"at": later},
        )
    assert "yet to come" in looked(url)["clock"].message
    environ = {"AUTOPILOT_DATABASE_URL": url, "AUTOPILOT_DATA_DIR": str(tmp_path)}
    assert any(each.check == "clock" for each in examine(environ, now()))
