"""The bearer: what a request carries in its header `Authorization` (RFC 6750)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autopilot.domain.bearer import bearer_in

if TYPE_CHECKING:
    from starlette.requests import Request


def bearer_of(request: Request) -> str:
    """Return the secret or token of a request, "" where it has none."""
    return bearer_in(request.headers.get("authorization", ""))
