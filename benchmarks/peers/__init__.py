"""The systems measured: which stores each works on, and what each can be asked."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Protocol

from benchmarks.case import OURS, POSTGRESQL, REDIS, REFERENCE, SQLITE_TRUNCATE, SQLITE_WAL, Case


class Peer(Protocol):
    """A system on one case's store.

    `ends_itself` says that `work` returns when nothing is due; otherwise it works for ever.
    """

    ends_itself: bool

    def fill(self, count: int, due: float) -> None:
        """Store that many jobs due at this moment (Unix seconds)."""

    def work(self) -> None:
        """Run one worker in this thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How a system is called, where it works, and whether it schedules by itself."""

    label: str
    module: str
    package: str | None
    stores: tuple[str, ...]
    schedules: bool
    idle: bool = True
    drains: bool = True
    waits: bool = True
    rows: int = 0  # the largest store it is measured with
    note: str = ""


SQLITE = (SQLITE_WAL, SQLITE_TRUNCATE)
PEERS: dict[str, Entry] = {
    REFERENCE: Entry(
        label="reference",
        module="reference",
        package=None,
        stores=(*SQLITE, POSTGRESQL),
        schedules=True,
        rows=1_000_000,
        note="the smallest hand-written form of Autopilot's design: raw sqlite3 or psycopg,"
        " batches of 250",
    ),
    OURS: Entry(
        label="Autopilot",
        module="autopilot",
        package="autopilot-newsletters",
        stores=(*SQLITE, POSTGRESQL),
        schedules=True,
        rows=1_000_000,
        note="its own tick and lease, with the making of the issue replaced by the job",
    ),
    "apscheduler": Entry(
        label="APScheduler",
        module="apscheduler3",
        package="apscheduler",
        stores=(*SQLITE, POSTGRESQL),
        schedules=True,
        rows=100_000,
        note="SQLAlchemy job store, thread pool of 10 (default)",
    ),
    "apscheduler-memory": Entry(
        label="APScheduler, memory",
        module="apscheduler_memory",
        package="apscheduler",
        stores=(SQLITE_WAL,),
        schedules=True,
        drains=False,
        idle=False,
        note="job store in memory: nothing but the markers is durable",
    ),
    "huey": Entry(
        label="Huey",
        module="huey3",
        package="huey",
        stores=(*SQLITE, REDIS),
        schedules=False,
        rows=100_000,
        note="one worker thread (default)",
    ),
    "celery": Entry(
        label="Celery",
        module="celery5",
        package="celery",
        stores=(REDIS,),
        schedules=False,
        note="solo pool, acks_late, no result backend",
    ),
    "celery-beat": Entry(
        label="Celery beat",
        module="celery_beat",
        package="celery",
        stores=(REDIS,),
        schedules=True,
        drains=False,
        note="beat beside the worker in one process",
    ),
    "procrastinate": Entry(
        label="Procrastinate",
        module="procrastinate3",
        package="procrastinate",
        stores=(POSTGRESQL,),
        schedules=False,
        rows=100_000,
        note="one job at a time (default)",
    ),
    "dbos": Entry(
        label="DBOS",
        module="dbos3",
        package="dbos",
        stores=(POSTGRESQL,),
        schedules=False,
        rows=10_000,
        note="a queue, threads by default, no Conductor",
    ),
    "pgqueuer": Entry(
        label="pgqueuer",
        module="pgqueuer1",
        package="pgqueuer",
        stores=(POSTGRESQL,),
        schedules=False,
        rows=100_000,
        note="batches of 10 (default)",
    ),
}


def open_peer(case: Case) -> Peer:
    """Return the case's system on the case's store."""
    peer: Peer = import_module(f"benchmarks.peers.{PEERS[case.peer].module}").open_peer(case)
    return peer
