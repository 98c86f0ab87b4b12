"""The health page of a worker: what it answers while ticks come and when they stay away, and to whom."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from autopilot.drivers.health_page import LATE_AT_LEAST, HealthPage
from autopilot.errors import Conflict

Autopilot = Callable[..., Any]
PATIENCE_SECONDS = 60


class Watch:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def page(watch: Watch) -> Iterator[HealthPage]:
    served = HealthPage(0, seconds_now=watch)
    yield served
    served.end()


def asked(page: HealthPage, path: str = "/healthz", method: str = "GET") -> httpx2.Response:
    return httpx2.request(method, f"http://127.0.0.1:{page.port}{path}", trust_env=False)


def test_it_is_well_while_the_last_good_tick_is_recent(page: HealthPage, watch: Watch) -> None:
    page.expect_every(timedelta(seconds=300))
    first = asked(page)
    assert (first.status_code, first.text) == (503, "No tick has ended well yet.\n")
    page.note_good_tick()
    watch.seconds += 900
    assert (asked(page).status_code, asked(page).text) == (200, "ok\n")
    watch.seconds += 1
    late = asked(page)
    assert (late.status_code, late.text) == (
        503,
        "The last good tick was 901 s ago, not within 900 s.\n",
    )
    page.note_good_tick()
    assert asked(page).status_code == 200


def test_a_short_poll_interval_does_not_make_a_long_step_late(
    page: HealthPage, watch: Watch
) -> None:
    page.expect_every(timedelta(seconds=1))
    page.note_good_tick()
    watch.seconds += LATE_AT_LEAST.total_seconds()
    assert asked(page).status_code == 200
    watch.seconds += 1
    assert asked(page).status_code == 503


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/healthz/", 404),
        ("GET", "/metrics", 404),
        ("GET", "/healthz?from=a-host", 200),
        ("HEAD", "/healthz", 200),
        ("POST", "/healthz", 405),
        ("POST", "/tick", 404),
    ],
)
def test_there_is_nothing_else(page: HealthPage, method: str, path: str, status: int) -> None:
    page.note_good_tick()
    answer = asked(page, path, method)
    assert answer.status_code == status
    assert answer.headers["cache-control"] == "no-store"
    assert (answer.text == "") == (method == "HEAD")


@pytest.mark.parametrize("said", [b"", b"\r\n\r\n", b"nonsense", b"\x00" * 20_000, b"GET /healthz"])
def test_whoever_sends_nonsense_or_goes_away_harms_nobody(page: HealthPage, said: bytes) -> None:
    page.note_good_tick()
    with socket.create_connection(("127.0.0.1", page.port)) as visitor:
        visitor.sendall(said)
    assert asked(page).status_code == 200


def test_a_visitor_who_says_nothing_is_let_go(
    page: HealthPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autopilot.drivers.health_page.READ_SECONDS", 0.2)
    page.note_good_tick()
    with socket.create_connection(("127.0.0.1", page.port)) as silent:
        assert asked(page).status_code == 200
        silent.settimeout(PATIENCE_SECONDS)
        assert silent.recv(1) == b""


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="no IPv6 on this machine")
def test_it_answers_over_both_versions_of_ip(page: HealthPage) -> None:
    page.note_good_tick()
    for host in ("127.0.0.1", "[::1]"):
        answer = httpx2.get(f"http://{host}:{page.port}/healthz", trust_env=False)
        assert answer.status_code == 200, host


def test_its_port_is_given_back(watch: Watch) -> None:
    first = HealthPage(0, seconds_now=watch)
    port = first.port
    with pytest.raises(Conflict, match=f"cannot have port {port}"):
        HealthPage(port)
    first.end()
    HealthPage(port).end()


@contextmanager
def worker(**environ: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "autopilot", "worker"],
        env=os.environ | environ,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_a_worker_answers_where_a_host_says(autopilot: Autopilot) -> None:
    assert autopilot("migrate").code == 0
    with worker(PORT="0", NO_COLOR="1") as process:
        assert process.stderr is not None
        told = ""
        while (port := re.search(r"port=(\d+)", told)) is None:
            told += (line := process.stderr.readline())
            assert line, told
        url = f"http://127.0.0.1:{port[1]}/healthz"
        while httpx2.get(url, trust_env=False).status_code != 200:
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        _, rest = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, told + rest
    assert "Traceback" not in told + rest


@pytest.mark.parametrize("port", ["http", "-1", "65536"])
def test_a_port_that_is_none_is_said_by_its_name(
    autopilot: Autopilot, monkeypatch: pytest.MonkeyPatch, port: str
) -> None:
    monkeypatch.setenv("PORT", port)
    ended = autopilot("worker")
    assert ended.code == 2
    assert "(env var: 'PORT')" in ended.err


def test_a_port_that_is_taken_is_said_with_what_to_do(
    autopilot: Autopilot, page: HealthPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", str(page.port))
    ended = autopilot("worker")
    assert ended.code == 3
    assert f"port {page.port}" in ended.err
    assert "PORT=8080" in ended.err
