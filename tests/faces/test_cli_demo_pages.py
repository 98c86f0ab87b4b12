"""The demo's web app: beside the worker, from the demo's own store, on a port that is free."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2
import pytest

from autopilot.cli import demo_pages
from autopilot.cli.demo_pages import Pages, free_port
from autopilot.cli.serve import HOST, PORT

PATIENCE_SECONDS = 120
ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/history\?issue=([0-9a-f-]{36})")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")


@contextmanager
def running(**environ: str) -> Iterator[subprocess.Popen[str]]:
    """The demo as somebody watches it; ended by force should the test fail."""
    process = subprocess.Popen(
        [sys.executable, "-m", "autopilot", "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environ,
    )
    watch = threading.Timer(PATIENCE_SECONDS, process.kill)
    watch.start()
    try:
        yield process
    finally:
        watch.cancel()
        process.kill()
        process.communicate()


def test_the_demo_opens_on_its_issue_and_its_pages_end_with_it(tmp_path: Path) -> None:
    pytest.importorskip("streamlit")
    users = tmp_path / "users.db"
    with running(AUTOPILOT_DATABASE_URL=f"sqlite:///{users}", AUTOPILOT_PUBLIC_URL="x") as demo:
        assert demo.stdout is not None
        told = []
        for line in demo.stdout:
            told.append(line)
            if "Ctrl-C ends the demo." in line:
                break
        found = ADDRESS.search("".join(told))
        assert found is not None, "".join(told)
        port = int(found[1])
        with httpx2.Client(trust_env=False, base_url=f"http://{HOST}:{port}") as client:
            assert client.get("/healthz").json()["worker"] == "on"
            assert client.get(f"/history?issue={found[2]}").status_code == 200
        demo.send_signal(signal.SIGINT)
        _, complaints = demo.communicate(timeout=PATIENCE_SECONDS)
        assert demo.returncode == 0, complaints
    assert not users.exists()
    with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
        pytest.fail("the pages are still served")


def test_a_taken_port_is_left_to_whoever_has_it() -> None:
    with socket.socket() as other:
        with suppress(OSError):  # somebody else has it already: as good
            other.bind((HOST, PORT))
            other.listen()
        port = free_port()
    assert port != PORT
    assert port > 0


def test_without_the_extra_it_is_said_and_nothing_is_served(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(demo_pages, "has_ui", lambda: False)
    with demo_pages.demo_pages({"AUTOPILOT_DATA_DIR": str(tmp_path)}) as pages:
        assert pages is None
    assert "not installed" in capsys.readouterr().out


def test_the_users_settings_do_not_reach_its_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOPILOT_SMTP_URL", "smtp://relay.example.org")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setenv("LANG", "C.UTF-8")
    environ = demo_pages._environ({"AUTOPILOT_DATA_DIR": "/demo"})
    assert environ["AUTOPILOT_DATA_DIR"] == "/demo"
    assert environ["LANG"] == "C.UTF-8"
    assert not {"AUTOPILOT_SMTP_URL", "OPENAI_API_KEY"} & environ.keys()


def test_an_address_is_given_even_where_nobody_answers_once_it_is_to_stop() -> None:
    stop = threading.Event()
    stop.set()
    address = Pages(1).address_of("an-issue", stop=stop)
    assert address == "http://127.0.0.1:1/history?issue=an-issue"
