"""serve and up: the web pages as a process - started, asked, in the way of another, ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

Autopilot = Callable[..., Any]
PROGRAM = (sys.executable, "-m", "autopilot")
PATIENCE_SECONDS = 60
pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")


@contextmanager
def started(*arguments: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*PROGRAM, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environ,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(found: Callable[[], Any]) -> Any:
    """Waits for something that is there at last, and returns it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (it := found()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)
    return it


def health(port: int) -> httpx2.Response | None:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)
    except httpx2.TransportError:
        return None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda it: it.name)
def test_serve_answers_and_ends_well_at_a_signal(autopilot: Autopilot, number: int) -> None:
    port = free_port()
    with started("serve", PORT=str(port)) as process:
        answer = until(lambda: health(port))
        assert answer.json() == {"status": "ok", "store": "ok", "worker": "none yet"}
        assert httpx2.get(f"http://127.0.0.1:{port}/", trust_env=False).status_code == 404
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    assert f"Web          http://127.0.0.1:{port}" in out
    assert "AUTOPILOT_PUBLIC_URL" in out
    assert "Traceback" not in out + err


def test_a_port_that_is_taken_is_said_with_what_to_do(autopilot: Autopilot) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ended = autopilot("serve", "--port", str(port))
    assert ended.code == 3
    assert f"Port {port} of 127.0.0.1 is taken" in ended.err
    assert "--port 8502" in ended.err
    assert autopilot("serve", "--host", "no such host").code == 2


def test_up_serves_the_pages_beside_the_worker_and_ends_both(
    autopilot: Autopilot, applied: Path
) -> None:
    port = free_port()
    with started("up", "--port", str(port)) as process:
        until(lambda: (answer := health(port)) and answer.json()["worker"] == "on")
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    assert f"Web          http://127.0.0.1:{port}" in out
    assert "Traceback" not in out + err
    assert health(port) is None


def test_pages_end_with_a_killed_up_and_the_next_one_takes_their_port(
    autopilot: Autopilot, applied: Path
) -> None:
    port = free_port()
    with started("up", "--port", str(port)) as process:
        until(lambda: health(port))
        process.kill()
        process.wait()
        until(lambda: health(port) is None)
    with started("up", "--port", str(port)):
        until(lambda: health(port))


def test_up_works_on_while_its_port_is_taken(autopilot: Autopilot, applied: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with started("up", "--port", str(port)) as process:
            until(lambda: autopilot("status", "--json").json["workers"])
            process.send_signal(signal.SIGTERM)
            out, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    assert f"Port {port} of 127.0.0.1 is taken" in out
