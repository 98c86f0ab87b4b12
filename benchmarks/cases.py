"""Cases: which systems each measure asks, on which stores, how much of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.case import (
    LARGE,
    OURS,
    POSTGRESQL,
    REFERENCE,
    SQLITE_TRUNCATE,
    SQLITE_WAL,
    TINY,
    Case,
)
from benchmarks.newsroom import FASTFEEDPARSER, FEEDPARSER
from benchmarks.next_run import SYSTEMS
from benchmarks.peers import PEERS, Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured."""

    rounds: int
    jobs: int  # due in drain
    at_once: int  # due in one second
    lead_seconds: float  # from storing them to that second
    due_among: int  # due among the stored ones
    stored: tuple[int, ...]
    idle_seconds: float
    instants: int
    once_jobs: int
    once_workers: tuple[int, ...]
    once_seconds: float
    feeds: int
    mails: int
    lines: tuple[int, ...]  # connections to the relay
    served: int  # schedules in the store that the web app shows

    def with_(self, **changes: Any) -> Size:
        """Return the size with these fields changed."""
        return replace(self, **changes)


def full() -> Size:
    """Return what the published figures are made of."""
    return Size(
        rounds=3,
        jobs=10_000,
        at_once=1_000,
        lead_seconds=15.0,
        due_among=250,
        stored=(1_000, 10_000, 100_000, 1_000_000),
        idle_seconds=15.0,
        instants=2_000,
        once_jobs=1_000,
        once_workers=(2, 8, 32),
        once_seconds=120.0,
        feeds=100,
        mails=1_000,
        lines=(1, 4, 16),
        served=10_000,
    )


def quick() -> Size:
    """Return just enough to see that everything works."""
    return Size(
        rounds=1,
        jobs=200,
        at_once=100,
        lead_seconds=6.0,
        due_among=50,
        stored=(1_000,),
        idle_seconds=3.0,
        instants=200,
        once_jobs=100,
        once_workers=(2,),
        once_seconds=30.0,
        feeds=10,
        mails=60,
        lines=(1, 4),
        served=200,
    )


def cases_of(measure: str, size: Size) -> list[Case]:
    """Return the cases of one measure, in the order in which a round goes through them."""
    return list(MEASURES[measure](size))


def _entries(wanted: Callable[[Entry], bool]) -> Iterator[tuple[str, str]]:
    """Name and store of the systems wanted, store by store."""
    pairs = [
        (name, store) for name, entry in PEERS.items() if wanted(entry) for store in entry.stores
    ]
    order = list(dict.fromkeys(store for _name, store in pairs))
    yield from sorted(pairs, key=lambda pair: order.index(pair[1]))


def _drain(size: Size) -> Iterator[Case]:
    for name, store in _entries(lambda entry: entry.drains):
        yield Case(measure="drain", peer=name, store=store, count=size.jobs)


def _lateness(size: Size) -> Iterator[Case]:
    for name, store in _entries(lambda entry: entry.waits):
        if store == "sqlite-truncate":
            continue  # drain shows what this journal costs
        yield Case(
            measure="lateness",
            peer=name,
            store=store,
            count=size.at_once,
            seconds=size.lead_seconds,
        )


def _idle(size: Size) -> Iterator[Case]:
    for stored in size.stored:
        for name, store in _entries(lambda entry: entry.idle):
            if store == "sqlite-truncate" or stored > _most(name):
                continue
            yield Case(
                measure="idle", peer=name, store=store, stored=stored, seconds=size.idle_seconds
            )


def _rows(size: Size) -> Iterator[Case]:
    for stored in size.stored:
        for name, store in _entries(lambda entry: entry.rows > 0):
            if store in {"sqlite-truncate", "redis"} or stored > PEERS[name].rows:
                continue
            yield Case(measure="rows", peer=name, store=store, count=size.due_among, stored=stored)


def _most(name: str) -> int:
    """The idle cost of others is shown at one small size; of ours and the reference at all."""
    return PEERS[name].rows if name in {OURS, REFERENCE} else 1_000


def _next_run(size: Size) -> Iterator[Case]:
    for name in SYSTEMS:
        yield Case(measure="next_run", peer=name, store="none", count=size.instants)


def _once(size: Size) -> Iterator[Case]:
    for workers in size.once_workers:
        for store in (SQLITE_WAL, POSTGRESQL):
            for name in (OURS, "apscheduler"):
                if name != OURS and workers > 2:
                    continue  # two are enough to see it
                yield Case(
                    measure="once",
                    peer=name,
                    store=store,
                    count=size.once_jobs,
                    workers=workers,
                    seconds=size.once_seconds,
                )


def _newsroom(size: Size) -> Iterator[Case]:
    for name in (OURS, FEEDPARSER, FASTFEEDPARSER):
        yield Case(measure="newsroom", peer=name, store=SQLITE_WAL, count=size.feeds)


def _delivery(size: Size) -> Iterator[Case]:
    for store in (SQLITE_WAL, SQLITE_TRUNCATE, POSTGRESQL):
        for octets in (TINY, LARGE):
            for lines in size.lines:
                yield Case(
                    measure="delivery",
                    peer=OURS,
                    store=store,
                    count=size.mails,
                    workers=lines,
                    octets=octets,
                )


def _web(size: Size) -> Iterator[Case]:
    for store in (SQLITE_WAL, POSTGRESQL):
        yield Case(measure="web", peer=OURS, store=store, count=size.served)


MEASURES: dict[str, Callable[[Size], Iterator[Case]]] = {
    "next_run": _next_run,
    "drain": _drain,
    "lateness": _lateness,
    "rows": _rows,
    "idle": _idle,
    "once": _once,
    "newsroom": _newsroom,
    "delivery": _delivery,
    "web": _web,
}
