"""The scene of a firing: a store with one due slot, and how programs of ours are run on it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from sqlalchemy import select

from autopilot.domain.specification import WorkspaceDocument
from autopilot.service.context import App
from autopilot.store.tables import newsletter_runs, workers

PATIENCE_SECONDS = 90.0
END_SECONDS = 40.0
Process = subprocess.Popen[bytes]
_numbers = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A store with a due slot. `environment` are all settings a program needs to find it, `folder`
    is a place for files, `app` looks at the store from the outside.
    """

    environment: Mapping[str, str]
    folder: Path
    app: App

    def run(self, *command: str) -> str:
        """Runs a program to its end, which must be a good one, and returns what it printed."""
        ended = subprocess.run(
            command, env=self._environ(), capture_output=True, text=True, timeout=PATIENCE_SECONDS
        )
        assert ended.returncode == 0, f"{ended.stdout[-2_000:]}\n{ended.stderr[-6_000:]}"
        return ended.stdout

    @contextmanager
    def process(self, *command: str, good_ends: tuple[int, ...] = (0,)) -> Iterator[Process]:
        """Runs a program until the block ends; SIGTERM must end it well, unless it was killed there."""
        log = self.folder / f"process-{next(_numbers)}.log"
        with log.open("wb") as output:
            running = subprocess.Popen(
                command,
                env=self._environ(),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # by which its children are known, see `has_ticked`
            )
        try:
            yield running
            if running.poll() == -signal.SIGKILL:
                return
            assert running.poll() is None, f"it ended by itself:\n{_end_of(log)}"
            running.send_signal(signal.SIGTERM)
            assert running.wait(END_SECONDS) in good_ends, _end_of(log)
        except BaseException:
            sys.stderr.write(f"{' '.join(command)}:\n{_end_of(log)}\n")
            raise
        finally:
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
            running.wait()

    def until_ticked(self, process: Process) -> None:
        """Waits until this process, or a child of it, ended a tick well and no run is open."""

        def is_done() -> bool:
            assert process.poll() is None, "it ended by itself"
            return self.has_ticked(process) and not self.open_runs()

        until(is_done)

    def kill(self, process: Process) -> None:
        """Kills a program and its children with -9, where they are."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def has_ticked(self, process: Process) -> bool:
        """Whether this process, or a child of it, ended a tick well."""
        query = select(workers.c.pid).where(workers.c.last_tick_at.is_not(None))
        with self.app.database.read() as connection:
            return any(_is_of(pid, process) for pid in connection.scalars(query))

    def open_runs(self) -> int:
        """How many runs are queued or running."""
        query = select(newsletter_runs.c.status)
        with self.app.database.read() as connection:
            return sum(it in ("queued", "running") for it in connection.scalars(query))

    def _environ(self) -> dict[str, str]:
        return os.environ | dict(self.environment)


def due_document(feeds: str, minute: datetime, *, schedules: int = 1) -> WorkspaceDocument:
    """Schedules whose next slot is this minute and whose slot after it is tomorrow."""
    rule = {"type": "custom", "config": {"cron": f"{minute.minute} {minute.hour} * * *"}}
    return WorkspaceDocument.model_validate(
        {
            "workspace": "acme",
            "name": "Acme",
            "specifications": [
                {
                    "slug": "energy",
                    "name": "Energy",
                    "cadence": "weekly",
                    "categories": [{"id": "grid", "name": "Grid", "keywords": ["grid", "power"]}],
                    "sources": [{"url": f"http://{feeds}/news.xml"}],
                    "schedules": [{"name": f"slot {place}", **rule} for place in range(schedules)],
                }
            ],
        }
    )


def last_minute() -> datetime:
    """The minute before this one."""
    return datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=1)


def until(met: Callable[[], object], *, seconds: float = PATIENCE_SECONDS) -> None:
    """Waits for it, with patience."""
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def _is_of(pid: int, process: Process) -> bool:
    try:
        return os.getsid(pid) == process.pid
    except ProcessLookupError:
        return False


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-6_000:]
