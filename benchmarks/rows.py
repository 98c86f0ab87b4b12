"""Rows: the same few jobs are due while ever more schedules lie in the store."""

from __future__ import annotations

import statistics
import time

from benchmarks.case import Case
from benchmarks.drain import run_until_done
from benchmarks.marker import connect, open_markers
from benchmarks.peers import open_peer

POLLS = 15


def measure(case: Case) -> dict[str, float]:
    """Make `case.count` more jobs due, return how long they and a look at nothing due take."""
    peer = open_peer(case)
    markers = open_markers(case)
    connection = connect(case)
    connection.execute("DELETE FROM markers")
    connection.close()
    polled = _poll(peer)
    peer.fill(case.count, time.time() - 1)
    return polled | run_until_done(case, peer, markers)


def _poll(peer: object) -> dict[str, float]:
    poll = getattr(peer, "poll", None)
    if poll is None:
        return {}
    poll()
    taken = []
    for _ in range(POLLS):
        started = time.perf_counter()
        poll()
        taken.append(time.perf_counter() - started)
    return {"poll_seconds": statistics.median(taken)}
