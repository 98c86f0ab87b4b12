"""A worker that keeps a journal and can be told to die at its next boundary.

It is the ordinary `autopilot worker`; the hooks are put around the product's functions from here.
SIGUSR1 makes it kill itself (SIGKILL, no goodbye) at one of its next boundaries, drawn by its seed:
just before or after a commit of any transaction, an fsync or a rename.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from chaos.wall_clock import true_time

COMMITS = ("before a commit", "after a commit")
FILES = ("before an fsync", "after an fsync", "before a rename", "after a rename")
FILES_SHARE = 0.25
MOST_BOUNDARIES = 5  # it dies at one of the next so many


class Victim:
    """The hooks of one worker process and what they know."""

    def __init__(self, journal: Path, seed: int) -> None:
        self._journal = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._rng = random.Random(seed)  # noqa: S311
        self._waiting_for: str | None = None
        self._countdown = 0

    def install(self) -> None:
        """Put the hooks around the product's functions; one that is gone is an error at once."""
        from autopilot.service.lease import Lease
        from autopilot.store.database import Database, Kept

        self._watch_leases(Lease)
        self._watch_commits(Database)
        self._watch_commits(Kept)
        self._around(os, "fsync", "an fsync")
        self._around(Path, "replace", "a rename")
        signal.signal(signal.SIGUSR1, self._arm)

    def _arm(self, _number: int, _frame: FrameType | None) -> None:
        kinds = FILES if self._rng.random() < FILES_SHARE else COMMITS
        self._waiting_for = self._rng.choice(kinds)
        self._countdown = 1 if kinds is FILES else self._rng.randint(1, MOST_BOUNDARIES)

    def _boundary(self, place: str) -> None:
        if place != self._waiting_for:
            return
        self._countdown -= 1
        if self._countdown <= 0:
            self.write("dying", place=f"{place} in {_verb()}")
            os.kill(os.getpid(), signal.SIGKILL)

    def write(self, event: str, **fields: object) -> None:
        """Append one line; it is in the file before anything else happens."""
        line = {"event": event, "pid": os.getpid(), "at": true_time(), **fields}
        os.write(self._journal, (json.dumps(line) + "\n").encode())

    def _watch_leases(self, lease: type[Any]) -> None:
        entered, left = lease.__enter__, lease.__exit__

        def begin(this: Any) -> Any:
            # Not at the claim: of runs claimed together only the one in hand can be lost with it.
            self.write("claim", run=this.run.id.hex, epoch=this.run.epoch)
            return entered(this)

        def end(this: Any, kind: type[BaseException] | None, *rest: Any) -> None:
            left(this, kind, *rest)
            name = None if kind is None else kind.__name__
            self.write("left", run=this.run.id.hex, epoch=this.run.epoch, error=name)

        lease.__enter__, lease.__exit__ = begin, end

    def _watch_commits(self, database: type[Any]) -> None:
        original = database.begin

        @contextmanager
        def begin(this: Any) -> Iterator[Any]:
            with original(this) as connection:
                yield connection
                self._boundary(COMMITS[0])
            self._boundary(COMMITS[1])

        database.begin = begin

    def _around(self, owner: Any, name: str, what: str) -> None:
        original: Callable[..., Any] = getattr(owner, name)

        def with_boundaries(*arguments: Any, **named: Any) -> Any:
            self._boundary(f"before {what}")
            value = original(*arguments, **named)
            self._boundary(f"after {what}")
            return value

        setattr(owner, name, with_boundaries)


def _verb() -> str:
    """The product's innermost service function under way, for the report."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith(("autopilot.service", "autopilot.drivers")):
            return f"{module.removeprefix('autopilot.')}.{frame.f_code.co_name}"
        frame = frame.f_back
    return "another thread"
