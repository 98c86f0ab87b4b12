"""Connections and transactions: nothing lost, nobody waiting without need, errors for people."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import exc, insert, select, text, update
from store.processes import count_up, together
from store.rows import NOW, WORKSPACE, put

from autopilot.errors import Conflict, SchemaMismatch, StoreUnavailable
from autopilot.store import database as module
from autopilot.store.articles import keep_articles
from autopilot.store.database import Database, open_database, wal_is_safe
from autopilot.store.tables import workers, workspaces

PROCESSES, INCREMENTS = 6, 25


def test_six_processes_lose_no_increment(database: Database, store_url: str) -> None:
    with database.begin() as connection:
        put(connection, "workspaces", name="0")
    assert together(PROCESSES, count_up, store_url, INCREMENTS) == [0] * PROCESSES
    with database.read() as connection:
        assert connection.scalar(select(workspaces.c.name)) == str(PROCESSES * INCREMENTS)


def test_reading_does_not_wait_for_a_writer(database: Database) -> None:
    with database.begin() as connection:
        put(connection, "workspaces")
    with database.begin() as writing:
        writing.execute(update(workspaces).values(name="changed"))
        with database.read() as reading:
            assert reading.scalar(select(workspaces.c.name)) == "Acme"


def test_what_raises_leaves_nothing_behind(database: Database) -> None:
    def change_one_s_mind() -> None:
        with database.begin() as connection:
            put(connection, "workspaces")
            raise LookupError

    with pytest.raises(LookupError):
        change_one_s_mind()
    with database.read() as connection:
        assert connection.execute(select(workspaces)).first() is None


def test_sqlite_checks_foreign_keys(new_store: object) -> None:
    database = open_database(new_store("sqlite"))  # type: ignore[operator]
    with database.read() as connection:
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
    database.close()


def test_naive_times_are_refused(database: Database) -> None:
    naive = datetime(2026, 11, 23, 8)  # noqa: DTZ001
    row = {"id": WORKSPACE, "hostname": "h", "pid": 1, "version": "1", "last_seen_at": NOW}
    with pytest.raises(exc.StatementError, match="naive"), database.begin() as connection:
        connection.execute(insert(workers).values(started_at=naive, **row))


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 51, 3), True),
        ((3, 51, 2), False),
        ((3, 52, 0), True),
        ((3, 53, 0), True),
        ((4, 0, 0), True),
        ((3, 50, 7), True),
        ((3, 50, 6), False),
        ((3, 50, 8), True),
        ((3, 44, 6), True),
        ((3, 44, 5), False),
        ((3, 45, 0), False),
        ((3, 49, 9), False),
        ((3, 40, 1), False),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else str(value),
)
def test_wal_is_only_for_versions_with_the_fix(version: tuple[int, ...], safe: bool) -> None:
    assert wal_is_safe(version) is safe


@pytest.mark.parametrize(
    ("journal", "version", "mode"),
    [
        ("auto", (3, 51, 3), "wal"),
        ("auto", (3, 51, 2), "truncate"),
        ("wal", (3, 40, 0), "wal"),
        ("truncate", (3, 51, 3), "truncate"),
    ],
)
def test_the_journal_follows_the_version_unless_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    journal: str,
    version: tuple[int, ...],
    mode: str,
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    database = open_database(f"sqlite:///{tmp_path / 'a.db'}", journal=journal)
    with database.read() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == mode
    database.close()


def look(url: str) -> None:
    database = open_database(url)
    try:
        with database.read() as connection:
            connection.execute(select(workspaces)).all()
    finally:
        database.close()


def write(url: str) -> None:
    database = open_database(url)
    try:
        with database.begin() as connection:
            put(connection, "workspaces")
    finally:
        database.close()


def test_a_server_that_is_not_there_is_told_in_a_sentence() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(StoreUnavailable, match="connection") as told:
        look("postgresql+psycopg://ann:secret@127.0.0.1:1/nothing")
    assert "secret" not in str(told.value)
    assert told.value.hint


@pytest.mark.parametrize(
    "url",
    ["postgresql+psycopg://ann@example.org:port/x", "mysql://example.org/x", "nonsense"],
)
def test_an_address_that_is_none_is_told_in_a_sentence(url: str) -> None:
    with pytest.raises(StoreUnavailable) as told:
        look(url)
    assert told.value.hint


def test_tables_that_are_missing_are_told_with_what_to_do(database_url: str) -> None:
    with pytest.raises(SchemaMismatch) as told:
        look(database_url)
    assert told.value.hint == "Run: autopilot migrate"


def test_a_locked_sqlite_is_told_after_the_busy_timeout(
    new_store: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_TIMEOUT_SECONDS", 0.1)
    url: str = new_store("sqlite")  # type: ignore[operator]
    holder = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        write(url)
    look(url)
    holder.close()


def test_a_file_that_cannot_be_written_is_told(new_store: object) -> None:
    url: str = new_store("sqlite")  # type: ignore[operator]
    path = url.removeprefix("sqlite:///")
    with pytest.raises(StoreUnavailable, match="readonly"):
        write(f"sqlite:///file:{path}?mode=ro&uri=true")
    assert not Path("file:").exists()


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "autopilot.db"
    path.write_bytes(b"this is a text file, and a long one at that. " * 200)
    with pytest.raises(StoreUnavailable, match="not a database"):
        look(f"sqlite:///{path}")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="file"):
        look(f"sqlite:///{tmp_path / 'file' / 'autopilot.db'}")


def test_a_full_disk_is_told(new_store: object) -> None:
    database = open_database(new_store("sqlite"))  # type: ignore[operator]

    def fill() -> None:
        with database.begin() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")
            put(connection, "workspaces", brand={"footer": "x" * 1_000_000})

    with pytest.raises(StoreUnavailable, match="full"):
        fill()
    database.close()


@pytest.mark.parametrize("name", ["a\x00b", "\ud800"], ids=["NUL", "half a character"])
def test_text_the_store_cannot_keep_is_no_fault_of_the_store(database: Database, name: str) -> None:
    """PostgreSQL refuses both, SQLite one; neither may look like a store that is down."""
    taken = nullcontext() if name.isascii() and not database.is_postgres else None
    with (
        taken or pytest.raises(Conflict, match="refused a row"),
        database.begin() as connection,
    ):
        put(connection, "workspaces", name=name)


def test_a_connection_the_server_cut_is_told_and_the_next_one_works(new_store: object) -> None:
    database = open_database(new_store("postgresql"))  # type: ignore[operator]

    def be_cut_off() -> None:
        with database.begin() as connection:
            own = connection.scalar(text("SELECT pg_backend_pid()"))
            with database.begin() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": own})
            put(connection, "workspaces")

    with pytest.raises(StoreUnavailable):
        be_cut_off()
    with database.begin() as connection:
        put(connection, "workspaces")
    database.close()


def test_threads_share_one_database(database: Database) -> None:
    faults: list[BaseException] = []

    def add(number: int) -> None:
        try:
            with database.begin() as connection:
                put(connection, "workspaces", id=_id(number), slug=f"acme-{number}")
        except BaseException as error:  # noqa: BLE001
            faults.append(error)

    adding = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in adding:
        thread.start()
    for thread in adding:
        thread.join()
    assert faults == []


def _id(number: int) -> object:
    return WORKSPACE.__class__(int=100 + number)


def test_keeping_no_article_is_nothing(database: Database) -> None:
    with database.begin() as connection:
        keep_articles(connection, WORKSPACE, [], NOW)


def test_a_file_that_somebody_writes_to_is_waited_for_to_set_its_journal(tmp_path: Path) -> None:
    """Its first connections set the mode; SQLite itself does not wait there."""
    writing = sqlite3.connect(tmp_path / "a.db", isolation_level=None, check_same_thread=False)
    writing.execute("CREATE TABLE t (a)")
    writing.execute("BEGIN IMMEDIATE")
    ending = threading.Timer(0.3, writing.execute, ["COMMIT"])
    ending.start()
    database = open_database(f"sqlite:///{tmp_path / 'a.db'}", journal="wal")
    try:
        with database.read() as connection:
            assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
    finally:
        ending.join()
        database.close()
        writing.close()
