"""Zombies: workers frozen with a run in hand until somebody else has it, and then woken."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from autopilot.domain.run import MAX_DEATHS
from autopilot.errors import StoreUnavailable
from autopilot.store.database import Database
from chaos import store
from chaos.crew import Crew, Worker

OVERTAKEN_SECONDS = 8.0  # past the lease: then it is woken, overtaken or not
ENDED_SECONDS = 20.0
WOKEN_SECONDS = 15.0


@dataclass(slots=True, kw_only=True)
class Zombie:
    """One frozen worker; `rows` is what the store held of the run just before it was woken."""

    worker: Worker
    run: str
    epoch: int
    frozen_at: float
    waits_for_end: bool
    woken_at: float | None = None
    overtaken: bool = False
    rows: dict[str, list[tuple[Any, ...]]] | None = None


@dataclass(slots=True)
class Zombies:
    """All zombies of a campaign; `overtaken` counts those that came back to a run of others."""

    crew: Crew
    database: Database
    rng: random.Random
    lease_seconds: float
    overtaken: int = 0
    how_they_learned: Counter[str] = field(default_factory=Counter)
    not_overtaken: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    current: list[Zombie] = field(default_factory=list)
    blocked: list[tuple[float, float]] = field(default_factory=list)

    def freeze(self, worker: Worker) -> None:
        """Freeze a worker, unless it left its run in that moment or keeps the whole store locked."""
        began = time.time()
        self.crew.freeze(worker)
        held = worker.held
        if held is None:
            self.crew.thaw(worker)
            return
        if store.is_locked(self.database):
            self.crew.thaw(worker)
            self.blocked.append((began, time.time()))
            self.not_overtaken["held a lock of SQLite; woken at once"] += 1
            return
        self.current.append(
            Zombie(
                worker=worker,
                run=held[0],
                epoch=held[1],
                frozen_at=began,
                waits_for_end=self.rng.random() < 0.5,
            )
        )

    def look(self) -> None:
        """Move every zombie on as far as it is."""
        if not self.current:
            return
        states = store.standings(self.database, [zombie.run for zombie in self.current])
        for zombie in list(self.current):
            if zombie.woken_at is None:
                self._watch(zombie, states[zombie.run])
            else:
                self._follow(zombie)

    def wake_all(self) -> None:
        """End what is under way, at the end of a campaign."""
        while self.current:
            self.crew.look()
            try:
                self.look()
            except StoreUnavailable:
                self.thaw_all()
            time.sleep(0.05)

    def thaw_all(self) -> None:
        """Wake everybody because the store does not answer."""
        for zombie in self.current:
            if zombie.woken_at is None:
                zombie.woken_at = time.time()
                self.blocked.append((zombie.frozen_at, zombie.woken_at))
                self.crew.thaw(zombie.worker)

    def _watch(self, zombie: Zombie, now: store.Standing) -> None:
        """Wake it once its run has another owner, or (half of them) once that owner ended it.

        A run that ended in the zombie's own epoch was ended by a rescuer (as poison: one death more
        than before), or by the zombie itself: frozen just after its last commit, or before it heard
        of it.
        """
        passed = time.time() - zombie.frozen_at
        ended = now.status not in store.OPEN
        zombie.overtaken = now.epoch > zombie.epoch or (ended and now.deaths >= MAX_DEATHS)
        if zombie.overtaken and ended:
            zombie.rows = store.snapshot(self.database, zombie.run)
        enough = zombie.overtaken and (
            ended or not zombie.waits_for_end or passed > self.lease_seconds + ENDED_SECONDS
        )
        is_over = ended or passed > self.lease_seconds + OVERTAKEN_SECONDS
        if enough or (not zombie.overtaken and is_over):
            zombie.woken_at = time.time()
            self.crew.thaw(zombie.worker)

    def _follow(self, zombie: Zombie) -> None:
        """Wait until the woken worker let go of the run; then nothing of it may have changed."""
        assert zombie.woken_at is not None
        gone = zombie.worker.pid not in self.crew.workers
        holds = zombie.worker.held == (zombie.run, zombie.epoch)
        if holds and not gone and time.time() - zombie.woken_at < WOKEN_SECONDS:
            return
        self.current.remove(zombie)
        if not zombie.overtaken:
            self.not_overtaken["it had ended its run, or nobody took that over in time"] += 1
            return
        self.overtaken += 1
        self.how_they_learned[self._parting(zombie, gone, holds)] += 1
        if zombie.rows is not None and zombie.rows != store.snapshot(self.database, zombie.run):
            self.violations.append(
                f"rows of run {zombie.run} changed after a zombie of epoch {zombie.epoch} came back"
            )

    def _parting(self, zombie: Zombie, gone: bool, holds: bool) -> str:
        told = [
            event
            for event in self.crew.events
            if event.event == "left"
            and (event.pid, event.run, event.epoch) == (zombie.worker.pid, zombie.run, zombie.epoch)
            and event.at >= zombie.frozen_at
        ]
        if told and told[-1].error is None:
            self.violations.append(
                f"a zombie ended run {zombie.run} as its own in epoch {zombie.epoch}"
            )
        if told:
            return told[-1].error or "nothing"
        return "it died first" if gone else "still at work after 15 s" if holds else "unknown"
