"""The crew of a fleet: programs that are killed with -9 and replaced, each with its children."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chaos.postgres import children_of

CELERY = (sys.executable, "-m", "celery", "-A", "autopilot.drivers.on_celery")
POLLING = (sys.executable, "-m", "autopilot", "worker")
# Celery's own: its worker ends with this when its first child dies before it has come up. Whatever
# supervises it starts it again, as the crew does.
GIVES_UP, GAVE_UP = 1, "Could not start worker processes"
Process = subprocess.Popen[bytes]


@dataclass(slots=True, kw_only=True)
class FleetCrew:
    """`size` workers, and a beat where they are of Celery; whoever dies is replaced at once."""

    folder: Path
    environment: Mapping[str, str]
    size: int
    polling: bool
    rng: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    ended: list[str] = field(default_factory=list)  # by themselves
    _workers: list[Process] = field(default_factory=list)
    _beat: Process | None = None
    _killed: set[int] = field(default_factory=set)
    _bereft: set[int] = field(default_factory=set)  # their child was killed
    _logs: dict[int, Path] = field(default_factory=dict)
    _started: int = 0

    def look(self) -> None:
        """Start whoever is missing."""
        for process in [it for it in self._all() if it.poll() is not None]:
            if self._gave_up(process):
                self.kills["a worker that gave up with its child as it started"] += 1
            elif process.pid not in self._killed:
                self.ended.append(f"{process.args!r}: exit code {process.returncode}")
            self._end(process)
        while len(self._workers) < self.size:
            self._workers.append(self._start(self._worker_command()))
        if self._beat is None and not self.polling:
            self._beat = self._start((*CELERY, "beat"))

    def kill(self) -> None:
        """Kill a worker with -9: with all that belongs to it, or only the process that executes."""
        process = self.rng.choice(self._workers)
        children = [] if self.polling else children_of(process.pid)
        if children and self.rng.random() < 0.5:
            self.kills["the process that executes"] += 1
            self._bereft.add(process.pid)
            _send(children[0], signal.SIGKILL)
            return
        self.kills["a worker with all that belongs to it"] += 1
        self._killed.add(process.pid)
        _send_group(process.pid)

    def stop(self, patience_seconds: float) -> dict[int, int | None]:
        """SIGTERM everybody; return each exit code, None for who was still there at the end."""
        asked = [it for it in self._all() if it.poll() is None]
        for process in asked:
            process.terminate()
        deadline = time.monotonic() + patience_seconds
        codes: dict[int, int | None] = {}
        for process in asked:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            codes[process.pid] = process.returncode
        self.close()
        return codes

    def close(self) -> None:
        """Kill whoever is left."""
        for process in self._all():
            self._end(process)

    def words(self) -> Iterator[dict[str, object]]:
        """Return what everybody wrote to the log, line by line."""
        for file in sorted(self.folder.glob("fleet-*.log")):
            for line in file.read_text(errors="replace").splitlines():
                with contextlib.suppress(json.JSONDecodeError):
                    yield json.loads(line)

    def _gave_up(self, process: Process) -> bool:
        """Whether it ended as Celery does when its child, which we killed, was the first."""
        is_bereft = process.pid in self._bereft and process.returncode == GIVES_UP
        return is_bereft and GAVE_UP in self._logs[process.pid].read_text(errors="replace")

    def _worker_command(self) -> Sequence[str]:
        if self.polling:
            return POLLING
        name = f"fleet-{self._started}@%h"
        return (*CELERY, "worker", "--concurrency", "1", "-n", name, "-l", "WARNING")

    def _start(self, command: Sequence[str]) -> Process:
        self._started += 1
        file = self.folder / f"fleet-{self._started:05}.log"
        with file.open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - our own programs
                command,
                env={**os.environ, **self.environment, "AUTOPILOT_LOG_FORMAT": "json"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._logs[process.pid] = file
        return process

    def _all(self) -> list[Process]:
        return [*self._workers, *([self._beat] if self._beat else [])]

    def _end(self, process: Process) -> None:
        _send_group(process.pid)
        process.wait()
        if process is self._beat:
            self._beat = None
        else:
            self._workers.remove(process)


def _send_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
