"""serve and up: the web pages as a process - started, asked, in the way of another, ended."""

from __future__ import annotations

import os
import re
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
PATIENCE_SECONDS = 120
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
        assert httpx2.get(f"http://127.0.0.1:{port}/", trust_env=False).status_code == 200
        assert httpx2.get(f"http://127.0.0.1:{port}/nope", trust_env=False).status_code == 404
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
    assert "Fatal" not in err
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


PASSWORD = "correct horse battery staple"
ADMIN = {"AUTOPILOT_ADMIN_EMAIL": "ann@example.org"}


@pytest.mark.parametrize("command", ["serve", "up"])
def test_the_web_app_is_not_served_to_a_network_without_a_login(
    autopilot: Autopilot, command: str
) -> None:
    ended = autopilot(command, "--host", "0.0.0.0", "--port", str(free_port()))
    assert ended.code == 2
    assert "The web app cannot be served at 0.0.0.0 as it is:" in ended.err
    assert "AUTOPILOT_ADMIN_EMAIL" in ended.err
    assert "--no-ui" in ended.err


def test_pages_for_readers_are_served_to_a_network_without_the_web_app(
    autopilot: Autopilot,
) -> None:
    port = free_port()
    with started("serve", "--no-ui", "--host", "0.0.0.0", "--port", str(port)):
        until(lambda: health(port))
        for path, status in (("/", 404), ("/login", 404), ("/api/v1/workspaces", 401)):
            answer = httpx2.get(f"http://127.0.0.1:{port}{path}", trust_env=False)
            assert answer.status_code == status, path


def test_the_first_admin_signs_in_to_a_web_app_on_a_network(
    autopilot: Autopilot, tmp_path: Path
) -> None:
    port, file = free_port(), tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    environ = ADMIN | {"AUTOPILOT_ADMIN_PASSWORD_FILE": str(file)}
    arguments = ("serve", "--host", "0.0.0.0", "--port", str(port))
    with started(*arguments, **environ) as process:
        until(lambda: health(port))
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            assert client.get("/").headers["location"] == "/login"
            given = {"email": "ann@example.org", "password": PASSWORD}
            assert client.post("/login", data=given | {"password": "wrong"}).status_code == 401
            assert client.post("/login", data=given).headers["location"] == "/"
            assert client.get("/").status_code == 200
            secret = client.cookies["autopilot_session"]
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    for hidden in (secret, PASSWORD):
        assert hidden not in out + err


def test_the_first_admin_gets_a_link_in_the_log(autopilot: Autopilot) -> None:
    port = free_port()
    with started("serve", "--port", str(port), **ADMIN) as process:
        until(lambda: health(port))
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    (link,) = re.findall(r"http://\S+/setup/\S+", out + err)
    assert link.startswith(f"http://127.0.0.1:{port}/")


def test_a_page_of_another_name_or_through_a_proxy_is_refused_while_no_login_is_set_up(
    autopilot: Autopilot,
) -> None:
    port = free_port()
    with started("serve", "--port", str(port)):
        until(lambda: health(port))
        base = f"http://127.0.0.1:{port}/"
        assert httpx2.get(base, trust_env=False).status_code == 200
        for headers in ({"Host": "news.example.org"}, {"X-Forwarded-For": "203.0.113.9"}):
            refused = httpx2.get(base, headers=headers, trust_env=False)
            assert refused.status_code == 403
            assert "Nobody can sign in yet" in refused.text
        made = autopilot("users", "add", "ann@example.org", "--operator", "--json")
        assert made.code == 0
        assert httpx2.get(base, trust_env=False).headers["location"] == "/login"
