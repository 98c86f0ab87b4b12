"""Behind a transaction pooler everything works but listening, and that is noticed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from uuid import uuid4

import pytest
from postgres_server import Server
from sqlalchemy import func, insert, select, update
from store.pgbouncer import pooled
from store.rows import SOUND, put_all

from autopilot.settings import load_settings
from autopilot.store import transfer
from autopilot.store.changes import are_heard, watch
from autopilot.store.database import open_database
from autopilot.store.migrate import check_schema, migrate
from autopilot.store.tables import audit_log, metadata, workspaces

TIMES, WRITERS = 25, 6


@pytest.fixture
def direct(postgres_server: Server) -> Iterator[str]:
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(url)


@pytest.fixture
def pooler(postgres_server: Server, direct: str) -> Iterator[str]:
    with pooled(postgres_server, direct) as url:
        yield url


def test_migrating_writing_and_reading_go_through_it(pooler: str) -> None:
    with closing(open_database(pooler)) as database:
        migrate(database)
        migrate(database)
        check_schema(database)
        with database.begin() as connection:
            put_all(connection)
        for table in SOUND:
            with database.read() as connection:
                rows = list(transfer.batches_of(connection, metadata.tables[table]))
            assert sum(map(len, rows)) == 1


def test_many_sessions_that_share_three_never_mix(pooler: str) -> None:
    """Each writer counts up and notes it in one transaction; nothing is lost, none meets another."""
    with closing(open_database(pooler)) as database:
        migrate(database)
        with database.begin() as connection:
            put_all(connection, ["workspaces"])
            connection.execute(update(workspaces).values(name="0"))
    faults: list[BaseException] = []

    def work() -> None:
        try:
            with closing(open_database(pooler)) as mine, closing(mine.keep()) as kept:
                for _ in range(TIMES):
                    with mine.begin() as connection:
                        query = select(workspaces.c.name).with_for_update()
                        counted = int(connection.scalar(query) or 0) + 1
                        connection.execute(update(workspaces).values(name=str(counted)))
                    with kept.begin() as connection:
                        line = SOUND["audit_log"] | {"id": uuid4()}
                        connection.execute(insert(audit_log).values(line))
        except BaseException as error:  # noqa: BLE001
            faults.append(error)

    working = [threading.Thread(target=work) for _ in range(WRITERS)]
    for thread in working:
        thread.start()
    for thread in working:
        thread.join()
    assert faults == []
    with closing(open_database(pooler)) as database, database.read() as connection:
        assert connection.scalar(select(workspaces.c.name)) == str(WRITERS * TIMES)
        count = select(func.count()).select_from(audit_log)
        assert connection.scalar(count) == WRITERS * TIMES


def test_that_it_swallows_notifications_is_noticed(pooler: str, direct: str) -> None:
    assert are_heard(direct)
    assert not are_heard(pooler)
    with closing(open_database(pooler)) as database:
        with closing(watch(database, direct_url=None)) as changes:
            assert type(changes).__name__ == "_Nothing"
        with closing(watch(database, direct_url=load(direct))) as changes:
            assert type(changes).__name__ == "_Notifications"


def load(url: str) -> str | None:
    return load_settings(
        {"AUTOPILOT_DATABASE_URL": url, "AUTOPILOT_DATABASE_DIRECT_URL": url}
    ).database_direct_url
