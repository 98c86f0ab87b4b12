"""Places: a fresh, durable store for each case, on servers that live as long as the run.

Nothing listens but a socket in a private folder (PostgreSQL) and a port on the loopback (Redis).
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from benchmarks.case import POSTGRESQL, REDIS, Case

if TYPE_CHECKING:
    from postgres_server import Server

ROOT = Path(__file__).parents[1]
START_SECONDS = 10.0
# The tests' server forgets on a power cut; a benchmark that promises durability may not.
DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
}
# The `read` ends when the benchmark closes the pipe or dies, even by kill -9; then Redis goes too.
KEEPER = '"$@" & server=$!; read -r _; kill "$server"; wait "$server"'
REDIS_OPTIONS = ("--save", "", "--appendonly", "yes", "--appendfsync", "everysec")


class Places:
    """Gives each case a store of its own, and says which kinds of store there are not."""

    def __init__(self, folder: Path, postgres: Server | None, broker: str | None) -> None:
        self.folder = folder
        self.postgres = postgres
        self.broker = broker

    def lacking(self, store: str) -> str | None:
        """Return why there is no such store, or None."""
        if store in {POSTGRESQL, REDIS} and self.postgres is None:
            return "no PostgreSQL server on this machine"
        if store == REDIS and self.broker is None:
            return "no redis-server on this machine"
        return None

    def settle(self, case: Case) -> Case:
        """Return the case with the address of an empty store."""
        if case.is_sqlite:
            return case.like(address=str(self.folder / f"{uuid4().hex[:12]}.db"))
        from postgres_server import libpq_address
        from sqlalchemy import make_url

        assert self.postgres is not None
        address = libpq_address(make_url(self.postgres.create_database()))
        if case.store == REDIS and self.broker is not None:
            _empty(self.broker)
        return case.like(address=address, broker=self.broker or "")

    def clear(self, case: Case) -> None:
        """Remove a case's store."""
        if case.is_sqlite:
            for path in self.folder.glob(f"{Path(case.address).name}*"):
                path.unlink()
        elif self.postgres is not None:
            self.postgres.drop_database(case.url)


@contextmanager
def open_places(stores: set[str]) -> Iterator[Places]:
    """Start what these stores need and stop it at the end."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="autopilot-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres = _start_postgres(stack) if stores & {POSTGRESQL, REDIS} else None
        broker = _start_redis(stack, folder) if REDIS in stores else None
        yield Places(folder, postgres, broker)


def _empty(broker: str) -> None:
    import redis

    redis.Redis.from_url(broker).flushall()


def _start_postgres(stack: ExitStack) -> Server | None:
    sys.path.insert(0, str(ROOT / "tests"))
    import postgres_server

    postgres_server.SERVER_OPTIONS.update(DURABLE)
    try:
        return stack.enter_context(postgres_server.running_server(os.environ))
    except postgres_server.ServerMissing as reason:
        sys.stderr.write(f"without PostgreSQL: {reason}\n")
        return None


def _start_redis(stack: ExitStack, folder: Path) -> str | None:
    program = shutil.which("redis-server")
    if program is None:
        sys.stderr.write("without Redis: install redis-server to measure Celery and Huey\n")
        return None
    port = _free_port()
    place = ("--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder))
    keeper = subprocess.Popen(  # noqa: S603 - our own words
        ["/bin/sh", "-c", KEEPER, "keeper", program, *place, *REDIS_OPTIONS],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for the benchmark; the server goes with its pipe
    )
    stack.callback(keeper.communicate)
    _wait_for(port)
    return f"redis://127.0.0.1:{port}/0"


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as asking:
            if asking.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError("redis-server did not start")
