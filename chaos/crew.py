"""The crew: as many workers as the campaign wants, replaced when they die, each with its journal."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

START_SECONDS = 60.0
BOUNDARY_PATIENCE_SECONDS = 3.0
STORE_AWAY = 4  # docs/reference/exit-codes.md
RESTART_SECONDS = 0.5  # as a service manager waits before it starts again what ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of a journal: claim, left or dying."""

    event: str
    pid: int
    at: float
    run: str = ""
    epoch: int = 0
    error: str | None = None
    place: str = ""


@dataclass(slots=True, kw_only=True)
class Worker:
    """One process; `held` is (run, epoch) of its last claim while it has not left that run."""

    name: str
    pid: int
    journal: Path
    read: int = 0
    held: tuple[str, int] | None = None
    frozen: bool = False
    doomed_since: float | None = None  # told to die at a boundary
    dying: Event | None = None  # its last word


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """A worker killed on purpose, and what it had in hand by its journal."""

    pid: int
    at: float
    held: tuple[str, int] | None
    place: str


@dataclass(slots=True)
class Crew:
    """Starts, kills, freezes and replaces workers; remembers what they wrote."""

    folder: Path
    environment: Mapping[str, str]
    size: int
    rng: random.Random
    workers: dict[int, Worker] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    deaths: list[Death] = field(default_factory=list)
    exits: list[tuple[int, int]] = field(default_factory=list)  # (pid, code) nobody asked for
    turned_away: int = 0  # starts while the store did not answer: exit code 4, says the product
    places: Counter[str] = field(default_factory=Counter)
    started: int = 0
    _ordered: int = 0
    _killed: dict[int, float] = field(default_factory=dict)
    _stopping: bool = False
    _not_before: float = 0.0
    _left: dict[int, Worker] = field(default_factory=dict)
    _buffer: bytes = b""
    _nursery: subprocess.Popen[bytes] = field(init=False)

    def open(self) -> None:
        """Start the nursery and the first workers."""
        (self.folder / "journal").mkdir(parents=True)
        self._nursery = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "chaos.nursery", str(self.folder)],
            env={**os.environ, **self.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._nursery.stdout is not None
        assert self._nursery.stdout.readline()  # it has imported the product
        os.set_blocking(self._nursery.stdout.fileno(), False)
        self.look()

    def close(self) -> None:
        """Kill whoever is left."""
        assert self._nursery.stdin is not None
        self._nursery.stdin.close()
        self._nursery.wait(30)

    def look(self) -> None:
        """Read journals, notice ends, replace the dead."""
        for worker in self.workers.values():
            self._read(worker)
        self._hear()
        ready = time.monotonic() > self._not_before and not self._stopping
        while ready and self._at_work() + self._ordered < self.size:
            self._order()
        for worker in self.workers.values():
            doomed = worker.doomed_since
            if doomed and time.time() - doomed > BOUNDARY_PATIENCE_SECONDS and not worker.frozen:
                self.kill(worker)  # it had nothing to do: it dies where it is

    def _at_work(self) -> int:
        """Who is there and not frozen: for a frozen worker another one comes until it wakes."""
        return sum(not worker.frozen for worker in self.workers.values())

    def busy(self) -> list[Worker]:
        """Return workers with a run in hand that nothing is being done to."""
        return [
            worker
            for worker in self.workers.values()
            if worker.held
            and not worker.frozen
            and worker.doomed_since is None
            and worker.pid not in self._killed
        ]

    def kill(self, worker: Worker) -> None:
        """SIGKILL, right now."""
        self._killed[worker.pid] = time.time()
        self._send(worker, signal.SIGKILL)

    def doom(self, worker: Worker) -> None:
        """Let it kill itself at one of its next boundaries."""
        worker.doomed_since = time.time()
        self._send(worker, signal.SIGUSR1)

    def freeze(self, worker: Worker) -> None:
        """SIGSTOP; what it wrote until then is read."""
        worker.frozen = True
        self._send(worker, signal.SIGSTOP)
        time.sleep(0.02)  # the signal takes effect a moment later
        self._read(worker)

    def thaw(self, worker: Worker) -> None:
        """SIGCONT."""
        worker.frozen = False
        self._send(worker, signal.SIGCONT)

    def stop(self, patience_seconds: float) -> dict[int, int | None]:
        """SIGTERM everybody; return each exit code, None for who was still there at the end."""
        self._stopping = True
        asked = {pid: worker for pid, worker in self.workers.items() if pid not in self._killed}
        codes: dict[int, int | None] = dict.fromkeys(asked)
        before = len(self.exits)
        for worker in asked.values():
            self._send(worker, signal.SIGTERM)
        deadline = time.monotonic() + patience_seconds
        while self.workers and time.monotonic() < deadline:
            self.look()
            time.sleep(0.02)
        for worker in self.workers.values():
            self._send(worker, signal.SIGUSR2)
        codes.update({pid: code for pid, code in self.exits[before:] if pid in codes})
        del self.exits[before:]
        # Whoever was to die at a boundary was killed there, or where it was, while it was to stop.
        died = {death.pid for death in self.deaths}
        return {pid: code for pid, code in codes.items() if pid not in died}

    def _order(self) -> None:
        name = f"worker-{self.started:05}"
        order = {"name": name, "number": self.started, "seed": self.rng.getrandbits(32)}
        self.started += 1
        self._ordered += 1
        assert self._nursery.stdin is not None
        self._nursery.stdin.write((json.dumps(order) + "\n").encode())
        self._nursery.stdin.flush()

    def _hear(self) -> None:
        """What the nursery said: who started, who ended."""
        assert self._nursery.stdout is not None
        while chunk := self._nursery.stdout.read(65_536):
            self._buffer += chunk
        *lines, self._buffer = self._buffer.split(b"\n")
        for line in lines:
            said = json.loads(line)
            if "name" in said:
                self._ordered -= 1
                journal = self.folder / "journal" / f"{said['name']}.jsonl"
                self.workers[said["pid"]] = Worker(
                    name=said["name"], pid=said["pid"], journal=journal
                )
            else:
                self._bury(said["pid"], said["code"])

    def _bury(self, pid: int, code: int) -> None:
        worker = self.workers.pop(pid)
        self._read(worker)
        dying = worker.dying
        at = dying.at if dying else self._killed.pop(pid, None)
        if code == STORE_AWAY and not worker.read:
            self.turned_away += 1
            self._not_before = time.monotonic() + RESTART_SECONDS
            return
        if at is None or code != -signal.SIGKILL:
            self.exits.append((pid, code))
            return
        place = dying.place if dying else "at random"
        self.places[place] += 1
        self.deaths.append(Death(pid=pid, at=at, held=worker.held, place=place))

    def _read(self, worker: Worker) -> None:
        """Take in the new lines of a journal."""
        try:
            with worker.journal.open("rb") as file:
                file.seek(worker.read)
                content = file.read()
        except FileNotFoundError:
            return
        whole, _, _ = content.rpartition(b"\n")
        worker.read += len(whole) + bool(whole)
        for line in whole.splitlines():
            fields: dict[str, Any] = json.loads(line)
            event = Event(**fields)
            self.events.append(event)
            if event.event == "claim":
                worker.held = (event.run, event.epoch)
            elif event.event == "left":
                worker.held = None
            else:
                worker.dying = event

    def _send(self, worker: Worker, number: int) -> None:
        try:
            os.kill(worker.pid, number)
        except ProcessLookupError:
            return  # it ended just now; the nursery will say so
