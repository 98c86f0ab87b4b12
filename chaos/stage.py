"""The stage of a campaign: folder, network, store, feeds and crew, opened and closed together."""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from autopilot.settings import load_settings
from autopilot.store.database import open_database
from autopilot.store.migrate import migrate
from chaos import documents, store, witness
from chaos.crew import Crew
from chaos.feeds import FeedServer
from chaos.network import Network
from chaos.plan import SCHEMA, SQLITE, Outcome, Plan, Saved
from chaos.postgres import Postgres
from chaos.proxy import Proxy
from chaos.zombies import Zombies

DRAIN_SECONDS = 30.0


class Stage:
    """What a campaign needs open. `folder` holds logs and journals, `store_folder` (the same unless
    it is given) the SQLite file and the data folder; `more` are settings of all workers.
    """

    def __init__(
        self,
        plan: Plan,
        stack: ExitStack,
        *,
        store_folder: Path | None = None,
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.plan = plan
        self.folder = Path(tempfile.mkdtemp(prefix="autopilot-campaign-"))
        stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.store_folder = store_folder or self.folder
        self.network = Network()
        stack.callback(self.network.close)
        self._open_store(stack)
        self.feeds = FeedServer(random.Random(plan.seed), fault_share=plan.fault_share)  # noqa: S311
        self._host = self.network.run(self.feeds.start())
        self._dead = f"127.0.0.1:{_closed_port(stack)}"
        self.rng = random.Random(plan.seed)  # noqa: S311
        self._environment = self._settings() | dict(more)
        self.crew = Crew(self.folder, self._environment, plan.workers, self.rng)
        self.zombies = Zombies(self.crew, self.database, self.rng, plan.lease_seconds)
        self.saved: list[Saved] = []
        self._began = time.monotonic()
        migrate(self.database)
        witness.install(self.database, SCHEMA)
        self.crew.open()
        stack.callback(self.crew.close)

    @property
    def passed(self) -> float:
        """Seconds since everything was open."""
        return time.monotonic() - self._began

    @property
    def environment(self) -> dict[str, str]:
        """The settings of programs that reach the store past the proxy."""
        return self._environment | {"AUTOPILOT_DATABASE_URL": self._direct}

    def write_wave(self, schedules: int) -> None:
        """Write the next document; it counts as saved from now on."""
        document, saved_at = documents.wave(
            self.rng,
            len(self.saved),
            schedules,
            now=datetime.now(UTC),
            feeds=self._host,
            dead=self._dead,
        )
        self.saved.append((document, saved_at))

    @property
    def feed_host(self) -> str:
        """Where the feeds are: host:port."""
        return self._host

    def save(self) -> subprocess.Popen[bytes]:
        """Begin to save the last document, past the proxy; saving it twice is harmless."""
        document, saved_at = self.saved[-1]
        file = self.folder / "wave.yaml"
        file.write_text(json.dumps(document), encoding="utf-8")
        return subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "chaos.saving", str(file), saved_at.isoformat()],
            env={**os.environ, **self._environment, "AUTOPILOT_DATABASE_URL": self._direct},
        )

    def settle(self, until: datetime, patience_seconds: float) -> bool:
        """Wait until nothing is open of what was promised up to then; whether that came."""
        store.wait_for(self.database)
        deadline = time.monotonic() + patience_seconds
        while time.monotonic() < deadline:
            self.crew.look()
            if not store.open_until(self.database, until):
                return True
            time.sleep(0.2)
        return False

    def outcome(self, until: datetime, **more: Any) -> Outcome:
        """Stop the workers and return what is left for the verdict."""
        codes = self.crew.stop(DRAIN_SECONDS)
        return Outcome(
            plan=self.plan,
            saved=self.saved,
            crew=self.crew,
            zombies=self.zombies,
            until=until,
            seconds=self.passed,
            stop_codes=codes,
            data_folder=self.store_folder / "data",
            database=self.database,
            served=self.feeds.served,
            **more,
        )

    def _open_store(self, stack: ExitStack) -> None:
        self.postgres: Postgres | None = None
        self.proxy: Proxy | None = None
        if self.plan.database == SQLITE:
            self._url = self._direct = f"sqlite:///{self.store_folder / 'autopilot.db'}"
        else:
            self.postgres = Postgres()
            stack.callback(self.postgres.close)
            self.proxy = Proxy(self.postgres.socket)
            self._url = self.postgres.proxied_url(self.network.run(self.proxy.start()))
            self._direct = self.postgres.direct_url
        self.database = open_database(self._direct, schema=SCHEMA)
        stack.callback(self.database.close)

    def _settings(self) -> dict[str, str]:
        environment = {
            "AUTOPILOT_DATABASE_URL": self._url,
            "AUTOPILOT_DATA_DIR": str(self.store_folder / "data"),
            "AUTOPILOT_ALLOW_HOSTS": f"{self._host},{self._dead}",
            "AUTOPILOT_POLL_INTERVAL": f"{self.plan.poll_seconds:g}",
            "AUTOPILOT_LEASE_SECONDS": f"{self.plan.lease_seconds:g}",
        }
        load_settings(environment)  # every problem now, not in each worker
        return environment


def _closed_port(stack: ExitStack) -> int:
    """A port of ours on which nobody listens."""
    kept = stack.enter_context(socket.socket())
    kept.bind(("127.0.0.1", 0))
    port: int = kept.getsockname()[1]
    return port
