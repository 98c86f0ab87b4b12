"""A PostgreSQL with pg_cron, as Debian's package postgresql-15-cron brings it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from postgres_server import Server, ServerMissing, find_binaries, start
from sqlalchemy import create_engine, text

HAS_FILES = text("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_cron'")
OPTIONS = {
    "shared_preload_libraries": "pg_cron",
    "cron.use_background_workers": "on",  # no connection of its own, so no address and no password
}


@contextmanager
def running_pg_cron() -> Iterator[Server]:
    """Starts one; raises ServerMissing where pg_cron is not installed for the newest server."""
    binaries = find_binaries()
    with _running(start(binaries)) as plain:
        if not _scalar(plain, HAS_FILES):
            raise ServerMissing(
                f"{binaries} has no pg_cron (Debian: apt install postgresql-15-cron)"
            )
    with _running(start(binaries, OPTIONS)) as server:
        yield server


@contextmanager
def _running(server: Server) -> Iterator[Server]:
    try:
        yield server
    finally:
        server.stop()


def _scalar(server: Server, query: object) -> object:
    engine = create_engine(server.url)
    try:
        with engine.connect() as connection:
            return connection.scalar(query)  # type: ignore[call-overload]
    finally:
        engine.dispose()
