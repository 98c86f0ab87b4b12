"""AWS's Runtime API for one container: what a function's runtime client asks, and where it answers."""

from __future__ import annotations

import json
import queue
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

from drivers.scene import PATIENCE_SECONDS, Process, Scene

VERSION = "/2018-06-01/runtime"
HANDLER = "autopilot.drivers.on_lambda.handler"
ARN = "arn:aws:lambda:eu-central-1:123456789012:function:autopilot"
GONE = (0, -15)  # AWS takes a container away as it likes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """How one invocation, or the start, ended: `error` is None where it succeeded."""

    value: Any = None
    error: Mapping[str, Any] | None = None


@dataclass
class RuntimeApi:
    """Serves the interface, one container after the other."""

    waiting: queue.Queue[tuple[str, bytes, float]] = field(default_factory=queue.Queue)
    answers: queue.Queue[Answered] = field(default_factory=queue.Queue)

    def __post_init__(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        self.address = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def invoke(self, event: object = None, *, seconds: float = 300.0) -> Answered:
        """Invokes the function and returns how that ended.

        It has so many seconds from when a container takes it: the start of one does not count.
        """
        self.waiting.put((str(uuid4()), json.dumps(event or {}).encode(), seconds))
        return self.answer()

    def answer(self) -> Answered:
        """Returns what the container said next."""
        return self.answers.get(timeout=PATIENCE_SECONDS)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def _handler(api: RuntimeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == f"{VERSION}/invocation/next", self.path
            number, event, seconds = api.waiting.get()
            ends_at = time.time() + seconds
            self._send(
                200,
                event,
                **{
                    "Lambda-Runtime-Aws-Request-Id": number,
                    "Lambda-Runtime-Deadline-Ms": str(int(ends_at * 1_000)),
                    "Lambda-Runtime-Invoked-Function-Arn": ARN,
                },
            )

        def do_POST(self) -> None:
            value = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path.endswith("/response"):
                api.answers.put(Answered(value=value))
            else:
                assert self.path.endswith("/error"), self.path  # of an invocation, or of the start
                api.answers.put(Answered(error=value))
            self._send(202, b'{"status": "OK"}')

        def _send(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    return Handler


@contextmanager
def running_api() -> Iterator[RuntimeApi]:
    api = RuntimeApi()
    try:
        yield api
    finally:
        api.close()


@contextmanager
def container(scene: Scene, api: RuntimeApi) -> Iterator[Process]:
    """Runs the function as its image does, until the block ends."""
    told = {"AWS_LAMBDA_RUNTIME_API": api.address, "AUTOPILOT_LOG_FORMAT": "json"}
    here = replace(scene, environment={**scene.environment, **told})
    with here.process(sys.executable, "-m", "awslambdaric", HANDLER, good_ends=GONE) as running:
        yield running
