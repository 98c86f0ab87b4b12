"""Fill: store schedules that are not due, in a process whose memory is not measured."""

from __future__ import annotations

import time

from benchmarks.case import Case
from benchmarks.marker import connect, open_markers
from benchmarks.peers import open_peer

FAR = 30 * 86400.0


def measure(case: Case) -> dict[str, float]:
    """Store `case.stored` schedules due in a month, refresh the store's statistics."""
    peer = open_peer(case)
    open_markers(case)
    started = time.perf_counter()
    peer.fill(case.stored, time.time() + FAR)
    connection = connect(case)
    connection.execute("ANALYZE")
    connection.close()
    return {"seconds": time.perf_counter() - started}
