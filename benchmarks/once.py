"""Once: several workers drain one store; how many jobs ran twice, how many never?"""

from __future__ import annotations

import subprocess
import sys
import time

from benchmarks.case import Case
from benchmarks.marker import count_markers, open_markers
from benchmarks.peers import open_peer

AFTER_SECONDS = 2.0  # a repeat comes after the first time


def measure(case: Case) -> dict[str, float]:
    """Start `case.workers` processes on `case.count` due jobs and count what they did."""
    peer = open_peer(case)
    open_markers(case)
    peer.fill(case.count, time.time() - 1)
    started = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.child", case.like(measure="serve").dumps()]
    workers = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - our own program
        for _ in range(case.workers)
    ]
    try:
        seconds = _until_still(case, started)
    finally:
        for worker in workers:
            worker.kill()
        for worker in workers:
            worker.wait()
    total, different = count_markers(case)
    return {"seconds": seconds, "repeats": total - different, "losses": case.count - different}


def _until_still(case: Case, started: float) -> float:
    """Wait until all is done and nothing more happens; the hard limit is the caller's."""
    while time.perf_counter() - started < case.seconds:
        if count_markers(case)[1] >= case.count:
            break
        time.sleep(0.1)
    seconds = time.perf_counter() - started
    before = -1
    while (now := count_markers(case)[0]) != before:
        before = now
        time.sleep(AFTER_SECONDS)
    return seconds
