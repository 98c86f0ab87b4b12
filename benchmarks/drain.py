"""Drain: many jobs are due, one worker; seconds until the last one is done.

For Autopilot and the reference that is when the last end is recorded; for the others when the last
marker is committed, which is a little earlier.
"""

from __future__ import annotations

import threading
import time

from benchmarks.case import Case
from benchmarks.child import finish
from benchmarks.marker import Markers, count_markers, open_markers
from benchmarks.peers import Peer, open_peer


def measure(case: Case) -> dict[str, float]:
    """Store the due jobs, start one worker, return how long it took."""
    peer = open_peer(case)
    markers = open_markers(case)
    peer.fill(case.count, time.time() - 1)
    return run_until_done(case, peer, markers)


def run_until_done(case: Case, peer: Peer, markers: Markers) -> dict[str, float]:
    """Let the peer work until the last job is done; return the figures or end the process with them."""
    started = time.perf_counter()
    if peer.ends_itself:
        peer.work()
        return figures(case, time.perf_counter() - started)

    def watch() -> None:
        markers.done.wait()
        finish({"values": figures(case, markers.finished_at - started)})

    threading.Thread(target=watch, daemon=True).start()
    peer.work()
    raise RuntimeError("the worker ended before its last job")


def figures(case: Case, seconds: float) -> dict[str, float]:
    """Return the figures, after a look at what was really done."""
    total, different = count_markers(case)
    if different < case.count:
        raise RuntimeError(f"{case.count} jobs were due, {different} were done")
    return {"seconds": seconds, "per_second": case.count / seconds, "repeats": total - different}
