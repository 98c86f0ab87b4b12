"""A case: one thing measured on one system with one store, once a round, in a process of its own."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any

SQLITE_WAL, SQLITE_TRUNCATE, POSTGRESQL, REDIS = (
    "sqlite-wal",
    "sqlite-truncate",
    "postgresql",
    "redis",
)
REFERENCE, OURS = "reference", "autopilot"
TINY, LARGE = 500, 20_000  # octets of a mail's text and HTML together


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What to measure. `count` jobs are due, at `due` (Unix seconds) or at once when that is 0.

    `stored` schedules lie in the store and are not due; `octets` is the size of a mail. `address` is
    the SQL store that holds the markers (a file, or what libpq reads); `broker` the Redis of the
    systems that need one.
    """

    measure: str
    peer: str
    store: str
    count: int = 0
    stored: int = 0
    workers: int = 1
    due: float = 0.0
    seconds: float = 0.0
    octets: int = 0
    address: str = ""
    broker: str = ""

    @property
    def is_sqlite(self) -> bool:
        """Whether the markers are in a SQLite file."""
        return self.store.startswith("sqlite")

    @property
    def journal(self) -> str:
        """SQLite's journal mode."""
        return self.store.removeprefix("sqlite-")

    @property
    def family(self) -> str:
        """The store whose reference this case is compared with: Redis keeps markers in PostgreSQL."""
        return POSTGRESQL if self.store == REDIS else self.store

    @property
    def url(self) -> str:
        """The SQL store as SQLAlchemy writes it."""
        if self.is_sqlite:
            return f"sqlite:///{self.address}"
        return "postgresql+psycopg" + self.address.removeprefix("postgresql")

    def like(self, **changes: Any) -> Case:
        """Return the case with these fields changed."""
        return replace(self, **changes)

    def dumps(self) -> str:
        """Return the case as one line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def loads(cls, text: str) -> Case:
        """Return the case that `dumps` wrote."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one case gave in one round: figures by name, or the reason why there are none."""

    case: Case
    round: int
    values: dict[str, float] = field(default_factory=dict)
    error: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return plain values; addresses are left out, they die with the run."""
        plain = asdict(self)
        for name in ("address", "broker", "due"):
            del plain["case"][name]
        return plain

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Result:
        """Return the result that `as_json` gave."""
        return cls(**{**plain, "case": Case(**plain["case"])})
