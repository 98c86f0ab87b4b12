"""Findings: what was found, how bad it is, since when, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is. Only an error keeps Autopilot from working."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at: what was found, and what to do about it (None where all is well).

    `since` is when it began, where that is known.
    """

    check: str
    message: str
    level: Level = Level.OK
    fix: str | None = None
    since: datetime | None = None


def warning(check: str, message: str, fix: str) -> Finding:
    """Return what should be mended, and works."""
    return Finding(check=check, message=message, level=Level.WARNING, fix=fix)


def error(check: str, message: str, fix: str) -> Finding:
    """Return what keeps Autopilot from working."""
    return Finding(check=check, message=message, level=Level.ERROR, fix=fix)
