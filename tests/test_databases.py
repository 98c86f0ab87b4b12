"""The databases the other tests stand on: fresh for each test, and gone with the tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import postgres_server
import pytest
from postgres_server import Server, ServerMissing, libpq_address, running_server
from sqlalchemy import create_engine, inspect, make_url, text

HOLD = """
import sys, time
sys.path.insert(0, sys.argv[1])
from postgres_server import running_server
with running_server({}) as server:
    print(server.url.query["host"], flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_gets_an_empty_database(database_url: str, turn: int) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == []
        connection.execute(text("CREATE TABLE left_behind (turn INTEGER)"))
    engine.dispose()


def test_a_new_database_can_copy_one_with_tables(postgres_server: Server) -> None:
    original = postgres_server.create_database()
    engine = create_engine(original)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept (turn INTEGER)"))
    engine.dispose()
    copy = postgres_server.create_database(template=make_url(original).database or "")
    engine = create_engine(copy)
    assert inspect(engine).get_table_names() == ["kept"]
    engine.dispose()
    postgres_server.drop_database(copy)
    postgres_server.drop_database(original)


def test_a_given_server_is_used_as_it_is(postgres_url: str) -> None:
    given = postgres_url.replace("postgresql+psycopg://", "postgres://")
    with running_server({"TEST_POSTGRES_URL": given}) as server:
        assert server.url == make_url(postgres_url)
        assert libpq_address(server.url).startswith("postgresql://")
        server.drop_database(server.create_database())


def test_without_binaries_the_reason_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_server, "version_of", lambda folder: 0)
    with pytest.raises(ServerMissing, match=r"TEST_POSTGRES_URL.*apt install postgresql"):
        postgres_server.find_binaries()


def test_the_wheel_starts_without_opening_any_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [*postgres_server.wheel_folders()]
    if not folders:
        pytest.skip("the wheel has no build for this platform")
    parents = {parent: parent.stat().st_mode for folder in folders for parent in folder.parents}
    monkeypatch.setattr(postgres_server, "installed_folders", list)
    with running_server({}) as server:
        server.drop_database(server.create_database())
    assert {parent: parent.stat().st_mode for parent in parents} == parents


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")
def test_binaries_in_a_private_folder_are_copied_for_the_servers_user(tmp_path: Path) -> None:
    private = tmp_path / "private"
    (private / "package.libs").mkdir(parents=True)
    programs = private / "package" / "installation" / "bin"
    programs.mkdir(parents=True)
    program = programs / "initdb"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    private.chmod(0o700)
    copied = postgres_server.reachable(programs, tmp_path / "server", "daemon")
    assert copied == tmp_path / "server" / "package" / "installation" / "bin"
    assert (copied / "initdb").read_text() == "#!/bin/sh\n"
    assert (tmp_path / "server" / "package.libs").is_dir()


@pytest.mark.parametrize(
    "ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda it: it.name
)
def test_the_server_goes_with_the_process_that_started_it(
    postgres_server: Server, ending: signal.Signals
) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, Path(__file__).parent],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert holder.stdout is not None
    folder = Path(holder.stdout.readline().strip())
    server = int((folder / "data" / "postmaster.pid").read_text().split()[0])
    holder.send_signal(ending)
    holder.wait(30)
    holder.stdout.close()
    deadline = time.monotonic() + 30
    while (is_alive(server) or folder.exists()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(server)
    assert not folder.exists()


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
