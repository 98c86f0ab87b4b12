"""Repeats: a request that a program sends again, because no answer reached it, is not done again.

The program names its request by a key of its own. What was answered is kept for a day.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from autopilot.domain.access import Principal
from autopilot.errors import Conflict, InputRefused, Problem
from autopilot.service.context import App
from autopilot.store import done_requests

KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What was answered: status, some headers, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def take(app: App, key_hash: str, request: bytes) -> Answered | None:
    """Take a key for a request; returns None when it is to be done, or what was answered before.

    Raises InputRefused where the key came with another request, Conflict while it is being done.
    """
    request_hash = hashlib.sha256(request).hexdigest()
    now = app.clock()
    with app.database.begin() as connection:
        done_requests.forget_requests(connection, now - KEPT)
        before = done_requests.begin_request(connection, key_hash, request_hash, now)
    if before is None:
        return None
    if before.request_hash != request_hash:
        message = "was given with another request"
        raise InputRefused(
            "The key names another request:", [Problem(path="Idempotency-Key", message=message)]
        )
    if before.status is None or before.answer is None:
        raise Conflict(
            "The request with this key is being done.",
            hint="Ask again in a moment. If it stays so, the server died meanwhile: look whether it"
            " was done, then take another key.",
        )
    return _unpacked(before.status, before.answer)


def keep(app: App, key_hash: str, answered: Answered) -> None:
    """Keep what was answered to the request that has the key."""
    head = json.dumps(dict(answered.headers)).encode()
    with app.database.begin() as connection:
        done_requests.end_request(
            connection, key_hash, answered.status, head + b"\n" + answered.body
        )


def release(app: App, key_hash: str) -> None:
    """Give the key back: nothing was done, and the request may come again."""
    with app.database.begin() as connection:
        done_requests.drop_request(connection, key_hash)


def key_of(principal: Principal, key: str) -> str:
    """Return what is kept of a key: whose it is and what it says, as a hash."""
    whose = principal.token_id or principal.user_id or principal.name
    return hashlib.sha256(f"{whose}\n{key}".encode()).hexdigest()


def _unpacked(status: int, answer: bytes) -> Answered:
    head, _, body = answer.partition(b"\n")
    return Answered(status=status, headers=json.loads(head), body=body)
