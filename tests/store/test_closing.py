"""On PostgreSQL, strangers have no right on anything of ours, whatever a database gives by default."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from postgres_server import Server
from sqlalchemy import func, select
from store.rows import SOUND, put_all
from store.supabase import STRANGERS, as_role, connected, generous_database, roles, run
from store.test_migrate import at_first_revision, run_script

from autopilot.errors import AutopilotError
from autopilot.store import closing
from autopilot.store.database import Database, open_database
from autopilot.store.migrate import migrate, script
from autopilot.store.tables import metadata

RELATIONS = """
    SELECT c.relname, c.relkind::text FROM pg_class c
    WHERE c.relnamespace = 'autopilot'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
"""
ROUTINES = (
    "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'autopilot'::regnamespace"
)
ON_TABLES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
ON_COLUMNS = ("SELECT", "INSERT", "UPDATE", "REFERENCES")
ON_SEQUENCES = ("USAGE", "SELECT", "UPDATE")
REFUSED = psycopg.errors.InsufficientPrivilege


def by_program(url: str) -> None:
    database = open_database(url)
    migrate(database)
    database.close()


def by_script(url: str) -> None:
    database = open_database(url)
    run_script(database, script())
    database.close()


def from_the_first_release(url: str) -> None:
    database = open_database(url)
    with database.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA autopilot")
    at_first_revision(database)
    with database.begin() as connection:
        connection.exec_driver_sql("GRANT USAGE ON SCHEMA autopilot TO anon")
    migrate(database)
    database.close()


WAYS = [by_program, by_script, from_the_first_release]


@pytest.fixture
def generous(postgres_server: Server) -> Iterator[str]:
    with generous_database(postgres_server) as url:
        yield url


def rights(url: str) -> Iterator[tuple[str, str, str, bool]]:
    """Everything of ours x strangers x verbs, and whether the catalogue says that it is allowed."""
    with connected(url) as connection:
        for name, kind in run(connection, RELATIONS):
            asked = [("has_sequence_privilege", ON_SEQUENCES)]
            if kind != "S":
                asked = [
                    ("has_table_privilege", ON_TABLES),
                    ("has_any_column_privilege", ON_COLUMNS),
                ]
            for function, verbs in asked:
                yield from answers(connection, function, f"autopilot.{name}", verbs)
        for (name,) in run(connection, ROUTINES):
            yield from answers(connection, "has_function_privilege", name, ("EXECUTE",))
        yield from answers(connection, "has_schema_privilege", "autopilot", ("USAGE", "CREATE"))


def answers(
    connection: Any, function: str, thing: str, verbs: tuple[str, ...]
) -> Iterator[tuple[str, str, str, bool]]:
    for role in STRANGERS:
        for verb in verbs:
            told = run(connection, f"SELECT {function}('{role}', '{thing}', '{verb}')")
            yield thing, role, verb, told[0][0]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_the_catalogue_gives_strangers_nothing(generous: str, way: Callable[[str], None]) -> None:
    way(generous)
    swept = list(rights(generous))
    things = {thing.removeprefix("autopilot.") for thing, *_ in swept}
    assert things >= {*metadata.tables, "alembic_version", "issue_texts_place_seq"}
    assert any("set_updated_at" in thing for thing in things)
    assert len(swept) > 2 * 11 * len(metadata.tables)
    assert [found for found in swept if found[3]] == []


def test_without_closing_strangers_would_have_everything(
    generous: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep sees what is open: this is what a database of that kind would have given away."""
    monkeypatch.setattr(closing, "closing_sql", lambda: "SELECT 1")
    by_program(generous)
    swept = list(rights(generous))
    assert all(found[3] for found in swept)
    database = open_database(generous)
    with database.read() as connection:
        told = closing.what_is_open(connection, "autopilot")
        assert set(closing.unguarded_tables(connection, "autopilot")) == {
            *metadata.tables,
            "alembic_version",
        }
    database.close()
    assert "anon has rights on subscribers" in told
    assert "authenticated has rights on issue_texts_place_seq" in told
    assert "anon may call set_updated_at" in told
    assert "anon may look into the schema" in told


def attempts(url: str) -> Iterator[tuple[str, str]]:
    """Statements that do each thing to each thing, and what they are."""
    with connected(url) as connection:
        for name, kind in run(connection, RELATIONS):
            yield from of_relation(f"autopilot.{name}", kind, connection)
        for (name,) in run(connection, ROUTINES):
            yield f"call {name}", f"SELECT {name}"
            yield (
                f"use {name}",
                (
                    f"CREATE TRIGGER t BEFORE UPDATE ON theirs.own FOR EACH ROW EXECUTE FUNCTION {name}"
                ),
            )


def of_relation(name: str, kind: str, connection: Any) -> Iterator[tuple[str, str]]:
    yield f"read {name}", f"SELECT * FROM {name}"
    if kind == "S":
        yield f"advance {name}", f"SELECT nextval('{name}')"
        yield f"set {name}", f"SELECT setval('{name}', 1)"
        return
    columns = run(
        connection,
        "SELECT attname FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped"
        f" AND attrelid = '{name}'::regclass ORDER BY attnum",
    )
    first = columns[0][0]
    yield f"count {name}", f"SELECT count(*) FROM {name}"
    yield f"insert {name}", f"INSERT INTO {name} DEFAULT VALUES"
    yield f"update {name}", f"UPDATE {name} SET {first} = {first}"
    yield f"delete {name}", f"DELETE FROM {name}"
    yield f"truncate {name}", f"TRUNCATE {name} CASCADE"
    yield f"lock {name}", f"LOCK TABLE {name}"
    yield f"copy {name}", f"COPY {name} TO STDOUT"
    yield (
        f"refer to {name}",
        f"CREATE TABLE theirs.r (LIKE {name}, FOREIGN KEY ({first}) REFERENCES {name})",
    )
    yield (
        f"watch {name}",
        (
            f"CREATE TRIGGER t BEFORE UPDATE ON {name} FOR EACH ROW"
            " EXECUTE FUNCTION suppress_redundant_updates_trigger()"
        ),
    )
    yield f"open {name}", f"ALTER TABLE {name} DISABLE ROW LEVEL SECURITY"
    yield f"allow {name}", f"CREATE POLICY p ON {name} USING (true)"


def attempt(stranger: psycopg.Connection[Any], statement: str) -> None:
    with stranger.transaction():
        if not statement.startswith("COPY"):
            run(stranger, statement)
            return
        with stranger.cursor().copy(statement.encode()) as copied:
            list(copied)


@pytest.mark.parametrize("inside", [False, True], ids=["as_it_is", "with_usage_of_the_schema"])
@pytest.mark.parametrize("role", STRANGERS)
def test_strangers_who_try_are_refused(generous: str, role: str, inside: bool) -> None:
    by_program(generous)
    with connected(generous) as admin:
        run(admin, "CREATE SCHEMA theirs")
        run(admin, f"GRANT ALL ON SCHEMA theirs TO {role}")
        if inside:
            run(admin, f"GRANT USAGE ON SCHEMA autopilot TO {role}")
        tried = list(attempts(generous))
    done = []
    with connected(generous, role) as stranger:
        run(stranger, "CREATE TABLE theirs.own (id integer)")
        for told, statement in tried:
            try:
                attempt(stranger, statement)
            except REFUSED:
                continue
            done.append(told)
    assert len(tried) > 10 * len(metadata.tables)
    assert done == []


def test_a_grant_by_mistake_opens_no_row(generous: str) -> None:
    database = open_database(generous)
    migrate(database)
    with database.begin() as connection:
        put_all(connection)
    with connected(generous) as admin:
        run(admin, "GRANT USAGE ON SCHEMA autopilot TO PUBLIC")
        run(
            admin,
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA autopilot TO PUBLIC",
        )
    with connected(generous, "anon") as stranger:
        for name in SOUND:
            assert run(stranger, f"SELECT count(*) FROM autopilot.{name}") == [(0,)]
            assert stranger.execute(f"DELETE FROM autopilot.{name}".encode()).rowcount == 0
        with pytest.raises(REFUSED, match="row-level security"):
            run(stranger, "INSERT INTO autopilot.alembic_version VALUES ('0')")
    with database.read() as connection:
        assert "anon has rights on subscribers" in closing.what_is_open(connection, "autopilot")
    migrate(database)
    with database.read() as connection:
        assert closing.what_is_open(connection, "autopilot") == []
        assert connection.scalar(select(func.count()).select_from(metadata.tables["issues"])) == 1
    database.close()


def test_every_table_is_guarded_and_every_view_asks_as_its_reader(
    new_store: Callable[[str], str],
) -> None:
    database = open_database(new_store("postgresql"))
    with database.read() as connection:
        assert closing.unguarded_tables(connection, "autopilot") == []
        views = connection.exec_driver_sql(
            "SELECT relname FROM pg_class WHERE relnamespace = 'autopilot'::regnamespace"
            " AND relkind = 'v' AND NOT 'security_invoker=true' = ANY (coalesce(reloptions, '{}'))"
        ).all()
        paths = connection.exec_driver_sql(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'autopilot'::regnamespace"
            " AND (prosecdef OR proconfig IS NULL)"
        ).all()
    assert (views, paths) == ([], [])
    database.close()


def test_a_table_of_later_is_closed_by_the_next_migration(generous: str) -> None:
    database = open_database(generous)
    migrate(database)
    with database.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE autopilot.later (id serial)")
        connection.exec_driver_sql("CREATE VIEW autopilot.seen AS SELECT * FROM autopilot.later")
    with database.read() as connection:
        assert closing.unguarded_tables(connection, "autopilot") == ["later"]
        assert closing.what_is_open(connection, "autopilot")
    migrate(database)
    with database.read() as connection:
        assert closing.unguarded_tables(connection, "autopilot") == []
        assert closing.what_is_open(connection, "autopilot") == []
    assert [found for found in rights(generous) if found[3]] == []
    database.close()


def test_closing_what_is_closed_locks_nothing(new_store: Callable[[str], str]) -> None:
    url = new_store("postgresql")
    database = open_database(url)
    with connected(url) as reader, reader.transaction():
        run(reader, "SELECT count(*) FROM autopilot.issues")
        with database.begin() as connection:
            connection.exec_driver_sql("SET LOCAL lock_timeout = '200ms'")
            connection.exec_driver_sql("SET LOCAL search_path TO autopilot")
            closing.close(connection)
    database.close()


def test_the_schema_public_is_left_to_its_others(postgres_server: Server) -> None:
    with generous_database(postgres_server) as url:
        with connected(url) as admin:
            run(admin, "CREATE TABLE public.shop (id serial)")
            run(admin, "GRANT USAGE ON SCHEMA public TO anon")
        database = open_database(url, schema="public")
        migrate(database, schema="public")
        with database.read() as connection:
            assert closing.what_is_open(connection, "public") == []
        database.close()
        with connected(url, "anon") as stranger:
            run(stranger, "INSERT INTO public.shop DEFAULT VALUES")
            with pytest.raises(REFUSED):
                run(stranger, "SELECT * FROM public.subscribers")


OWNER, WORKER, CURIOUS = "autopilot_owner", "autopilot_runtime", "autopilot_curious"


@pytest.fixture
def owned(postgres_server: Server) -> Iterator[str]:
    """A database whose owner is nobody special, so that row level security holds for it as well."""
    with roles(postgres_server, OWNER, WORKER, CURIOUS):
        url = postgres_server.create_database()
        with connected(url) as admin:
            run(
                admin,
                f'GRANT CREATE ON DATABASE "{url.rpartition("/")[2].partition("?")[0]}" TO {OWNER}',
            )
        yield url
        postgres_server.drop_database(url)


def count(database: Database, name: str) -> int:
    with database.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(metadata.tables[name])) or 0)


def test_an_ordinary_owner_and_who_was_granted_by_name_see_their_rows(owned: str) -> None:
    owner, worker = (open_database(as_role(owned, role)) for role in (OWNER, WORKER))
    migrate(owner)
    with owner.begin() as connection:
        put_all(connection)
    assert count(owner, "issues") == 1
    with owner.begin() as connection:
        for statement in GRANTS.format(role=WORKER).strip().split(";"):
            if statement.strip():
                connection.exec_driver_sql(statement)
    assert count(worker, "issues") == 0
    with worker.read() as connection:
        assert "issues" in closing.unseen_tables(connection, "autopilot")
    migrate(owner)
    assert (count(worker, "issues"), count(owner, "issues")) == (1, 1)
    with worker.read() as connection:
        assert closing.unseen_tables(connection, "autopilot") == []
    curious = open_database(as_role(owned, CURIOUS))
    with pytest.raises(AutopilotError, match="permission denied"):
        count(curious, "issues")
    for database in (owner, worker, curious):
        database.close()


GRANTS = """
    GRANT USAGE ON SCHEMA autopilot TO {role};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA autopilot TO {role};
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA autopilot TO {role};
"""
