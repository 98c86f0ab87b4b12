"""Idle: many schedules are stored, none is due; the memory, CPU time and start of a worker."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from benchmarks.case import Case
from benchmarks.peers import open_peer

START_SECONDS = 30.0
MIB = 1024 * 1024


def measure(case: Case) -> dict[str, float]:
    """Start the peer's worker, wait until it has settled, watch it for `case.seconds`.

    It is started once before, so that its code is compiled and its files are in memory.
    """
    peer = open_peer(case)
    with _started(peer, case) as (worker, started):
        _ready(peer, worker, started)
    with _started(peer, case) as (worker, started):
        return _ready(peer, worker, started) | _watched(worker, case.seconds)


@contextmanager
def _started(peer: object, case: Case) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    serving = [sys.executable, "-m", "benchmarks.child", case.like(measure="serve").dumps()]
    command, environment = getattr(peer, "command", lambda: (serving, {}))()
    started = time.perf_counter()
    worker = subprocess.Popen(  # noqa: S603 - our own programs
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL
    )
    try:
        yield worker, started
    finally:
        worker.kill()
        worker.wait()


def _ready(peer: object, worker: subprocess.Popen[bytes], started: float) -> dict[str, float]:
    """When the first tick is in the store, for a peer that can tell; others get time to start."""
    is_ready = getattr(peer, "is_ready", None)
    if is_ready is None:
        time.sleep(4)
        return {}
    while not is_ready():
        if worker.poll() is not None or time.perf_counter() - started > START_SECONDS:
            raise RuntimeError("the worker did not come up")
        time.sleep(0.002)
    seconds = time.perf_counter() - started
    time.sleep(2)
    return {"ready_seconds": seconds}


def _watched(worker: subprocess.Popen[bytes], seconds: float) -> dict[str, float]:
    main = psutil.Process(worker.pid)
    family = [main, *main.children(recursive=True)]
    before = _cpu(family)
    time.sleep(seconds)
    if worker.poll() is not None:
        raise RuntimeError("the worker ended by itself")
    return {
        "rss_mib": sum(process.memory_info().rss for process in family) / MIB,
        "cpu_seconds_a_minute": (_cpu(family) - before) * 60 / seconds,
    }


def _cpu(family: list[psutil.Process]) -> float:
    times = [process.cpu_times() for process in family]
    return float(sum(one.user + one.system for one in times))
