"""The web process beside a worker: started, started again when it dies, and ended with the worker.

It is a process of its own, so that no slow page takes time from an issue and no issue from a page.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 5.0, 300.0
GOOD_AFTER_SECONDS = 60.0  # what ran so long did not fail at its start
END_SECONDS = 15.0
LOOK_SECONDS = 0.5


class WebProcess:
    """`autopilot serve` as a child that ends when its parent does, however that ends.

    It is not started before `is_free` says that nobody else has its port: a worker that was killed
    and started again waits for the pages of its predecessor to end. `environ` are its settings
    (default: those of this process), `log` a file that its words go to (default: where ours go);
    without `with_ui` it serves the public pages and the API alone.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        is_free: Callable[[], bool],
        environ: Mapping[str, str] | None = None,
        log: Path | None = None,
        with_ui: bool = True,
    ) -> None:
        self._command = [
            *(sys.executable, "-m", "autopilot", "serve", "--beside"),
            *("--host", host, "--port", str(port)),
            *(() if with_ui else ("--no-ui",)),
        ]
        self._is_free = is_free
        self._environ = environ
        self._log = log
        self._stop = threading.Event()
        self._watch = threading.Thread(target=self._keep, name="web-process", daemon=True)

    def start(self) -> None:
        """Start it, and watch over it until `end`."""
        self._watch.start()

    def end(self) -> None:
        """Ask it to end, and wait for it; one that hangs is killed."""
        self._stop.set()
        self._watch.join(END_SECONDS + LOOK_SECONDS + 1)

    def _keep(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._stop.is_set():
            if not self._is_free():
                self._stop.wait(FIRST_PAUSE_SECONDS)
                continue
            started = time.monotonic()
            code = self._run()
            if self._stop.is_set():
                return
            if time.monotonic() - started > GOOD_AFTER_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            log.warning(
                "The web process ended; it is started again.",
                action="restart",
                exit_code=code,
                pause_seconds=pause,
            )
            self._stop.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _run(self) -> int:
        # Its standard input ends when this process does, even by kill -9: then it ends as well.
        with (
            nullcontext() if self._log is None else self._log.open("ab") as words,
            subprocess.Popen(  # noqa: S603
                self._command, stdin=subprocess.PIPE, stderr=words, env=self._environ
            ) as child,
        ):
            while child.poll() is None and not self._stop.wait(LOOK_SECONDS):
                pass
            if child.poll() is None:
                child.terminate()
            try:
                return child.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                return child.wait()
