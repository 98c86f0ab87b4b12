"""The server's time: one for all, whatever the clocks of the machines say."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import text

from autopilot.errors import StoreUnavailable
from autopilot.store import clock as module
from autopilot.store.clock import DatabaseClock
from autopilot.store.database import Database, open_database

NEAR = timedelta(seconds=2)  # a busy machine may sleep between two questions


@pytest.fixture
def server(new_store: Callable[[str], str]) -> Iterator[Database]:
    database = open_database(new_store("postgresql"))
    yield database
    database.close()


def server_time(database: Database) -> datetime:
    with database.read() as connection:
        found: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return found


class Monotonic:
    """A monotonic clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Monotonic:
    made = Monotonic()
    monkeypatch.setattr(module, "time", made)
    return made


def test_it_is_the_servers_time_in_utc(server: Database) -> None:
    before = server_time(server)
    told = DatabaseClock(server)()
    assert before - NEAR <= told <= server_time(server) + NEAR
    assert told.utcoffset() == timedelta(0)


def test_the_wall_clock_of_the_machine_does_not_matter(server: Database) -> None:
    clock = DatabaseClock(server)
    true = clock()
    for shown in ("2000-01-01", "2050-01-01"):
        with time_machine.travel(shown, tick=False):
            assert abs(clock() - true) < timedelta(minutes=5)
            assert abs(DatabaseClock(server)() - true) < timedelta(minutes=5)


def test_it_goes_on_with_the_machine_and_asks_now_and_then(
    server: Database, machine: Monotonic, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, asked = DatabaseClock(server), []
    read = Database.read
    monkeypatch.setattr(Database, "read", lambda self: asked.append(1) or read(self))
    first = clock()
    machine.now += module.RESET_SECONDS - 1
    assert clock() - first == timedelta(seconds=module.RESET_SECONDS - 1)
    assert len(asked) == 1
    machine.now += 2
    assert abs(clock() - first) < NEAR, "it was asked again, and no time has passed there"
    assert len(asked) == 2


def test_it_goes_on_while_the_server_does_not_answer(
    postgres_server: Any, machine: Monotonic
) -> None:
    url = postgres_server.create_database()
    database = open_database(url)
    clock = DatabaseClock(database)
    first = clock()
    postgres_server.drop_database(url)
    for minutes in (5, 10):
        machine.now += 300
        assert clock() - first == timedelta(minutes=minutes)
    database.close()


def test_a_server_that_never_answered_is_told(postgres_server: Any) -> None:
    url = postgres_server.create_database()
    postgres_server.drop_database(url)
    database = open_database(url)
    with pytest.raises(StoreUnavailable):
        DatabaseClock(database)()
    database.close()


def test_threads_share_it(server: Database) -> None:
    clock, told = DatabaseClock(server), []
    asking = [threading.Thread(target=lambda: told.append(clock())) for _ in range(8)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert len(told) == 8
    assert max(told) - min(told) < 5 * NEAR
    assert time.monotonic() > 0
    assert all(moment.tzinfo is UTC for moment in told)


def test_an_app_on_postgresql_asks_the_server(
    new_store: Callable[[str], str], tmp_path: Any
) -> None:
    from autopilot.settings import load_settings
    from autopilot.wiring import assemble_app, now

    environ = {"AUTOPILOT_DATA_DIR": str(tmp_path)}
    for engine, kind in (("postgresql", DatabaseClock), ("sqlite", type(now))):
        url = {"AUTOPILOT_DATABASE_URL": new_store(engine)}
        app = assemble_app(load_settings(environ | url))
        assert isinstance(app.clock, kind)
        app.close()
