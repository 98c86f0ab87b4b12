"""A handover: one request to another program, and what came back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """One request, sent once: no redirect is followed. A body makes it a POST.

    `seconds` bounds it from first connect to the last byte of the answer that is read.
    """

    url: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What came back: a status with the first words of the answer, or why there was none.

    `refused` says that the guard or the address itself forbids it, now and at any later time;
    `wait_seconds` is what the server asked for (Retry-After).
    """

    status: int | None = None
    words: str = ""
    problem: str = ""
    refused: bool = False
    wait_seconds: int | None = None

    @property
    def is_good(self) -> bool:
        """Whether the other side took it."""
        return self.status is not None and 200 <= self.status < 300
