"""tick, worker, up and demo: due slots become issues, and signals end the work in good order."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from autopilot.cli import demo_store
from autopilot.domain.recurrence.rules import parse_rule
from autopilot.domain.recurrence.slots import calculate_next_run
from autopilot.domain.schedule import Upcoming
from autopilot.store import schedules
from autopilot.store.database import open_database

Autopilot = Callable[..., Any]
PROGRAM = (sys.executable, "-m", "autopilot")
PATIENCE_SECONDS = 60


def make_due(data: Path) -> None:
    """Moves every schedule back to the last slot of its rule, which has just been."""
    recently = datetime.now(UTC) - timedelta(minutes=10)
    database = open_database(f"sqlite:///{data / 'autopilot.db'}")
    with database.begin() as connection:
        for seen in schedules.list_schedules(connection):
            slot = calculate_next_run(seen.rule, recently)
            assert slot is not None
            upcoming = Upcoming(at=slot.utc, due_at=None, computed_with="a test")
            assert schedules.advance_schedule(connection, seen, seen.advance(upcoming))
    database.close()


def test_tick_with_nothing_due_does_nothing(autopilot: Autopilot, applied: Path) -> None:
    ended = autopilot("tick", "--json")
    assert ended.code == 0
    assert ended.json.keys() == {
        "started_at",
        "rescued",
        "released",
        "queued",
        "skipped",
        "runs",
        "delivered",
    }
    assert ended.json["runs"] == []
    assert "Next: autopilot status" in autopilot("tick").out


def test_tick_makes_what_is_due(autopilot: Autopilot, tmp_path: Path) -> None:
    due_every_day(autopilot)
    make_due(tmp_path / "data")
    assert autopilot("tick", "--limit", "0", "--json").json["queued"] == 1
    report = autopilot("tick", "--json").json
    assert [run["status"] for run in report["runs"]] == ["skipped"]
    assert report["runs"][0]["scheduled_for"]
    assert autopilot("tick", "--json").json["runs"] == []


def due_every_day(autopilot: Autopilot, source: str | None = None) -> None:
    """Applies a specification whose schedule has a slot at this minute of each day."""
    sources = f'[{{url: "{source}"}}]' if source else "[]"
    minute = datetime.now(UTC).replace(second=0, microsecond=0)
    Path("due.yaml").write_text(
        "workspace: w\nname: W\nspecifications:\n"
        "  - slug: s\n    name: S\n    categories: [{id: a, name: A, keywords: [grid]}]\n"
        f"    sources: {sources}\n"
        f'    schedules: [{{name: now, type: daily, config: {{times: ["{minute:%H:%M}"]}}}}]\n'
    )
    assert autopilot("apply", "due.yaml").code == 0


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Starts the program in a process of its own and leaves none behind."""
    process = subprocess.Popen(
        [*PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda it: it.name)
def test_up_says_where_things_are_and_ends_well_at_a_signal(
    autopilot: Autopilot, applied: Path, tmp_path: Path, number: signal.Signals
) -> None:
    with started("up") as process:
        until(lambda: autopilot("status", "--json").json["workers"])
        assert autopilot("status").out.splitlines()[1].startswith("Worker        on: ")
        assert "1 running" in autopilot("doctor").out
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    assert str(tmp_path / "data") in out
    assert "Monday nine" in out
    assert "once more ends it at once" in err
    assert "Traceback" not in out + err
    assert autopilot("status", "--json").json["workers"] == []


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_a_worker_makes_a_due_slot_and_says_so_as_json(
    autopilot: Autopilot, tmp_path: Path
) -> None:
    due_every_day(autopilot)
    make_due(tmp_path / "data")
    with started("worker", "--json") as process:
        until(lambda: autopilot("runs", "list", "--status", "skipped", "--json").json["runs"])
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    lines = [json.loads(line) for line in out.splitlines()]
    assert [run["status"] for line in lines for run in line["runs"]] == ["skipped"]


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_a_worker_that_was_killed_is_not_taken_for_alive(
    autopilot: Autopilot, applied: Path
) -> None:
    with started("worker") as process:
        until(lambda: autopilot("status", "--json").json["workers"])
        process.kill()
        process.communicate(timeout=PATIENCE_SECONDS)
    assert autopilot("status", "--json").json["workers"] == []


@contextmanager
def hanging_feed() -> Iterator[tuple[str, threading.Event]]:
    """Gives the place of a server that takes requests and never answers, and whether one came."""
    asked, done = threading.Event(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.set()
            done.wait(PATIENCE_SECONDS)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", asked
    finally:
        done.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_an_interrupted_generate_says_so_and_a_second_signal_ends_a_worker(
    autopilot: Autopilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hanging_feed() as (place, asked):
        monkeypatch.setenv("AUTOPILOT_ALLOW_HOSTS", place)
        due_every_day(autopilot, source=f"http://{place}/feed.xml")
        with started("generate", "s") as process:
            assert asked.wait(PATIENCE_SECONDS)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=PATIENCE_SECONDS)
        assert (process.returncode, out, err) == (130, "", "Interrupted.\n")
        asked.clear()
        make_due(tmp_path / "data")
        with started("worker") as process:
            assert asked.wait(PATIENCE_SECONDS)
            process.send_signal(signal.SIGINT)
            assert process.stderr is not None
            while "once more ends it at once" not in process.stderr.readline():
                assert process.poll() is None
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE_SECONDS) == -signal.SIGINT


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_up_makes_the_tables_of_postgresql(
    autopilot: Autopilot, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    monkeypatch.setenv("AUTOPILOT_DATABASE_URL", database_url)
    with started("up") as process:
        until(lambda: autopilot("status", "--json").json.get("workers"))
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    assert "The tables are made" in out
    assert "no schedule is on yet" in out


def until(holds: Callable[[], Any]) -> None:
    """Waits until something holds, or fails."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.1)


def demo(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Runs the demo as a newcomer does, in a process of its own."""
    return subprocess.run(
        [*PROGRAM, "demo", *arguments],
        env=os.environ | environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )


def test_the_demo_makes_an_issue_twice_and_touches_no_other_store(tmp_path: Path) -> None:
    users = tmp_path / "users.db"
    for _ in range(2):
        ended = demo("--once", AUTOPILOT_DATABASE_URL=f"sqlite:///{users}")
        assert ended.returncode == 0, ended.stderr
        assert ended.stderr == ""
        page = page_of(ended.stdout)
        assert page.is_relative_to(tmp_path / "data" / "demo")
        assert page.stat().st_size > 5_000
        for part in ("Every day at", "Why it is in", "Next: autopilot init"):
            assert part in ended.stdout
        assert max(len(line) for line in ended.stdout.splitlines() if "/" not in line) <= 80
    assert len(list((tmp_path / "data" / "demo").iterdir())) == 2
    assert not users.exists()
    assert not (tmp_path / "data" / "autopilot.db").exists()


def page_of(told: str) -> Path:
    """The page that the demo names, which must exist."""
    page = Path(next(line.strip() for line in told.splitlines() if line.endswith(".html")))
    assert page.is_file()
    return page


def test_the_demo_as_json_is_the_run(tmp_path: Path) -> None:
    ended = demo("--once", "--json", "--pack", "health-tech", NO_COLOR="1", LC_ALL="C")
    assert ended.returncode == 0, ended.stderr
    report = json.loads(ended.stdout)
    assert (report["status"], report["trigger"]) == ("succeeded", "schedule")
    assert report["scheduled_for"]
    assert {source["status"] for source in report["sources"]} == {"ok"}
    assert len(report["stories"]) >= 4


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_the_demo_goes_on_until_it_is_told_to_end(tmp_path: Path) -> None:
    with started("demo") as process:
        assert process.stdout is not None
        told = ""
        while "Ctrl-C ends the demo." not in told:
            line = process.stdout.readline()
            assert line, told
            told += line
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    assert "the next issue is due" in told
    assert "Traceback" not in err


def test_a_live_demo_that_reaches_nothing_says_so(
    autopilot: Autopilot, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = (
        "workspace: w\nname: W\nspecifications:\n  - slug: s\n    name: S\n"
        "    categories: [{id: a, name: A, keywords: [grid]}]\n"
        '    sources: [{url: "http://127.0.0.1:9/feed.xml"}, {url: "http://127.0.0.1:9/b.xml"}]\n'
    )
    monkeypatch.setattr("autopilot.adapters.packs.pack_text", lambda _: pack)
    ended = autopilot("demo", "--live", "--once")
    assert ended.code == 1
    assert "None of the sources could be reached." in ended.out
    assert ended.out.count("127.0.0.1:9/") >= 2
    assert "autopilot demo " in ended.out
    assert autopilot("demo", "--live", "--json").json["status"] == "failed"


def test_old_demo_folders_are_removed_and_nothing_else(tmp_path: Path) -> None:
    demos = tmp_path / "data" / "demo"
    old, young, foreign = (demos / name for name in ("20200101-000000-1", "20990101-000000-1", "x"))
    for folder in (old, young, foreign):
        folder.mkdir(parents=True)
    long_ago = time.time() - 3 * demo_store.KEPT_SECONDS
    for folder in (old, foreign):
        os.utime(folder, (long_ago, long_ago))
    fresh = demo_store.fresh_folder()
    assert set(demos.iterdir()) == {fresh, young, foreign}


@pytest.mark.parametrize(
    ("moment", "zone"),
    [
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "Europe/Berlin"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "UTC"),
    ],
    ids=["first pass", "second pass"],
)
def test_the_demos_slot_is_due_in_the_hour_that_comes_twice_too(
    moment: datetime, zone: str
) -> None:
    schedule = demo_store.demo_document("energy", (), moment).specifications[0].schedules[0]
    assert schedule.timezone == zone
    rule = parse_rule(schedule.type, schedule.config, zone)
    slot = calculate_next_run(rule, moment - timedelta(seconds=1))
    assert slot is not None
    assert slot.utc == moment
