"""Goals: what the project promises of its speed, and whether this run kept it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.case import (
    OURS,
    POSTGRESQL,
    REDIS,
    SQLITE_TRUNCATE,
    SQLITE_WAL,
    TINY,
    Case,
)
from benchmarks.figures import Figures, Spread
from benchmarks.newsroom import FASTFEEDPARSER, FEEDPARSER
from benchmarks.next_run import RULES

STORE_NAMES = {
    SQLITE_WAL: "SQLite, WAL",
    SQLITE_TRUNCATE: "SQLite, TRUNCATE",
    POSTGRESQL: "PostgreSQL",
    REDIS: "Redis + PostgreSQL",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One promise: a figure that is to be at most `limit`; None where it was not measured."""

    number: int
    text: str
    limit: float
    measured: float | None
    unit: str = "x"

    @property
    def verdict(self) -> str:
        """Whether it holds, or by how much it does not."""
        if self.measured is None:
            return "not measured"
        if self.measured <= self.limit:
            return "holds"
        if self.limit == 0:
            return "**missed**"
        times = self.measured / self.limit
        return f"**missed** by {times:.0f} x" if times >= 10 else f"**missed** by {times:.2g} x"


def goals(figures: Figures) -> list[Goal]:
    """Return every goal that these measures can judge."""
    return [
        *_drain(figures),
        *_once(figures),
        *_lateness(figures),
        *_idle(figures),
        *_next_run(figures),
        *_newsroom(figures),
        *_delivery(figures),
        *_web(figures),
        *_rows(figures),
    ]


def _median(spread: Spread | None) -> float | None:
    return None if spread is None else spread.median


def _drain(figures: Figures) -> Iterator[Goal]:
    for store, limit in ((SQLITE_WAL, 1.7), (SQLITE_TRUNCATE, 1.7), (POSTGRESQL, 1.3)):
        own = figures.find("drain", OURS, store)
        ratio = figures.against_reference(own, "seconds") if own else None
        text = f"drain, {STORE_NAMES[store]}: against the raw reference"
        yield Goal(number=1, text=text, limit=limit, measured=_median(ratio))
    for store, peer, peer_store, times in (
        (SQLITE_WAL, "apscheduler", SQLITE_WAL, 8),
        (SQLITE_WAL, "huey", SQLITE_WAL, 5),
        (POSTGRESQL, "apscheduler", POSTGRESQL, 5),
        (POSTGRESQL, "celery", REDIS, 3.5),
        (POSTGRESQL, "dbos", POSTGRESQL, 2.5),
        (POSTGRESQL, "procrastinate", POSTGRESQL, 10),
        (POSTGRESQL, "pgqueuer", POSTGRESQL, 1),
        (POSTGRESQL, "huey", REDIS, 1),
    ):
        own, other = figures.find("drain", OURS, store), figures.find("drain", peer, peer_store)
        name = f"{peer} on Redis" if peer_store == REDIS else peer
        text = f"drain, {STORE_NAMES[store]}: against {name}"
        measured = _median(figures.ratio(own, other, "seconds"))
        yield Goal(number=1, text=text, limit=1 / times, measured=measured)


def _once(figures: Figures) -> Iterator[Goal]:
    for store in (SQLITE_WAL, POSTGRESQL):
        for name in ("repeats", "losses"):

            def wanted(case: Case, store: str = store) -> bool:
                return case.peer == OURS and case.store == store

            workers = [str(case.workers) for case in figures.cases("once") if wanted(case)]
            text = f"{name}, {STORE_NAMES[store]}, {', '.join(workers) or 'no'} workers"
            measured = figures.most("once", name, wanted)
            yield Goal(number=2, text=text, limit=0, measured=measured, unit="")


def _lateness(figures: Figures) -> Iterator[Goal]:
    for store in (SQLITE_WAL, POSTGRESQL):
        own = figures.find("lateness", OURS, store)
        ratio = figures.against_reference(own, "p99") if own else None
        text = f"lateness p99, {STORE_NAMES[store]}: against the raw reference"
        yield Goal(number=3, text=text, limit=1.3, measured=_median(ratio))
    for store, peer, peer_store, limit in (
        (SQLITE_WAL, "apscheduler-memory", SQLITE_WAL, 1.0),
        (POSTGRESQL, "celery-beat", REDIS, 0.1),
    ):
        own = figures.find("lateness", OURS, store)
        other = figures.find("lateness", peer, peer_store)
        text = f"lateness p99, {STORE_NAMES[store]}: against {peer}"
        measured = _median(figures.ratio(own, other, "p99"))
        yield Goal(number=3, text=text, limit=limit, measured=measured)


def _idle(figures: Figures) -> Iterator[Goal]:
    for store in (SQLITE_WAL, POSTGRESQL):
        name = STORE_NAMES[store]
        few, many = _ends(figures, "idle", store)
        few_looked, many_looked = _ends(figures, "rows", store)
        poll = _median(figures.ratio(many_looked, few_looked, "poll_seconds"))
        rss = _median(figures.ratio(many, few, "rss_mib"))
        between = _between(few, many)
        yield Goal(number=4, text=f"poll time, {name}{between}", limit=1.5, measured=poll)
        yield Goal(number=4, text=f"memory, {name}{between}", limit=1.5, measured=rss)
        cpu = _median(figures.spread(many or few, "cpu_seconds_a_minute"))
        text = f"idle CPU seconds a minute, {name}, polling every second"
        yield Goal(number=4, text=text, limit=0.2, measured=cpu, unit="s")
    few, _many = _ends(figures, "idle", SQLITE_WAL)
    text = "idle memory of a worker, SQLite"
    memory = _median(figures.spread(few, "rss_mib"))
    yield Goal(number=5, text=text, limit=60, measured=memory, unit="MiB")
    text = "from the start of `autopilot worker` to the end of its first tick, SQLite"
    ready = _median(figures.spread(few, "ready_seconds"))
    yield Goal(number=5, text=text, limit=0.6, measured=ready, unit="s")


def _next_run(figures: Figures) -> Iterator[Goal]:
    own = figures.find("next_run", OURS, "none")
    for rule in RULES:
        measured = _median(figures.spread(own, f"{rule}_us"))
        text = f"next run of a {rule} rule"
        yield Goal(number=6, text=text, limit=5, measured=measured, unit="us")


def _newsroom(figures: Figures) -> Iterator[Goal]:
    own = figures.find("newsroom", OURS, SQLITE_WAL)
    loop = figures.find("newsroom", FEEDPARSER, SQLITE_WAL)
    fast = figures.find("newsroom", FASTFEEDPARSER, SQLITE_WAL)
    text = "CPU from feeds to a stored issue: against a bare loop of feedparser"
    measured = _median(figures.ratio(own, loop, "cpu_seconds"))
    yield Goal(number=7, text=text, limit=0.25, measured=measured)
    text = "CPU to read well-formed feeds as clean text: against fastfeedparser"
    measured = _median(figures.ratio(fast, own, "clean_entries"))
    yield Goal(number=7, text=text, limit=1 / 0.8, measured=measured)
    text = "CPU to choose stories from all articles"
    measured = _median(figures.spread(own, "choose_seconds"))
    yield Goal(number=7, text=text, limit=3, measured=measured, unit="s")
    text = "CPU to draw, inline and check the page of 30 stories"
    measured = _median(figures.spread(own, "page_ms"))
    yield Goal(number=7, text=text, limit=50, measured=measured, unit="ms")


def _delivery(figures: Figures) -> Iterator[Goal]:
    """At least 0.8 of the bare loop's pace with one connection, and more than it with several."""
    for case in figures.cases("delivery"):
        one = case.workers == 1
        lines = "one connection" if one else f"{case.workers} connections"
        size = "tiny mails" if case.octets == TINY else f"mails of {case.octets // 1_000} kB"
        text = f"time to deliver {size}, {STORE_NAMES[case.store]}, {lines}: against a bare loop of"
        measured = _median(figures.spread(case, "of_loop"))
        limit = 1 / 0.8 if one else 1
        yield Goal(number=8, text=f"{text} aiosmtplib", limit=limit, measured=measured)


def _web(figures: Figures) -> Iterator[Goal]:
    """Pages and addresses together: the slowest of each kind decides."""
    for case in figures.cases("web"):
        for number, start, text, limit, unit in (
            (9, "first ", "first paint of the slowest page", 2.5, "s"),
            (9, "later ", "later paint of the slowest page", 0.6, "s"),
            (9, "read ", "the slowest read of the API, p99", 30.0, "ms"),
            (5, "box_mib one visitor", "web and worker, one visitor", 300.0, "MiB"),
        ):
            wanted = [name for name in figures.names(case) if name.startswith(start)]
            found = [figures.spread(case, name) for name in wanted]
            slowest = max((it.median for it in found if it is not None), default=None)
            told = f"{text}, {STORE_NAMES[case.store]}"
            yield Goal(number=number, text=told, limit=limit, measured=slowest, unit=unit)


def _rows(figures: Figures) -> Iterator[Goal]:
    for store in (SQLITE_WAL, POSTGRESQL):
        few, many = _ends(figures, "rows", store)
        text = f"the same due work, {STORE_NAMES[store]}{_between(few, many)}"
        measured = _median(figures.ratio(many, few, "seconds"))
        yield Goal(number=10, text=text, limit=1.5, measured=measured)


def _ends(figures: Figures, measure: str, store: str) -> tuple[Case | None, Case | None]:
    """Our cases with the fewest and the most stored rows; the second None when there is one only."""
    own = [one for one in figures.cases(measure) if (one.peer, one.store) == (OURS, store)]
    own.sort(key=lambda case: case.stored)
    return (own[0] if own else None), (own[-1] if len(own) > 1 else None)


def _between(few: Case | None, many: Case | None) -> str:
    return f": {many.stored:,} stored against {few.stored:,}" if few and many else ""
