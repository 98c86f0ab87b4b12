"""A PostgreSQL of the campaign's own: durable against kills, stopped and started on the same data."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

sys.path.append(str(Path(__file__).parents[1] / "tests"))
import postgres_server as found  # type: ignore[import-not-found]  # the tests know where the binaries are

PORT = 5432  # only part of the name of its socket file
# Kills of processes lose nothing the kernel has; only a power cut would need fsync.
OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "on",
    "max_connections": "120",
    "shared_buffers": "64MB",
    "listen_addresses": "",
    "port": str(PORT),
}
# It outlives the tool, whatever happens to it: when the pipe closes, the server stops.
KEEPER = """
folder=$1; shift
"$@" >>"$folder/log" 2>&1 </dev/null &
server=$!
read -r _
kill -QUIT "$server" 2>/dev/null
wait "$server"
"""
START_SECONDS = 60.0
GONE_SECONDS = 20.0
# How it goes down: all processes by kill -9, at once with recovery, or in good order.
WAYS = {"killed": None, "immediate": signal.SIGQUIT, "fast": signal.SIGINT}


class Postgres:
    """One server in a private folder, reached through its socket file."""

    def __init__(self) -> None:
        root = "/tmp" if os.access("/tmp", os.W_OK) else None  # noqa: S108
        self.folder = Path(tempfile.mkdtemp(prefix="autopilot-chaos-", dir=root))
        self._user = found.server_user()
        self._binaries = found.find_binaries()
        if self._user is not None:
            self._binaries = found.reachable(self._binaries, self.folder, self._user)
            found.give(self.folder, self._user)
        found.make_cluster(self._binaries, self.folder, self._user)
        self.start()

    @property
    def socket(self) -> str:
        """The path of the socket file."""
        return str(self.folder / f".s.PGSQL.{PORT}")

    @property
    def direct_url(self) -> str:
        """The address past the proxy."""
        return f"postgresql+psycopg://postgres@/postgres?host={self.folder}&port={PORT}"

    def proxied_url(self, port: int) -> str:
        """The address of a proxy on this machine; in clear text, so that it sees a COMMIT."""
        return (
            f"postgresql://postgres@127.0.0.1:{port}/postgres"
            "?sslmode=disable&gssencmode=disable&connect_timeout=5"
        )

    def start(self) -> None:
        """Start the server on its data and wait until it answers."""
        options = {**OPTIONS, "unix_socket_directories": str(self.folder)}
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        command = [str(self._binaries / "postgres"), "-D", str(self.folder / "data"), *settings]
        self._keeper = subprocess.Popen(  # noqa: S603 - the binaries that were found
            ["/bin/sh", "-c", KEEPER, "keeper", str(self.folder), *command],
            **found.as_user(self._user, self.folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline:
                log = (self.folder / "log").read_text(errors="replace")[-2_000:]
                raise RuntimeError(f"PostgreSQL did not start:\n{log}")
            time.sleep(0.05)

    def stop(self, way: str) -> None:
        """Take the server down in one of WAYS and wait until every process of it is gone."""
        pid = int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        children = children_of(pid)
        number = WAYS[way]
        for process in [pid] if number is not None else [pid, *children]:
            _send(process, number or signal.SIGKILL)
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()
        self._keeper.wait(GONE_SECONDS)
        deadline = time.monotonic() + GONE_SECONDS
        while any(_is_there(process) for process in children) and time.monotonic() < deadline:
            time.sleep(0.02)

    def restart(self, rng: random.Random) -> str:
        """Take the server down in a drawn way, start it again, and say which way it was."""
        way = rng.choice(list(WAYS))
        self.stop(way)
        time.sleep(rng.uniform(0, 0.5))
        self.start()
        return way

    def close(self) -> None:
        """Stop the server and remove its folder."""
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            address = f"host={self.folder} port={PORT} user=postgres dbname=postgres"
            psycopg.connect(address, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def children_of(parent: int) -> list[int]:
    """Return the processes that a process started and that are still there."""
    told = subprocess.run(
        ["ps", "-e", "-o", "pid=,ppid="],  # noqa: S607 - of any POSIX system
        capture_output=True,
        text=True,
        check=True,
    )
    pairs = [line.split() for line in told.stdout.splitlines()]
    return [int(pid) for pid, of in pairs if int(of) == parent]


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
