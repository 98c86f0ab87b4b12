"""Trials on SQLite, each with a store, workers and a few dozen slots of its own: wrong clocks, a
disk that is full, a file that is replaced. What each may do to a slot is said where it is done.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chaos import documents, small_disk, store
from chaos.plan import CLOCK, DISK, FILE, Outcome, Plan
from chaos.squeeze import FULL, NONE, READ_ONLY, set_squeeze
from chaos.stage import Stage
from chaos.wall_clock import set_clocks

HOUR, DAY = 3_600.0, 86_400.0
SCHEDULES = 20  # of one wave: one specification
APART_SECONDS = 90.0
STEP_SECONDS = 4.0  # for which a clock stays wrong: several polls
HELD_SECONDS = 4.0  # for which a disk stays full
SETTLE_SECONDS = 60.0
BACK_SECONDS = 20.0  # in which a worker that is still the same one must be at work again
LOOK_SECONDS = 0.05
TICK_ENDS = timedelta(
    seconds=5
)  # after which nothing is committed that was planned with the wrong time
SAVING_TRIES = 5
WAITING_SECONDS = 11.0  # longer than the product waits for a lock


def run(plan: Plan, stack: ExitStack, *, tell: Callable[[str], None]) -> Outcome:
    """Run the trial a plan names."""
    folder = small_disk.mounted(stack) if plan.phase == DISK else None
    stage = Stage(plan, stack, store_folder=folder)
    trial = Trial(stage, tell)
    return {CLOCK: trial.clocks, FILE: trial.replaced_file, DISK: trial.full_disk}[plan.phase]()


class Trial:
    """One trial on its stage."""

    def __init__(self, stage: Stage, tell: Callable[[str], None]) -> None:
        self._stage = stage
        self._tell = tell
        self._told: list[str] = []
        self._broken: list[str] = []
        self._held: list[tuple[float, sqlite3.Connection]] = []

    def clocks(self) -> Outcome:
        """Two workers 90 s apart, then all clocks back and forward, with a wave of slots each time.

        A slot that came while the clock was ahead has had its one run or reason and does not come
        again. One whose time comes after the clock is right again must have its row, whatever the
        clock was meanwhile: being told about it too early is no reason to forget it. When a clock
        was so far ahead that slots are only counted (more than 100 missed), those that came in that
        very span, or until what was planned then is committed, may have the count in the audit log
        instead of a row.
        """
        stage, far_ahead = self._stage, []
        began = datetime.now(UTC)
        self._wave()
        set_clocks(stage.folder, 0, APART_SECONDS)
        self._work_for(3 * STEP_SECONDS)
        set_clocks(stage.folder, 0, 0)
        for ahead in (-2 * HOUR, 3 * HOUR, 400 * DAY):
            self._wave()
            self._wait_until_busy()
            start = datetime.now(UTC)
            set_clocks(stage.folder, ahead, ahead)
            self._work_for(STEP_SECONDS * (2 if ahead > DAY else 1))  # a year of slots to count
            if ahead > 0:  # who dies now leaves leases of a time that is far away
                self._kill_the_busy()
            set_clocks(stage.folder, 0, 0)
            if ahead > DAY:
                far_ahead.append((start - documents.SAVED_BEFORE, datetime.now(UTC) + TICK_ENDS))
        self._wave()
        until = self._settle()
        self._told.append("clocks: two workers 90 s apart; -2 h; +3 h and back; +400 days and back")
        farthest = began + timedelta(seconds=400 * DAY) + timedelta(hours=1)
        return self._outcome(until, farthest=farthest, far_ahead=far_ahead)

    def full_disk(self) -> Outcome:
        """No room, then room again; read-only, then writable again. Nothing may be missing after."""
        self._wave()
        self._wait_until_busy()
        is_real = small_disk.is_one(self._stage.store_folder)
        with self._really_full() if is_real else self._squeezed(FULL):
            self._work_for(HELD_SECONDS)
        self._told.append(f"a full disk: {'a real one' if is_real else 'SQLite may not grow'}")
        self._wait_for_work("there was room again")
        with self._squeezed(READ_ONLY):
            self._work_for(HELD_SECONDS)
        self._told.append("a store that may only be read")
        self._wait_for_work("the store could be written again")
        return self._outcome(self._settle())

    def replaced_file(self) -> Outcome:
        """An older backup takes the place of the file, twice, while workers run.

        By another file of that name, as a person restores one, and through SQLite's own backup into
        the file in use. What was saved after the backup is forgotten, and so are runs made since:
        their slots are due again. In the store that is in force no slot is lost or run twice.
        """
        stage = self._stage
        for how in (self._put_in_its_place, self._restore_into_it):
            self._wave()
            self._wait_until_busy()
            backup = stage.folder / "backup.db"
            _copy(self._file, backup)
            known = len(stage.saved)
            self._wave()
            self._work_for(STEP_SECONDS)
            how(backup)
            del stage.saved[known:]  # the store that is in force never heard of it
            self._wait_for_work("an older backup was there")
            self._wave()
            self._work_for(1)
        until = self._settle()
        self._work_for(max([0.0, *(moment - time.monotonic() for moment, _ in self._held)]))
        with contextlib.closing(sqlite3.connect(self._file)) as connection:
            if (found := connection.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
                self._broken.append(f"the file is damaged: {found}")
        return self._outcome(until)

    @property
    def _file(self) -> str:
        return str(self._stage.database.engine.url.database)

    def _wave(self) -> None:
        self._stage.write_wave(SCHEDULES)
        for _ in range(SAVING_TRIES):
            if not self._stage.save().wait():
                return
        raise RuntimeError("A document could not be saved; see above.")

    def _work_for(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._stage.crew.look()
            time.sleep(LOOK_SECONDS)
        while self._held and self._held[0][0] < time.monotonic():
            self._held.pop(0)[1].close()

    def _wait_until_busy(self) -> None:
        until = time.monotonic() + BACK_SECONDS
        while not self._stage.crew.busy() and time.monotonic() < until:
            self._work_for(LOOK_SECONDS)

    def _kill_the_busy(self) -> None:
        for worker in self._stage.crew.busy()[:2]:
            self._stage.crew.kill(worker)

    def _wait_for_work(self, since: str) -> None:
        """One of the very workers of before must claim a run again, or nothing be left to claim."""
        stage = self._stage
        began, known = time.time(), len(stage.crew.events)
        pids = set(stage.crew.workers)
        while time.time() - began < BACK_SECONDS:
            self._work_for(LOOK_SECONDS)
            later = stage.crew.events[known:]
            if any(event.event == "claim" and event.pid in pids for event in later):
                self._told.append(f"at work again {time.time() - began:.1f} s after {since}")
                return
            if not store.open_until(stage.database, datetime.now(UTC)):
                self._told.append(f"nothing was left to do when {since}")
                return
        self._broken.append(f"nobody was at work {BACK_SECONDS:g} s after {since}")

    @contextlib.contextmanager
    def _squeezed(self, mode: str) -> Iterator[None]:
        set_squeeze(self._stage.folder, mode)
        yield
        set_squeeze(self._stage.folder, NONE)

    @contextlib.contextmanager
    def _really_full(self) -> Iterator[None]:
        ballast = self._stage.store_folder / "ballast"
        small_disk.fill(ballast)
        yield
        ballast.unlink()

    def _put_in_its_place(self, backup: Path) -> None:
        """Under SQLite's lock, kept until nobody waits for the old file any more.

        Otherwise whoever comes to the old file then takes the journal of a transaction on the new
        one for its own: SQLite knows a journal by its name only (sqlite.org/howtocorrupt.html).
        """
        connection = sqlite3.connect(self._file, timeout=30, isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        backup.replace(self._file)
        self._told.append("another file of that name was put there")
        self._held.append((time.monotonic() + WAITING_SECONDS, connection))

    def _restore_into_it(self, backup: Path) -> None:
        _copy(str(backup), Path(self._file))
        self._told.append("a backup was restored into the file in use")

    def _settle(self) -> datetime:
        self._tell(f"{self._stage.plan.phase}: waiting until every slot has ended")
        until = datetime.now(UTC)
        if not self._stage.settle(until, SETTLE_SECONDS):
            self._told.append(f"slots were still open after {SETTLE_SECONDS:g} s")
        return until

    def _outcome(
        self,
        until: datetime,
        *,
        farthest: datetime | None = None,
        far_ahead: list[tuple[datetime, datetime]] | None = None,
    ) -> Outcome:
        return self._stage.outcome(
            until,
            farthest=farthest,
            far_ahead=far_ahead or [],
            broken=self._broken,
            told=self._told,
        )


def _copy(source: str, target: Path) -> None:
    """Copy a whole database as SQLite does it, in one transaction."""
    with (
        contextlib.closing(sqlite3.connect(source, timeout=30)) as here,
        contextlib.closing(sqlite3.connect(target, timeout=30)) as there,
    ):
        here.backup(there)
