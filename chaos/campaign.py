"""One campaign on one database: waves of slots, faults in step with the work, then the count."""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from autopilot.errors import StoreUnavailable
from autopilot.settings import load_settings
from autopilot.store.database import open_database
from autopilot.store.migrate import migrate
from chaos import documents, store, witness
from chaos.crew import Crew
from chaos.feeds import FeedServer
from chaos.network import Network
from chaos.plan import SCHEMA, SQLITE, Outcome, Plan
from chaos.postgres import Postgres
from chaos.proxy import AFTER, ALL, BEFORE, Proxy
from chaos.zombies import Zombies

LOOK_SECONDS = 0.03
STATES_SECONDS = 0.4
DRAIN_SECONDS = 30.0
SETTLE_SECONDS = 180.0
SAVING_TRIES = 5
PLANNING_SECONDS = 3.0  # until somebody has surely planned a new wave
SHARE_WORKED = 0.7  # of all slots; the others are skipped when they are found, as missed


class Campaign:
    """Holds what a campaign needs open; `run` does it all."""

    def __init__(self, plan: Plan, stack: ExitStack, *, tell: Callable[[str], None]) -> None:
        self.plan = plan
        self._tell = tell
        self._rng = random.Random(plan.seed)  # noqa: S311
        self.folder = Path(tempfile.mkdtemp(prefix="autopilot-campaign-"))
        stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self._network = Network()
        stack.callback(self._network.close)
        self._open_store(stack)
        self._feeds = FeedServer(random.Random(plan.seed), fault_share=plan.fault_share)  # noqa: S311
        self._host = self._network.run(self._feeds.start())
        self._dead = f"127.0.0.1:{_closed_port(stack)}"
        self._environment = self._settings()
        self._crew = Crew(self.folder, self._environment, plan.workers, self._rng)
        self._zombies = Zombies(self._crew, self.database, self._rng, plan.lease_seconds)
        self._saved: list[tuple[dict[str, object], datetime]] = []
        self._tries = 0
        self._saving: subprocess.Popen[bytes] | None = None
        self._outages: list[tuple[float, float]] = []
        self._restarts: Counter[str] = Counter()
        self._restarting: threading.Thread | None = None
        self._restart_rng = random.Random(plan.seed)  # noqa: S311 - used in another thread
        self._asked = Counter[str]()
        self._states: Counter[str] = Counter()
        self._looked = self._waves_seen_at = 0.0

    def run(self, stack: ExitStack) -> Outcome:
        """Wave after wave with faults, until every quota is met; then let it settle and stop it."""
        migrate(self.database)
        witness.install(self.database, SCHEMA)
        self._crew.open()
        stack.callback(self._crew.close)
        began = time.monotonic()
        cut_short = self._storm(began)
        self._tell("the faults are over; waiting until every slot has ended")
        self._zombies.wake_all()
        until = datetime.now(UTC)
        self._settle(until)
        codes = self._crew.stop(DRAIN_SECONDS)
        return Outcome(
            plan=self.plan,
            saved=self._saved,
            crew=self._crew,
            zombies=self._zombies,
            outages=self._outages,
            restarts=self._restarts,
            cuts=self._proxy.cuts if self._proxy else Counter(),
            served=self._feeds.served,
            until=until,
            seconds=time.monotonic() - began,
            stop_codes=codes,
            cut_short=cut_short,
            data_folder=self.folder / "data",
            database=self.database,
        )

    def _open_store(self, stack: ExitStack) -> None:
        self._postgres: Postgres | None = None
        self._proxy: Proxy | None = None
        if self.plan.database == SQLITE:
            self._url = direct = f"sqlite:///{self.folder / 'autopilot.db'}"
        else:
            self._postgres = Postgres()
            stack.callback(self._postgres.close)
            self._proxy = Proxy(self._postgres.socket)
            self._url = self._postgres.proxied_url(self._network.run(self._proxy.start()))
            direct = self._postgres.direct_url
        self._direct = direct
        self.database = open_database(direct, schema=SCHEMA)
        stack.callback(self.database.close)

    def _settings(self) -> dict[str, str]:
        environment = {
            "AUTOPILOT_DATABASE_URL": self._url,
            "AUTOPILOT_DATA_DIR": str(self.folder / "data"),
            "AUTOPILOT_ALLOW_HOSTS": f"{self._host},{self._dead}",
            "AUTOPILOT_POLL_INTERVAL": f"{self.plan.poll_seconds:g}",
            "AUTOPILOT_LEASE_SECONDS": f"{self.plan.lease_seconds:g}",
        }
        load_settings(environment)  # every problem now, not in each worker
        return environment

    def _storm(self, began: float) -> bool:
        """Work under faults; True when the time ran out before every quota was met."""
        told = 0.0
        while not self._is_done():
            passed = time.monotonic() - began
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
        self._crew.look()
        if time.monotonic() - self._looked < STATES_SECONDS or self._is_down():
            return
        self._looked = time.monotonic()
        try:
            self._states = store.run_states(self.database)
            self._zombies.look()
        except StoreUnavailable:
            self._zombies.thaw_all()  # one of them may be what blocks the store

    def _is_down(self) -> bool:
        return self._restarting is not None and self._restarting.is_alive()

    def _ended(self) -> int:
        return sum(count for state, count in self._states.items() if state not in store.OPEN)

    def _done(self) -> dict[str, tuple[int, int]]:
        """Each fault with how often it was caused and how often it is to be."""
        plan, cuts = self.plan, self._proxy.cuts if self._proxy else Counter[str]()
        on_postgres = self._postgres is not None
        return {
            "kills": (len(self._crew.deaths), plan.kills),
            "zombies": (self._zombies.overtaken, plan.zombies),
            "restarts": (self._restarts.total(), plan.restarts * on_postgres),
            "cuts": (cuts.total(), plan.cuts * on_postgres),
        }

    def _is_done(self) -> bool:
        met = all(count >= wanted for count, wanted in self._done().values())
        return met and self._ended() >= self.plan.slots

    def _feed_waves(self) -> None:
        """Save the next wave while the last one is being worked off."""
        if self._saving is not None:
            if self._saving.poll() is None:
                return
            if self._saving.returncode and self._is_down():
                return
            if self._saving.returncode:
                self._save()  # the store was busy or away; saving twice is harmless
                return
            self._tries = 0
            self._saving = None
            self._waves_seen_at = time.monotonic() + PLANNING_SECONDS
        open_runs = sum(self._states[state] for state in store.OPEN)
        if self._looked < self._waves_seen_at:
            return  # what is open was counted before the last wave
        if self._is_down() or open_runs > self.plan.workers * 2 or self._is_done():
            return
        document, saved_at = documents.wave(
            self._rng,
            len(self._saved),
            self.plan.wave,
            now=datetime.now(UTC),
            feeds=self._host,
            dead=self._dead,
        )
        self._saved.append((document, saved_at))
        self._save()

    def _save(self) -> None:
        self._tries += 1
        if self._tries > SAVING_TRIES:
            raise RuntimeError("A wave could not be saved; see above.")
        document, saved_at = self._saved[-1]
        file = self.folder / "wave.yaml"
        file.write_text(json.dumps(document), encoding="utf-8")
        # Past the proxy: nothing but a restart of the server is in its way.
        self._saving = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "chaos.saving", str(file), saved_at.isoformat()],
            env={**os.environ, **self._environment, "AUTOPILOT_DATABASE_URL": self._direct},
        )

    def _cause_faults(self) -> None:
        """Cause each fault in step with the work: a burst would only make runs poison."""
        worked = self._states["succeeded"] + self._states["failed"] + self.plan.workers
        share = min(1.0, worked / (self.plan.slots * SHARE_WORKED))
        for name, (count, wanted) in self._done().items():
            if count < wanted and count < wanted * share:
                getattr(self, f"_cause_{name}")(wanted * share - count)

    def _cause_kills(self, missing: float) -> None:
        """Half at random, half at a boundary; never so many that nobody is left to work."""
        busy = self._crew.busy()
        doomed = sum(worker.doomed_since is not None for worker in self._crew.workers.values())
        if not busy or doomed >= min(missing, self.plan.workers // 2):
            return
        worker = self._rng.choice(busy)
        if self._rng.random() < 0.5:
            self._crew.kill(worker)
        else:
            self._crew.doom(worker)

    def _cause_zombies(self, _missing: float) -> None:
        busy = self._crew.busy()
        most = max(1, self.plan.workers // 4)
        if busy and len(self._zombies.current) < most:
            self._zombies.freeze(self._rng.choice(busy))

    def _cause_cuts(self, missing: float) -> None:
        assert self._proxy is not None
        self._asked["cuts"] = max(self._asked["cuts"], self._proxy.cuts.total())
        if self._asked["cuts"] - self._proxy.cuts.total() < min(missing, 2):
            self._asked["cuts"] += 1
            kind = self._rng.choices([BEFORE, AFTER, ALL], [2, 2, 1])[0]
            self._network.call(self._proxy.arm, kind)

    def _cause_restarts(self, _missing: float) -> None:
        """In a thread: workers go on dying and freezing while the store is away."""
        if self._is_down():
            return
        self._restarting = threading.Thread(target=self._restart)
        self._restarting.start()

    def _restart(self) -> None:
        assert self._postgres is not None
        began = time.time()
        way = self._postgres.restart(self._restart_rng)
        self._outages.append((began, time.time()))
        self._restarts[way] += 1

    def _settle(self, until: datetime) -> None:
        """Wait until nothing is open of what was promised up to now."""
        if self._restarting is not None:
            self._restarting.join()
        while self._saving is not None and self._saving.wait():
            self._save()
        store.wait_for(self.database)
        deadline = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < deadline:
            self._crew.look()
            if not store.open_until(self.database, until):
                return
            time.sleep(0.2)

    def _progress(self, passed: float) -> str:
        states = ", ".join(f"{count} {state}" for state, count in sorted(self._states.items()))
        faults = ", ".join(
            f"{count}/{wanted} {name}" for name, (count, wanted) in self._done().items()
        )
        return f"{passed:4.0f} s: {states}; {faults}"


def _closed_port(stack: ExitStack) -> int:
    """A port of ours on which nobody listens."""
    kept = stack.enter_context(socket.socket())
    kept.bind(("127.0.0.1", 0))
    port: int = kept.getsockname()[1]
    return port
