"""The hint that somebody wrote: it comes at once, for writes of others, and never costs a wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from uuid import uuid4

import pytest
from sqlalchemy import Connection, insert, text

from autopilot.store.changes import LOOK_EVERY_SECONDS, Changes, announce, watch
from autopilot.store.database import Database, open_database
from autopilot.store.tables import workspaces

PATIENCE_SECONDS = 20.0
SOON_SECONDS = LOOK_EVERY_SECONDS + 1.5  # a look, and a busy machine


@pytest.fixture
def changes(database: Database) -> Iterator[Changes]:
    with closing(watch(database, direct_url=None)) as watching:
        yield watching


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


def write(connection: Connection) -> None:
    """What a schedule made by somebody comes down to."""
    row = {"id": uuid4(), "slug": "s", "name": "S", "timezone": "UTC", "brand": {}}
    connection.execute(insert(workspaces).values(row))
    announce(connection)


def waited(changes: Changes, seconds: float, stop: threading.Event) -> tuple[bool, float]:
    """What a wait says, and how long it took."""
    started = time.monotonic()
    return changes.wait(seconds, stop), time.monotonic() - started


def test_nothing_new_is_waited_for_in_full(changes: Changes, stop: threading.Event) -> None:
    changed, seconds = waited(changes, 0.3, stop)
    assert not changed
    assert 0.3 <= seconds < SOON_SECONDS


def test_what_somebody_writes_ends_the_wait(
    changes: Changes, stop: threading.Event, database: Database
) -> None:
    with database.begin() as connection:
        write(connection)
    changed, seconds = waited(changes, PATIENCE_SECONDS, stop)
    assert changed
    assert seconds < SOON_SECONDS
    assert waited(changes, 0.1, stop)[0] is False


def test_a_write_during_the_wait_ends_it(
    changes: Changes, stop: threading.Event, database: Database
) -> None:
    def later() -> None:
        with database.begin() as connection:
            write(connection)

    timer = threading.Timer(0.2, later)
    timer.start()
    changed, seconds = waited(changes, PATIENCE_SECONDS, stop)
    timer.join()
    assert changed
    assert seconds < 0.2 + SOON_SECONDS


def test_who_is_asked_to_stop_does_not_wait(changes: Changes, stop: threading.Event) -> None:
    threading.Timer(0.1, stop.set).start()
    changed, seconds = waited(changes, PATIENCE_SECONDS, stop)
    assert not changed
    assert seconds < 0.1 + SOON_SECONDS


def test_a_listener_whose_server_goes_away_only_waits(
    new_store: Callable[[str], str], stop: threading.Event
) -> None:
    gone = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )
    with (
        closing(open_database(new_store("postgresql"))) as database,
        closing(watch(database, direct_url=None)) as changes,
    ):
        with database.begin() as connection:
            connection.execute(gone)
        for _ in range(3):
            changed, seconds = waited(changes, 0.3, stop)
            assert not changed
            assert 0.25 <= seconds < SOON_SECONDS


def test_what_was_written_before_it_caught_up_does_not_end_a_wait(
    changes: Changes, stop: threading.Event, database: Database
) -> None:
    if database.is_postgres:
        pytest.skip("a worker's own moves are not announced there")
    with database.begin() as connection:
        write(connection)
    changes.catch_up()
    assert waited(changes, 0.1, stop)[0] is False
    with database.begin() as connection:
        connection.execute(text("UPDATE workspaces SET name = 'T'"))
    assert waited(changes, PATIENCE_SECONDS, stop)[0]
