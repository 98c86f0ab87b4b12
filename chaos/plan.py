"""What a campaign is to do, and what it leaves for the verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from autopilot.store.database import Database
from chaos.crew import Crew
from chaos.oracle import Promise, promises
from chaos.zombies import Zombies

SQLITE, POSTGRESQL = "sqlite", "postgresql"
SCHEMA = "autopilot"
KILLS, ZOMBIES = "kills", "zombies"
RESTARTS, CUTS, CROWDS, STEPS = "restarts", "cuts", "crowds", "steps"  # PostgreSQL only
LOCKS, SQUEEZES = "locks", "squeezes"  # SQLite only
FAULTS = {
    SQLITE: (KILLS, ZOMBIES, LOCKS, SQUEEZES),
    POSTGRESQL: (KILLS, ZOMBIES, RESTARTS, CUTS, CROWDS, STEPS),
}
STORM, CLOCK, FILE, DISK, MAIL = "storm", "clock", "file", "disk", "mail"
PHASES = {SQLITE: (STORM, CLOCK, FILE, DISK, MAIL), POSTGRESQL: (STORM, MAIL)}

Saved = tuple[dict[str, object], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much of everything; counts are lower bounds, `seconds` is an upper one (None: none)."""

    database: str
    phase: str
    slots: int
    faults: dict[str, int]
    workers: int
    seed: int
    wave: int = 250
    recipients: int = 0
    lease_seconds: float = 2.0
    poll_seconds: float = 1.0
    fault_share: float = 0.08
    seconds: float | None = None


@dataclass(slots=True, kw_only=True)
class Outcome:
    """Everything a campaign leaves for the verdict.

    `farthest` is the latest time any worker was told; in the spans `far_ahead` that was so far ahead
    that slots may have been counted in the audit log instead of having rows. `broken` are promises
    that a trial found broken itself.
    """

    plan: Plan
    saved: Sequence[Saved]
    crew: Crew
    zombies: Zombies
    until: datetime
    seconds: float
    stop_codes: dict[int, int | None]
    data_folder: Path
    database: Database = field(repr=False)
    outages: Sequence[tuple[float, float]] = ()
    faults: Counter[str] = field(default_factory=Counter)
    served: Counter[str] = field(default_factory=Counter)
    cut_short: bool = False
    farthest: datetime | None = None
    far_ahead: Sequence[tuple[datetime, datetime]] = ()
    broken: Sequence[str] = ()
    told: Sequence[str] = ()

    def promised(self, until: datetime) -> set[Promise]:
        """The slots of every document, up to an instant."""
        return set().union(*(promises(text, at, until) for text, at in self.saved))
