"""The mail phase: one issue to thousands of readers, its senders killed and frozen all the while."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from autopilot.store.tables import deliveries
from chaos import store
from chaos.crew import Crew, Worker
from chaos.plan import Plan
from chaos.proxy import AFTER, ALL, BEFORE
from chaos.stage import Stage

LOOK_SECONDS = 0.01
LINES = 4  # connections of a worker to the relay
FAULT_SHARE = (
    0.01  # of the recipients meet a fault of the relay, where they are many: it takes minutes
)
MANY = 1_000
KILLS_EACH_ZOMBIE, KILLS_EACH_CUT = 20, 10
FROZEN_LEASES = 1.5
SHARE_TAKEN = 0.95  # of the mails; some are lost, others wait for their next try
GROWN_SECONDS, ASKED_SECONDS = 0.5, 2.0
SETTLE_SECONDS = 400.0  # what is put off waits a minute or two before it is tried again
DRAIN_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a mail phase leaves for its verdict: the relay's log, and who died."""

    plan: Plan
    stage: Stage
    log: list[dict[str, Any]]
    zombies: int
    cuts: int
    stop_codes: dict[int, int | None]
    until: datetime
    has_settled: bool

    @property
    def crew(self) -> Crew:
        """The workers."""
        return self.stage.crew


def run(plan: Plan, stack: ExitStack, *, tell: Callable[[str], None]) -> Sent:
    """Send one issue to everybody under faults, and wait until every row has ended."""
    return _Mails(plan, stack, tell).run()


class _Mails:
    def __init__(self, plan: Plan, stack: ExitStack, tell: Callable[[str], None]) -> None:
        self._plan, self._tell = plan, tell
        folder = Path(stack.enter_context(_folder()))
        self._file = folder / "relay.jsonl"
        self._sink, port = _started(
            self._file, plan.seed, FAULT_SHARE if plan.recipients >= MANY else 0.0
        )
        stack.callback(_end, self._sink)
        self.stage = Stage(plan, stack, more=_settings(port))
        self._frozen: list[tuple[Worker, float]] = []
        self._seen: dict[int, float] = {}
        self._asked = 0.0
        self._zombies = 0
        self._read = 0
        self._log: list[dict[str, Any]] = []
        self._taken = 0

    def run(self) -> Sent:
        """Kill in step with the work: so many mails, one kill."""
        document, saved_at = _document(self._plan.recipients, self.stage.feed_host)
        self.stage.saved.append((document, saved_at))
        if self.stage.save().wait():
            raise RuntimeError("The document could not be saved; see above.")
        kills = self._plan.faults["kills"]
        began = told = time.monotonic()
        while len(self.stage.crew.deaths) < kills and not self._is_over(began):
            self._look()
            meant = len(self.stage.crew.deaths) * self._plan.recipients * SHARE_TAKEN
            if self._taken * kills >= meant:
                self._cause(len(self.stage.crew.deaths))
            if time.monotonic() - told > 15:
                told = time.monotonic()
                self._tell(f"{self._taken} taken, {len(self.stage.crew.deaths)} killed")
            time.sleep(LOOK_SECONDS)
        return self._settle()

    def _is_over(self, began: float) -> bool:
        """Whether time is up or every row has ended: some mails are lost for good, and unknown."""
        now, limit = time.monotonic(), self._plan.seconds
        if limit is not None and now - began > limit:
            return True
        if now - self._asked < ASKED_SECONDS or not self._taken:
            return False
        self._asked = now
        return not _open(self.stage)

    def _look(self) -> None:
        self.stage.crew.look()
        with self._file.open("rb") as file:
            file.seek(self._read)
            whole, _, _ = file.read().rpartition(b"\n")
        self._read += len(whole) + bool(whole)
        for line in whole.splitlines():
            said = json.loads(line)
            self._log.append(said)
            self._taken += said["event"] == "taken"
        for worker, since in list(self._frozen):
            if time.monotonic() - since > self._plan.lease_seconds * FROZEN_LEASES:
                self.stage.crew.thaw(worker)
                self._frozen.remove((worker, since))

    def _cause(self, deaths: int) -> None:
        """One worker dies, at random or at a boundary; now and then one freezes past its lease."""
        crew, rng = self.stage.crew, self.stage.rng
        free = [
            worker
            for worker in crew.workers.values()
            if worker.doomed_since is None
            and not worker.frozen
            and worker.pid not in crew._killed
            and self._is_grown(worker.pid)
        ]
        if len(free) < max(1, self._plan.workers // 2):
            return
        if deaths // KILLS_EACH_ZOMBIE > self._zombies and not self._frozen:
            victim = free.pop(rng.randrange(len(free)))
            crew.freeze(victim)
            if store.is_locked(self.stage.database):
                crew.thaw(victim)
            else:
                self._frozen.append((victim, time.monotonic()))
                self._zombies += 1
            return
        proxy = self.stage.proxy
        if proxy is not None and deaths // KILLS_EACH_CUT > proxy.cuts.total():
            self.stage.network.call(proxy.arm, rng.choice([BEFORE, AFTER, ALL]))
        victim = rng.choice(free)
        if rng.random() < 0.5:
            crew.kill(victim)
        else:
            crew.doom(victim)

    def _is_grown(self, pid: int) -> bool:
        """Whether a worker has been there long enough to know what a signal means."""
        now = time.monotonic()
        return now - self._seen.setdefault(pid, now) > GROWN_SECONDS

    def _settle(self) -> Sent:
        self._tell("the kills are over; waiting until every mail has ended")
        deadline = time.monotonic() + SETTLE_SECONDS
        while (is_open := _open(self.stage)) and time.monotonic() < deadline:
            self._look()
            time.sleep(0.2)
        for worker, _ in self._frozen:
            self.stage.crew.thaw(worker)
        codes = self.stage.crew.stop(DRAIN_SECONDS)
        self._look()
        proxy = self.stage.proxy
        return Sent(
            plan=self._plan,
            stage=self.stage,
            log=self._log,
            zombies=self._zombies,
            cuts=proxy.cuts.total() if proxy else 0,
            stop_codes=codes,
            until=datetime.now(UTC),
            has_settled=not is_open,
        )


def _open(stage: Stage) -> bool:
    rows = select(func.count()).select_from(deliveries)
    ended = rows.where(deliveries.c.ended_at.is_not(None))
    counts = store.ask(
        stage.database,
        lambda connection: (connection.scalar(rows) or 0, connection.scalar(ended) or 0),
    )
    return counts[0] == 0 or counts[0] != counts[1]


def _document(recipients: int, feeds: str) -> tuple[dict[str, Any], datetime]:
    """One newsletter with one slot of a minute ago, to readers with names of their own."""
    minute = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=1)
    slot = {"type": "custom", "config": {"dates": [f"{minute:%Y-%m-%dT%H:%M}"]}, "timezone": "UTC"}
    addresses = [f"reader-{number}@example.org" for number in range(recipients)]
    document = {
        "workspace": "mail",
        "name": "Mail",
        "timezone": "UTC",
        "specifications": [
            {
                "slug": "letter",
                "name": "Letter",
                "categories": [{"id": "grid", "name": "Grid", "keywords": ["grid", "power"]}],
                "sources": [{"url": f"http://{feeds}/letter.xml"}],
                "channels": [{"type": "email", "recipients": addresses}],
                "schedules": [{"name": "once", **slot}],
            }
        ],
    }
    return document, minute - timedelta(minutes=5)


def _settings(port: int) -> dict[str, str]:
    return {
        "AUTOPILOT_SMTP_URL": f"smtp://127.0.0.1:{port}?tls=none",
        "AUTOPILOT_MAIL_FROM": "Letter <letter@example.org>",
        "AUTOPILOT_MAIL_CONNECTIONS": str(LINES),
        "AUTOPILOT_PUBLIC_URL": "https://letter.example.org",
        "AUTOPILOT_SECRET_KEY": "of a campaign, and long enough to be one",
    }


def _folder() -> Any:
    from tempfile import TemporaryDirectory

    return TemporaryDirectory(prefix="autopilot-relay-")


def _started(file: Path, seed: int, share: float) -> tuple[subprocess.Popen[bytes], int]:
    file.touch()
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "chaos.mail_sink", str(file), str(seed), str(share)],
        stdout=subprocess.PIPE,
        env=os.environ,
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait(10)
