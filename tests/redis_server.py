"""A real Redis for the tests: the installed `redis-server` on a free port, empty, gone when they end."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from postgres_server import KEEPER

START_SECONDS = 20.0
STOP_SECONDS = 20.0


class RedisMissing(Exception):
    """No `redis-server` on this machine; the message says how to get one."""


class RedisServer:
    """A Redis that keeps nothing: whoever restarts it finds it empty, at the same address."""

    def __init__(self) -> None:
        binary = shutil.which("redis-server")
        if binary is None:
            raise RedisMissing("no redis-server (Debian: apt install redis-server)")
        self._binary = binary
        self.port = _free_port()
        self.start()

    @property
    def url(self) -> str:
        """Its address, for clients."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Starts it and waits until it answers."""
        folder = Path(tempfile.mkdtemp(prefix="autopilot-redis-"))
        self._keeper = subprocess.Popen(
            [
                *("/bin/sh", "-c", KEEPER, "keeper", str(folder), self._binary),
                *("--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(folder)),
                *("--save", "", "--appendonly", "no"),
            ],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert time.monotonic() < deadline, (folder / "log").read_text(errors="replace")
            time.sleep(0.02)

    def stop(self) -> None:
        """Takes it down with all that it held."""
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()
        self._keeper.wait(STOP_SECONDS)

    def empty(self) -> None:
        """Takes all out of it."""
        assert self._say("FLUSHALL").startswith(b"+OK")

    def _answers(self) -> bool:
        try:
            return self._say("PING").startswith(b"+PONG")
        except OSError:
            return False

    def _say(self, word: str) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as line:
            line.sendall(f"{word}\r\n".encode())
            return line.recv(64)


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    """Yields a Redis; raises RedisMissing where none is installed."""
    if os.name == "nt":
        raise RedisMissing("there is no redis-server for Windows")
    server = RedisServer()
    try:
        yield server
    finally:
        server.stop()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
