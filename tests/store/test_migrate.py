"""Migrations: the tables of this program, once, whoever asks and however often."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import CheckConstraint, inspect, select, text
from store.processes import bring_up_to_date, together
from store.rows import FIRST, RUN, SCHEDULE, put_all

from autopilot.errors import SchemaMismatch, StoreUnavailable
from autopilot.store import migrate as module
from autopilot.store import runs, schedules
from autopilot.store.database import Database, open_database
from autopilot.store.migrate import HEAD, check_schema, current_revision, migrate, script
from autopilot.store.tables import metadata

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "development" / "migration_autopilot_schedules.sql"
VERSIONS = ROOT / "src" / "autopilot" / "store" / "migrations" / "versions"
PLANNED_INDEXES = {
    "idx_autopilot_schedules_spec": (["specification_id"], None),
    "idx_autopilot_schedules_workspace": (["workspace_id"], None),
    "idx_autopilot_schedules_enabled": (["enabled", "next_run_at"], None),
    "idx_autopilot_schedules_next_run": (["next_run_at"], "enabled"),
}


@pytest.fixture
def empty(database_url: str) -> Any:
    database = open_database(database_url)
    yield database
    database.close()


def test_the_head_is_the_newest_revision_file() -> None:
    names = sorted(path.name.split("_")[0] for path in VERSIONS.glob("[0-9]*.py"))
    assert names[-1] == HEAD


def test_migrating_twice_changes_nothing_the_second_time(empty: Database) -> None:
    assert current_revision(empty) is None
    first, second = migrate(empty), migrate(empty)
    assert (first.before, first.after) == (None, HEAD)
    assert (second.before, second.after) == (HEAD, HEAD)
    check_schema(empty)


def test_two_threads_migrate_at_once(empty: Database) -> None:
    found: list[object] = []
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        found.append(migrate(empty).before)

    working = [threading.Thread(target=work) for _ in range(2)]
    for thread in working:
        thread.start()
    for thread in working:
        thread.join()
    assert sorted(found, key=str) == [HEAD, None]


def test_two_processes_migrate_at_once(empty: Database, database_url: str) -> None:
    assert together(3, bring_up_to_date, database_url) == [0, 0, 0]
    check_schema(empty)


def test_a_migration_that_breaks_leaves_nothing(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = module._upgrade

    def break_after(connection: Any) -> None:
        upgrade(connection)
        raise StoreUnavailable("the plug was pulled")

    monkeypatch.setattr(module, "_upgrade", break_after)
    with pytest.raises(StoreUnavailable):
        migrate(empty)
    assert current_revision(empty) is None
    monkeypatch.undo()
    assert migrate(empty).before is None


@pytest.mark.parametrize("verb", [migrate, check_schema])
def test_newer_tables_are_refused(empty: Database, verb: Callable[[Database], object]) -> None:
    migrate(empty)
    table = "autopilot.alembic_version" if empty.is_postgres else "alembic_version"
    with empty.begin() as connection:
        connection.execute(text(f"UPDATE {table} SET version_num = '9999'"))
    with pytest.raises(SchemaMismatch, match="9999, newer than this program") as told:
        verb(empty)
    assert "Update Autopilot" in str(told.value.hint)


def test_an_empty_store_is_told_apart(empty: Database) -> None:
    with pytest.raises(SchemaMismatch, match="no tables yet") as told:
        check_schema(empty)
    assert told.value.hint == "Run: autopilot migrate"


def test_older_tables_are_told_with_both_revisions(empty: Database) -> None:
    migrate(empty)
    table = "autopilot.alembic_version" if empty.is_postgres else "alembic_version"
    with empty.begin() as connection:
        connection.execute(text(f"UPDATE {table} SET version_num = '0000'"))
    with pytest.raises(SchemaMismatch, match=f"0000; this program needs {HEAD}"):
        check_schema(empty)


@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression")
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression")
def test_migrations_make_the_tables_of_the_program(database: Database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with database.read() as connection:
        if database.is_postgres:
            connection.exec_driver_sql('SET LOCAL search_path TO "autopilot"')
        # SQLite tells a default back in words of its own (1 for true).
        opts = {
            "compare_type": True,
            "compare_server_default": database.is_postgres,
            # SQLite's full-text index keeps itself in tables of its own.
            "include_name": lambda name, _kind, _of: not str(name).startswith("issue_search"),
        }
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, metadata) == []


def test_constraints_are_those_of_the_program(database: Database) -> None:
    """Alembic compares no CHECK, and neither names nor deletion rules of foreign keys."""
    schema = "autopilot" if database.is_postgres else None
    with database.read() as connection:
        told = inspect(connection)
        for name, table in metadata.tables.items():
            checks = {check["name"] for check in told.get_check_constraints(name, schema=schema)}
            assert checks == {
                str(it.name) for it in table.constraints if isinstance(it, CheckConstraint)
            }
            found = {
                (key["name"], key["options"].get("ondelete"))
                for key in told.get_foreign_keys(name, schema=schema)
            }
            assert found == {(str(it.name), it.ondelete) for it in table.foreign_key_constraints}


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression")
def test_the_plans_indexes_are_there_by_name(database: Database) -> None:
    schema = "autopilot" if database.is_postgres else None
    dialect = "postgresql" if database.is_postgres else "sqlite"
    with database.read() as connection:
        indexes = inspect(connection).get_indexes("autopilot_schedules", schema=schema)
    found = {index["name"]: index for index in indexes}
    for name, (columns, where) in PLANNED_INDEXES.items():
        assert found[name]["column_names"] == columns
        condition = found[name].get("dialect_options", {}).get(f"{dialect}_where")
        assert (where in str(condition)) if where else condition is None


def test_the_committed_script_is_the_one_printed() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == script()


CATALOGUE = {
    "columns": """
        SELECT table_name, column_name, data_type, character_maximum_length, is_nullable,
               column_default
        FROM information_schema.columns WHERE table_schema = 'autopilot'""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'autopilot'",
    "constraints": """
        SELECT c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid)
        FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
        WHERE n.nspname = 'autopilot'""",
    "triggers": """
        SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(t.oid)
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'autopilot' AND NOT tgisinternal""",
    "policies": "SELECT tablename, policyname, roles, cmd, qual FROM pg_policies",
    "row security": """
        SELECT relname, relrowsecurity, relforcerowsecurity, relacl FROM pg_class
        WHERE relnamespace = 'autopilot'::regnamespace AND relkind IN ('r', 'S')""",
    "functions": """
        SELECT proname, pg_get_functiondef(p.oid), proacl FROM pg_proc p
        JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'autopilot'""",
}


def catalogue(database: Database) -> dict[str, list[tuple[str, ...]]]:
    with database.read() as connection:
        return {
            kind: sorted(
                # The script indents the body of a function deeper; nothing else may differ.
                tuple(" ".join(str(value).split()) for value in row)
                for row in connection.execute(text(query))
            )
            for kind, query in CATALOGUE.items()
        }


def run_script(database: Database, sql: str) -> None:
    """Sends the text as an SQL editor does: all of it at once, outside any transaction."""
    address = database.engine.url.set(drivername="postgresql")
    address_text = address.render_as_string(hide_password=False)
    with psycopg.connect(address_text, autocommit=True) as connection:
        connection.execute(sql.encode())


def test_the_script_twice_makes_what_migrate_makes(postgres_server: Any) -> None:
    by_script, by_program = (open_database(postgres_server.create_database()) for _ in range(2))
    run_script(by_script, script())
    first = catalogue(by_script)
    run_script(by_script, script())
    migrate(by_program)
    assert all(first.values())
    assert first == catalogue(by_script) == catalogue(by_program)
    assert migrate(by_script).before == HEAD
    check_schema(by_script)
    for database in (by_script, by_program):
        database.close()
        postgres_server.drop_database(database.engine.url.render_as_string(hide_password=False))


def test_the_script_after_migrate_is_harmless(new_store: Callable[[str], str]) -> None:
    database = open_database(new_store("postgresql"))
    before = catalogue(database)
    run_script(database, script())
    assert catalogue(database) == before
    database.close()


def test_the_schema_can_be_another_one(postgres_server: Any) -> None:
    url = postgres_server.create_database()
    database = open_database(url, schema="letters")
    assert migrate(database, schema="letters").before is None
    check_schema(database, schema="letters")
    with database.read() as connection:
        assert "newsletter_runs" in inspect(connection).get_table_names(schema="letters")
        assert inspect(connection).get_table_names(schema="public") == []
    database.close()
    postgres_server.drop_database(url)


def at_first_revision(database: Database) -> None:
    """Gives a database the tables of the first release, with a row in each."""
    from alembic import command

    with database.begin() as connection:
        if database.is_postgres:
            connection.exec_driver_sql("CREATE SCHEMA autopilot")
            connection.exec_driver_sql("SET LOCAL search_path TO autopilot")
        with module._alembic(connection=connection) as config:
            command.upgrade(config, "0001")  # type: ignore[arg-type]
    with database.begin() as connection:
        put_all(connection, FIRST)


def contents(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables but the version's; columns by name, without what the program added."""
    found = {}
    with database.read() as connection:
        for name, table in metadata.tables.items():
            rows = connection.execute(select(table)).all()
            found[name] = [tuple(row) for row in rows]
    return found


def check_the_rows(database: Database) -> None:
    """The rows are there, what is new has its default, and the program works with them."""
    with database.read() as connection:
        run, schedule = runs.get_run(connection, RUN), schedules.get_schedule(connection, SCHEDULE)
    assert run is not None
    assert (run.deaths, run.failures, run.retries, run.priority) == (0, 0, 0, 0)
    assert (run.retry_until, run.alone) == (None, True)
    assert schedule is not None
    assert (schedule.due_at, schedule.computed_with, schedule.consecutive_failures) == (
        None,
        None,
        0,
    )
    assert schedule.policy.retries == 3
    found = contents(database)
    assert all(len(found[name]) == 1 for name in FIRST)
    assert found["notices"] == []


def test_rows_of_the_first_release_survive_the_second(empty: Database) -> None:
    at_first_revision(empty)
    assert current_revision(empty) == "0001"
    with pytest.raises(SchemaMismatch, match=f"0001; this program needs {HEAD}"):
        check_schema(empty)
    assert (migrate(empty).before, migrate(empty).before) == ("0001", HEAD)
    check_schema(empty)
    check_the_rows(empty)


def test_a_store_of_the_first_release_becomes_what_a_new_one_is(
    postgres_server: Any, new_store: Callable[[str], str]
) -> None:
    old = open_database(postgres_server.create_database())
    new = open_database(new_store("postgresql"))
    at_first_revision(old)
    migrate(old)
    assert catalogue(old) == catalogue(new)
    for database in (old, new):
        database.close()
    postgres_server.drop_database(old.engine.url.render_as_string(hide_password=False))


def sqlite_objects(database: Database) -> dict[str, str]:
    with database.read() as connection:
        rows = connection.execute(
            text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND type <> 'table'")
        )
        return {name: " ".join(sql.split()) for name, sql in rows}


def test_indexes_and_triggers_of_an_old_file_are_those_of_a_new_one(
    tmp_path: Path, new_store: Callable[[str], str]
) -> None:
    old = open_database(f"sqlite:///{tmp_path / 'old.db'}")
    new = open_database(new_store("sqlite"))
    at_first_revision(old)
    migrate(old)
    assert sqlite_objects(old) == sqlite_objects(new)
    for database in (old, new):
        database.close()


def test_the_committed_script_brings_a_store_of_the_first_release_up(
    postgres_server: Any, new_store: Callable[[str], str]
) -> None:
    old = open_database(postgres_server.create_database())
    new = open_database(new_store("postgresql"))
    at_first_revision(old)
    for _ in range(2):
        run_script(old, COMMITTED.read_text(encoding="utf-8"))
        check_schema(old)
        check_the_rows(old)
    assert catalogue(old) == catalogue(new)
    for database in (old, new):
        database.close()
    postgres_server.drop_database(old.engine.url.render_as_string(hide_password=False))
