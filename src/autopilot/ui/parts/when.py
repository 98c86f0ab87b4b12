"""When: instants as people of the workspace read them, with UTC one look away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

SOON = timedelta(days=6)


def local(moment: datetime, zone: ZoneInfo, *, now: datetime) -> str:
    """Return a day and time in a zone: today, tomorrow or yesterday by name, others by date."""
    there, today = moment.astimezone(zone), now.astimezone(zone).date()
    named = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get((there.date() - today).days)
    if named is not None:
        return f"{named} {there:%H:%M}"
    year = "" if there.year == today.year else f" {there:%Y}"
    return f"{there:%a} {there.day} {there:%b}{year}, {there:%H:%M}"


def in_full(moment: datetime, zone: ZoneInfo) -> str:
    """Return an instant in a zone and in UTC: what a tooltip says."""
    return (
        f"{moment.astimezone(zone):%a %Y-%m-%d %H:%M} {zone.key},"
        f" {moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    )


def distance(moment: datetime, now: datetime) -> str:
    """Return how far away an instant is, roughly: "in 3 hours", "2 days ago", "just now"."""
    span = moment - now
    seconds = abs(span.total_seconds())
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            told = f"{count} {word}{'s' if count > 1 else ''}"
            return f"in {told}" if span > timedelta(0) else f"{told} ago"
    return "now" if span > timedelta(0) else "just now"


def took(seconds: float) -> str:
    """Return a duration as people say it."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"
