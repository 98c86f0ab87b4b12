"""Lateness: many schedules are due in one second, the worker waits; how late does each job run?"""

from __future__ import annotations

import math
import threading
import time

from benchmarks.case import Case
from benchmarks.child import finish
from benchmarks.marker import marked_at, open_markers
from benchmarks.peers import open_peer

READY_SECONDS = 2.0  # the worker must be waiting this long before the moment comes


def measure(case: Case) -> dict[str, float]:
    """Store jobs due at one moment, start the worker before it, return how late they ran."""
    due = time.time() + case.seconds
    case = case.like(due=due)
    peer = open_peer(case)
    markers = open_markers(case)
    peer.fill(case.count, due)
    if time.time() > due - READY_SECONDS:
        raise RuntimeError("storing the jobs took too long: give the measure more seconds")

    def watch() -> None:
        markers.done.wait()
        finish({"values": figures(case, due)})

    threading.Thread(target=watch, daemon=True).start()
    peer.work()
    raise RuntimeError("the worker ended before its last job")


def figures(case: Case, due: float) -> dict[str, float]:
    """Return percentiles of the seconds between the moment and the markers."""
    late = [at - due for at in marked_at(case)]
    if late[0] < -0.001:
        raise RuntimeError(f"a job ran {-late[0]:.3f} s before its time")
    return {"p50": percentile(late, 0.50), "p99": percentile(late, 0.99), "max": late[-1]}


def percentile(values: list[float], share: float) -> float:
    """Return the value that this share of the sorted values does not exceed."""
    return values[max(0, math.ceil(share * len(values)) - 1)]
