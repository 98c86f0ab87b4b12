"""What an address answered when it was asked, once, whether its page is still there."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkAnswer:
    """One address's answer: its HTTP status after redirects, or why there was none.

    `octets` is the announced size of what is there, None where it was not said.
    """

    url: str
    status: int | None = None
    problem: str = ""
    octets: int | None = None

    @property
    def is_gone(self) -> bool:
        """Whether the server says that there is no such page."""
        return self.status in GONE

    @property
    def is_good(self) -> bool:
        """Whether the page was there."""
        return self.status is not None and self.status < HTTPStatus.BAD_REQUEST
