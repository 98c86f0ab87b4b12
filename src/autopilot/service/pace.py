"""Pace: how many runs a worker claims at once, by how quick those before them were.

It decides how many wait together, never for how long: before the first slow step of one of them the
others go back to the queue (service/batch.py).
"""

from __future__ import annotations

MOST = 250  # runs claimed at once
# As many as would take so long together. Our own commits do not count: where they are slow, fewer of
# them are wanted.
QUICK_BATCH_SECONDS = 0.25
GROWTH = 16  # from one run, of which nothing is known, to the most in three batches


class Pace:
    """Kept by a worker from tick to tick; one that has just started, maybe after a run killed the
    last one, begins with a single run.
    """

    def __init__(self) -> None:
        self.size = 1

    def note(self, begun: int, seconds: float, *, was_slow: bool) -> None:
        """Take in how long so many runs of a batch took, and whether one of them was slow."""
        if was_slow:
            self.size = 1
        elif begun:
            # Few that were quick are no reason to claim fewer than were known to be.
            grown = min(MOST, max(self.size, begun * GROWTH))
            fitting = begun * QUICK_BATCH_SECONDS / seconds if seconds > 0 else grown
            self.size = max(1, min(grown, int(fitting)))
