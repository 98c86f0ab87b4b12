"""The storm on one database: waves of slots, every fault in step with the work, until all is met."""

from __future__ import annotations

import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime

from autopilot.errors import StoreUnavailable
from chaos import store
from chaos.outages import Outages
from chaos.plan import (
    CROWDS,
    CUTS,
    KILLS,
    LOCKS,
    RESTARTS,
    SQUEEZES,
    STEPS,
    ZOMBIES,
    Outcome,
    Plan,
)
from chaos.proxy import AFTER, ALL, BEFORE
from chaos.stage import Stage
from chaos.wall_clock import set_clocks

LOOK_SECONDS = 0.03
STATES_SECONDS = 0.4
SETTLE_SECONDS = 180.0
SAVING_TRIES = 5
PLANNING_SECONDS = 3.0  # until somebody has surely planned a new wave
SHARE_WORKED = 0.7  # of all slots; the others are skipped when they are found, as missed
# Seconds by which the clocks of workers with even and odd numbers are wrong; 0, 0 mends them.
CLOCKS = ((0, 0), (10_800, 10_800), (-7_200, -7_200), (34_560_000, 34_560_000), (0, 90), (-90, 0))


class Campaign:
    """Holds what the storm needs to know; `run` does it all."""

    def __init__(self, plan: Plan, stack: ExitStack, *, tell: Callable[[str], None]) -> None:
        self.plan = plan
        self.stage = Stage(plan, stack)
        self._tell = tell
        self._rng = self.stage.rng
        self._outages = Outages(self.stage, random.Random(plan.seed))  # noqa: S311
        self._tries = 0
        self._saving: subprocess.Popen[bytes] | None = None
        self._asked_cuts = 0
        self._steps = 0
        self._states: Counter[str] = Counter()
        self._looked = self._waves_seen_at = 0.0
        self._causes: dict[str, Callable[[float], None]] = {
            KILLS: self._cause_kills,
            ZOMBIES: self._cause_zombies,
            CUTS: self._cause_cuts,
            STEPS: self._cause_steps,
            **{
                name: lambda _missing, name=name: self._outages.cause(name)  # type: ignore[misc]
                for name in (RESTARTS, CROWDS, LOCKS, SQUEEZES)
            },
        }

    def run(self) -> Outcome:
        """Wave after wave with faults, until every quota is met; then let it settle and stop it."""
        cut_short = self._storm()
        self._tell("the faults are over; waiting until every slot has ended")
        self._outages.join()
        set_clocks(self.stage.folder, 0, 0)
        self.stage.zombies.wake_all()
        until = datetime.now(UTC)
        while self._saving is not None and self._saving.wait():
            self._save()
        self.stage.settle(until, SETTLE_SECONDS)
        counts = self._outages.counts
        if self._steps:
            counts["clocks of workers set wrong or right"] = self._steps
        if self.stage.proxy is not None:
            counts += Counter({f"cut: {kind}": n for kind, n in self.stage.proxy.cuts.items()})
        return self.stage.outcome(
            until, outages=self._outages.spans, faults=counts, cut_short=cut_short
        )

    def _storm(self) -> bool:
        """Work under faults; True when the time ran out before every quota was met."""
        told = 0.0
        while not self._is_done():
            passed = self.stage.passed
            if self.plan.seconds is not None and passed > self.plan.seconds:
                return True
            self._look()
            self._feed_waves()
            self._cause_faults()
            if passed - told > 15:
                told = passed
                self._tell(self._progress(passed))
            time.sleep(LOOK_SECONDS)
        return False

    def _look(self) -> None:
        self.stage.crew.look()
        if time.monotonic() - self._looked < STATES_SECONDS or self._outages.is_under_way:
            return
        self._looked = time.monotonic()
        try:
            self._states = store.run_states(self.stage.database)
            self.stage.zombies.look()
        except StoreUnavailable:
            self.stage.zombies.thaw_all()  # one of them may be what blocks the store

    def _ended(self) -> int:
        return sum(count for state, count in self._states.items() if state not in store.OPEN)

    def _done(self) -> dict[str, tuple[int, int]]:
        """Each fault with how often it was caused and how often it is to be."""
        proxy = self.stage.proxy
        caused = {
            **self._outages.caused,
            KILLS: len(self.stage.crew.deaths),
            ZOMBIES: self.stage.zombies.overtaken,
            CUTS: proxy.cuts.total() if proxy else 0,
            STEPS: self._steps,
        }
        return {name: (caused.get(name, 0), wanted) for name, wanted in self.plan.faults.items()}

    def _is_done(self) -> bool:
        met = all(count >= wanted for count, wanted in self._done().values())
        return met and self._ended() >= self.plan.slots

    def _feed_waves(self) -> None:
        """Save the next wave while the last one is being worked off."""
        is_away = self._outages.is_under_way
        if self._saving is not None:
            if self._saving.poll() is None or (self._saving.returncode and is_away):
                return
            if self._saving.returncode:
                self._save()  # the store was busy or away
                return
            self._tries = 0
            self._saving = None
            self._waves_seen_at = time.monotonic() + PLANNING_SECONDS
        open_runs = sum(self._states[state] for state in store.OPEN)
        if self._looked < self._waves_seen_at:
            return  # what is open was counted before the last wave
        if is_away or open_runs > self.plan.workers * 2 or self._is_done():
            return
        self.stage.write_wave(self.plan.wave)
        self._save()

    def _save(self) -> None:
        self._tries += 1
        if self._tries > SAVING_TRIES:
            raise RuntimeError("A wave could not be saved; see above.")
        self._saving = self.stage.save()

    def _cause_faults(self) -> None:
        """Cause each fault in step with the work: a burst would only make runs poison."""
        worked = self._states["succeeded"] + self._states["failed"] + self.plan.workers
        share = min(1.0, worked / (self.plan.slots * SHARE_WORKED))
        for name, (count, wanted) in self._done().items():
            if count < wanted and count < wanted * share:
                self._causes[name](wanted * share - count)

    def _cause_kills(self, missing: float) -> None:
        """Half at random, half at a boundary; never so many that nobody is left to work."""
        crew = self.stage.crew
        busy = crew.busy()
        doomed = sum(worker.doomed_since is not None for worker in crew.workers.values())
        if not busy or doomed >= min(missing, self.plan.workers // 2):
            return
        worker = self._rng.choice(busy)
        if self._rng.random() < 0.5:
            crew.kill(worker)
        else:
            crew.doom(worker)

    def _cause_zombies(self, missing: float) -> None:
        """Several at once, each with a worker in its place; none while the store is away."""
        busy, zombies = self.stage.crew.busy(), self.stage.zombies
        most = min(missing + 1, max(1, self.plan.workers // 2))
        if busy and len(zombies.current) < most and not self._outages.is_under_way:
            zombies.freeze(self._rng.choice(busy))

    def _cause_cuts(self, missing: float) -> None:
        proxy = self.stage.proxy
        assert proxy is not None
        self._asked_cuts = max(self._asked_cuts, proxy.cuts.total())
        if self._asked_cuts - proxy.cuts.total() < min(missing, 2):
            self._asked_cuts += 1
            kind = self._rng.choices([BEFORE, AFTER, ALL], [2, 2, 1])[0]
            self.stage.network.call(proxy.arm, kind)

    def _cause_steps(self, _missing: float) -> None:
        """Workers of PostgreSQL take the server's time: none of this may change anything."""
        self._steps += 1
        set_clocks(self.stage.folder, *CLOCKS[self._steps % len(CLOCKS)])

    def _progress(self, passed: float) -> str:
        states = ", ".join(f"{count} {state}" for state, count in sorted(self._states.items()))
        faults = ", ".join(
            f"{count}/{wanted} {name}" for name, (count, wanted) in self._done().items()
        )
        return f"{passed:4.0f} s: {states}; {faults}"
