"""A real transaction pooler before the tests' PostgreSQL: PgBouncer, as Debian brings it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from postgres_server import Server, as_user, give, libpq_address, server_user
from required import missing
from sqlalchemy import URL, make_url

PORT = 6543
START_SECONDS = 60.0
PLACES = ("/usr/sbin/pgbouncer", "/usr/local/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer")
CONFIG = """\
[databases]
* = host={server} port=5432
[pgbouncer]
listen_addr =
listen_port = {port}
unix_socket_dir = {folder}
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = 3
server_round_robin = 1
max_client_conn = 100
logfile = {folder}/log
"""


def find_pgbouncer() -> str:
    """Returns the program, or skips the test."""
    found = [shutil.which("pgbouncer"), *(place for place in PLACES if Path(place).exists())]
    named = next(filter(None, found), None)
    if named is None:
        missing("no PgBouncer (Debian: apt install pgbouncer)")
    return named


@contextmanager
def pooled(server: Server, url: str) -> Iterator[str]:
    """The address of the same database behind a pooler that mixes its three sessions."""
    program, host = find_pgbouncer(), server.url.query.get("host")
    if not isinstance(host, str):
        missing("the pooler's test needs a server of its own, with a socket")
    root = "/tmp" if os.access("/tmp", os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="autopilot-pool-", dir=root))
    (folder / "config").write_text(CONFIG.format(server=host, port=PORT, folder=folder))
    (folder / "users").write_text(f'"{server.url.username}" ""\n')
    user = server_user()
    if user is not None:
        give(folder, user)
    running = subprocess.Popen(
        [program, str(folder / "config")], **as_user(user, folder), stderr=subprocess.DEVNULL
    )
    address = make_url(url).set(query={"host": str(folder), "port": str(PORT)})
    try:
        _wait(address, running)
        yield address.render_as_string(hide_password=False)
    finally:
        running.terminate()
        running.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(address: URL, running: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(libpq_address(address)).close()
            return
        except psycopg.OperationalError:
            assert running.poll() is None, "the pooler ended by itself"
            if time.monotonic() > deadline:
                raise
        time.sleep(0.05)
