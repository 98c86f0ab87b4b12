"""Instants: aware UTC datetimes, the only kind that flows inside."""

from __future__ import annotations

from datetime import UTC, datetime


def as_utc(moment: datetime) -> datetime:
    """Return the same instant in UTC; raises ValueError for a naive datetime, which has no meaning here."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} is naive; give it a time zone")
    return moment.astimezone(UTC)


def iso(moment: datetime | None) -> str | None:
    """Return RFC 3339 text in UTC with a trailing Z (seconds, or microseconds where there are any)."""
    return None if moment is None else as_utc(moment).isoformat().replace("+00:00", "Z")
