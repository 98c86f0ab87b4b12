"""Profiling: where the time of our own drain goes.  python -m benchmarks.profiling STORE [JOBS]"""

# ruff: noqa: T201 - it is a program that prints

from __future__ import annotations

import cProfile
import pstats
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from benchmarks.case import OURS, Case
from benchmarks.marker import open_markers
from benchmarks.peers.autopilot import Autopilot, open_peer
from benchmarks.places import open_places

JOBS = 2_000
SHOWN = 45


def main(store: str, jobs: int) -> None:
    """Print the statements of one drain with their time, then the functions, by cumulative time."""
    with open_places({store}) as places:
        case = places.settle(Case(measure="drain", peer=OURS, store=store, count=jobs))
        for profiled in (False, True):
            peer = open_peer(case)
            open_markers(case)
            peer.fill(jobs, time.time() - 1)
            if profiled:
                _functions(peer)
            else:
                _statements(peer, jobs)
        places.clear(case)


def _statements(peer: Autopilot, jobs: int) -> None:
    with _watched(peer) as (counts, seconds):
        started = time.perf_counter()
        peer.work()
        took = time.perf_counter() - started
    total = sum(counts.values())
    print(f"{jobs} runs in {took:.2f} s, {jobs / took:.0f}/s; {total / jobs:.2f} statements a run,")
    print(f"{sum(seconds.values()):.2f} s of it in the driver")
    for statement, spent in sorted(seconds.items(), key=lambda item: -item[1]):
        print(f"{counts[statement] / jobs:8.3f} a run {spent:8.3f} s  {statement}")


def _functions(peer: Autopilot) -> None:
    profile = cProfile.Profile()
    profile.runcall(peer.work)
    for order in ("cumulative", "tottime"):
        pstats.Stats(profile).strip_dirs().sort_stats(order).print_stats(SHOWN)


@contextmanager
def _watched(peer: Autopilot) -> Iterator[tuple[Counter[str], dict[str, float]]]:
    """Count every statement and commit of the engine, and the seconds each kind takes."""
    engine = peer.app.database.engine
    counts: Counter[str] = Counter()
    seconds: defaultdict[str, float] = defaultdict(float)
    begun = [0.0]

    def before(*_arguments: object) -> None:
        begun[0] = time.perf_counter()

    def after(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        words = re.sub(r"\s+", " ", statement)[:110]
        counts[words] += 1
        seconds[words] += time.perf_counter() - begun[0]

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    dialect = engine.dialect
    for name in ("do_commit", "do_rollback", "do_ping"):
        _time_method(dialect, name, counts, seconds)
    yield counts, seconds


def _time_method(
    dialect: object, name: str, counts: Counter[str], seconds: dict[str, float]
) -> None:
    whole = getattr(dialect, name)

    def timed(*arguments: object) -> object:
        started = time.perf_counter()
        try:
            return whole(*arguments)
        finally:
            counts[name.upper()] += 1
            seconds[name.upper()] += time.perf_counter() - started

    setattr(dialect, name, timed)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else JOBS)
