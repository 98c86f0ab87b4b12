"""What a campaign is to do, and what it leaves for the verdict."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from autopilot.store.database import Database
from chaos.crew import Crew
from chaos.oracle import Promise, promises
from chaos.zombies import Zombies

SQLITE, POSTGRESQL = "sqlite", "postgresql"
SCHEMA = "autopilot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much of everything; counts are lower bounds, `seconds` is an upper one (None: none)."""

    database: str
    slots: int
    kills: int
    zombies: int
    restarts: int
    cuts: int
    workers: int
    seed: int
    wave: int = 250
    lease_seconds: float = 2.0
    poll_seconds: float = 1.0
    fault_share: float = 0.08
    seconds: float | None = None


@dataclass(slots=True, kw_only=True)
class Outcome:
    """Everything a campaign leaves for the verdict."""

    plan: Plan
    saved: list[tuple[dict[str, object], datetime]]
    crew: Crew
    zombies: Zombies
    outages: list[tuple[float, float]]
    restarts: Counter[str]
    cuts: Counter[str]
    served: Counter[str]
    until: datetime
    seconds: float
    stop_codes: dict[int, int | None]
    cut_short: bool
    data_folder: Path
    database: Database = field(repr=False)

    def promised(self, until: datetime) -> set[Promise]:
        """The slots of every document, up to an instant."""
        return set().union(*(promises(text, at, until) for text, at in self.saved))
