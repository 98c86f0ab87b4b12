"""How often a source is looked at: by its own pace, its server's word, and how it answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

SHORTEST = timedelta(minutes=30)
LONGEST = timedelta(hours=24)
UNKNOWN = timedelta(hours=3)
"""For a source that dates nothing: nobody knows how fast its entries go by."""
LOOKS = 3
"""How often a source is looked at while an entry goes from its top to its end."""
GROWTH = 1.5
MOST_FAILURES = 8


def interval_after_entries(published: Sequence[datetime], shown: int) -> timedelta:
    """Return how long to wait after a feed that shows `shown` entries, some dated (newest first).

    An entry is lost when the feed shows newer ones only, so the span a feed covers is divided; a
    busy half of it counts for the whole, since the next half may be as busy.
    """
    if len(published) < 2:
        return UNKNOWN
    whole = published[0] - published[-1]
    half = (published[0] - published[max(1, (len(published) - 1) // 2)]) * 2
    span = min(whole, half) * (max(shown, len(published)) / len(published))
    return _within(span / LOOKS)


def interval_after_nothing_new(before: timedelta | None) -> timedelta:
    """Return how long to wait after an unchanged answer: what gives nothing can lose nothing."""
    return _within((before or UNKNOWN) * GROWTH)


def interval_after_failure(failures: int) -> timedelta:
    """Return how long to wait after the n-th failure in a row: doubled each time, up to a day."""
    return _within(SHORTEST * 2 ** min(max(failures, 1) - 1, MOST_FAILURES))


def next_look(
    now: datetime,
    interval: timedelta,
    *,
    asked_seconds: int | None = None,
    skip_hours: Sequence[int] = (),
    spread: float = 0.0,
) -> datetime:
    """Return when to look again: never before the server or feed asked, at the latest in a day.

    `skip_hours` (UTC) are passed over; `spread` (0 to 1) moves the time by up to a tenth, so that
    sources taken up together do not stay together.
    """
    wait = max(interval, timedelta(seconds=asked_seconds or 0))
    moment = now + min(wait, LONGEST) * (1 + spread / 10)
    for _ in range(24):
        if moment.hour not in skip_hours:
            break
        moment = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return moment


def _within(interval: timedelta) -> timedelta:
    return min(max(interval, SHORTEST), LONGEST)
