"""Passwords: hashed with Argon2id (RFC 9106), checked in the same time whether they exist or not."""

from __future__ import annotations

from functools import cache
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from autopilot.errors import InputRefused, Problem

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 12, 200
_turns = BoundedSemaphore(2)  # each takes 19 MiB while it lasts; forty at once would not fit


def hash_password(password: str) -> str:
    """Return what is kept of a password; raises InputRefused for a short or very long one."""
    if not SHORTEST <= len(password) <= LONGEST:
        message = f"must have {SHORTEST} to {LONGEST} characters"
        raise InputRefused(
            "The password cannot be used:", [Problem(path="password", message=message)]
        )
    with _turns:
        return _hasher().hash(password)


def is_password(password: str, kept: str | None) -> bool:
    """Whether this is the password; nobody's password takes as long as a wrong one."""
    from argon2.exceptions import InvalidHashError, VerificationError

    if len(password) > LONGEST:
        return False
    try:
        with _turns:
            _hasher().verify(kept or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # late: takes 10 ms, and most processes check none

    # OWASP's second choice for Argon2id: the 64 MiB of RFC 9106 would be felt on the smallest box.
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@cache
def _nobodys() -> str:
    return _hasher().hash("nobody has this password")
