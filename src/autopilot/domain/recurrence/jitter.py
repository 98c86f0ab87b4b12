"""Jitter: a delay that spreads schedules of one time, always the same for the same slot."""

from __future__ import annotations

from datetime import timedelta
from hashlib import blake2b

from autopilot.domain.instants import iso
from autopilot.domain.recurrence.slot import Slot

_PRECISION_BYTES = 8


def jitter(seed: str, slot: Slot, following: Slot | None, jitter_seconds: int) -> timedelta:
    """Return how long after its nominal time a slot starts: whole seconds, 0 to `jitter_seconds`.

    `seed` is the schedule's id; the same seed and slot give the same delay on every machine. The
    result is always before the following slot, where there is one.
    """
    choices = jitter_seconds + 1
    if following is not None:
        choices = min(choices, int((following.utc - slot.utc).total_seconds()))
    if choices <= 1:
        return timedelta()
    drawn = blake2b(f"{seed} {iso(slot.utc)}".encode(), digest_size=_PRECISION_BYTES).digest()
    return timedelta(seconds=int.from_bytes(drawn) * choices >> (8 * _PRECISION_BYTES))
