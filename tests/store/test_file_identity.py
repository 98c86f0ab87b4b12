"""A SQLite file that is replaced, taken away or put back under an open store."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from autopilot.errors import StoreUnavailable
from autopilot.store.database import Database, open_database
from autopilot.store.file_identity import watch_file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return make(tmp_path / "autopilot.db", "first")


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{file}")
    watch_file(opened.engine)
    assert names(opened) == ["first"]
    yield opened
    opened.close()


def make(file: Path, name: str) -> Path:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE names (name TEXT)")
        connection.execute("INSERT INTO names VALUES (?)", (name,))
        connection.commit()
    return file


def names(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.exec_driver_sql("SELECT name FROM names").scalars())


def add(database: Database, name: str) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql("INSERT INTO names VALUES (?)", (name,))


def test_a_file_put_in_the_place_of_the_store_is_read_and_written_at_once(
    database: Database, file: Path, tmp_path: Path
) -> None:
    make(tmp_path / "backup.db", "older").replace(file)
    assert names(database) == ["older"]
    add(database, "new")
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT name FROM names").fetchall() == [("older",), ("new",)]


def test_who_waited_for_the_lock_of_the_old_file_writes_nothing_and_hears_of_it(
    database: Database, file: Path, tmp_path: Path
) -> None:
    said: list[str] = []

    def write() -> None:
        with pytest.raises(StoreUnavailable) as told:
            add(database, "lost")
        said.append(told.value.message)

    with closing(sqlite3.connect(file)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        writer = threading.Thread(target=write)
        writer.start()
        writer.join(0.3)
        assert writer.is_alive()  # it waits for the lock
        make(tmp_path / "backup.db", "older").replace(file)
    writer.join(10)
    assert said == [f"The database file was replaced: {file}."]
    add(database, "new")
    assert names(database) == ["older", "new"]


def test_a_store_that_is_gone_is_told_and_not_made_anew(database: Database, file: Path) -> None:
    aside = file.rename(file.with_suffix(".aside"))
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="The database file is gone"):
            names(database)
    assert not file.exists()
    aside.rename(file)
    assert names(database) == ["first"]


def test_a_store_in_memory_has_no_file_to_be_replaced() -> None:
    database = open_database("sqlite:///:memory:")
    watch_file(database.engine)
    with database.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE names (name TEXT)")
    assert names(database) == []
    database.close()
