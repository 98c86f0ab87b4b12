"""A delivery: one issue to one address over one channel, once.

The row is the ledger. It goes to `sending` in a commit of its own just before the content leaves,
so that whatever dies afterwards leaves a row that says so.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from autopilot.errors import Conflict

MAX_TRIES = 8
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=4)
RETRY_SPREAD = 0.2


class DeliveryStatus(StrEnum):
    """Where a delivery stands.

    pending: to be sent. sending: its content is leaving. sent: the other side took it. failed: it
    said no for good, or too often. suppressed: the address wants no mail. unknown: the connection
    was lost after the content left and before the answer; only a person may send it again.
    """

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"


_S = DeliveryStatus
MOVES: dict[DeliveryStatus, frozenset[DeliveryStatus]] = {
    _S.PENDING: frozenset({_S.PENDING, _S.SENDING, _S.FAILED, _S.SUPPRESSED}),
    _S.SENDING: frozenset({_S.PENDING, _S.SENT, _S.FAILED, _S.UNKNOWN}),
    _S.SENT: frozenset(),
    _S.FAILED: frozenset({_S.PENDING}),
    _S.SUPPRESSED: frozenset(),
    _S.UNKNOWN: frozenset({_S.PENDING, _S.SENT}),
}
ENDS = frozenset({_S.SENT, _S.FAILED, _S.SUPPRESSED, _S.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One row of `deliveries`.

    `channel` is the channel's key ("email", "webhook:https://..."), `address` the mail address or
    the channel's place. `due_at` is the earliest time it may leave. While a worker has it,
    `owner_token` and `lease_until` are set; `epoch` grows with every claim. `failures` counts the
    answers that said "later".
    """

    id: UUID
    workspace_id: UUID
    specification_id: UUID
    issue_id: UUID
    channel: str
    address: str
    name: str
    status: DeliveryStatus
    due_at: datetime
    created_at: datetime
    owner_token: UUID | None = None
    lease_until: datetime | None = None
    epoch: int = 0
    failures: int = 0
    reason: str | None = None
    response: str | None = None
    ended_at: datetime | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.status in ENDS

    def claim(self, owner_token: UUID, until: datetime) -> Delivery:
        """Return it as one worker's until the lease ends; nothing has left yet."""
        return self._to(
            _S.PENDING, owner_token=owner_token, lease_until=until, epoch=self.epoch + 1
        )

    def send(self) -> Delivery:
        """Its content is about to leave."""
        return self._to(_S.SENDING)

    def accept(self, response: str, now: datetime) -> Delivery:
        """The other side took it."""
        return self._end(_S.SENT, None, now, response)

    def refuse(self, reason: str, now: datetime) -> Delivery:
        """The other side said no for good."""
        return self._end(_S.FAILED, reason, now)

    def suppress(self, reason: str, now: datetime) -> Delivery:
        """The address wants no mail (any more)."""
        return self._end(_S.SUPPRESSED, reason, now)

    def lose(self, reason: str, now: datetime) -> Delivery:
        """Nobody knows whether it arrived."""
        return self._end(_S.UNKNOWN, reason, now)

    def put_off(self, reason: str, now: datetime, *, wait_seconds: int | None = None) -> Delivery:
        """The other side said "later": try again after a pause, or give up after the last try.

        Pauses double from one minute to four hours, each up to a fifth shorter or longer, and are
        never shorter than what the other side asked for (`wait_seconds`).
        """
        failures = self.failures + 1
        if failures >= MAX_TRIES:
            return self.refuse(f"{reason} (tried {failures} times)", now)
        pause = min(FIRST_RETRY * 2**self.failures, LONGEST_RETRY)
        spread = random.Random(f"{self.id}:{failures}").uniform(-1, 1)  # noqa: S311
        return self._to(
            _S.PENDING,
            owner_token=None,
            lease_until=None,
            failures=failures,
            reason=reason,
            due_at=now
            + max(pause * (1 + RETRY_SPREAD * spread), timedelta(seconds=wait_seconds or 0)),
        )

    def release(self, due_at: datetime | None = None) -> Delivery:
        """Give it back untouched, to be sent at once or then."""
        return self._to(
            _S.PENDING, owner_token=None, lease_until=None, due_at=due_at or self.due_at
        )

    def resend(self, now: datetime) -> Delivery:
        """A person wants it tried again: the same mail with the same Message-ID."""
        if self.status not in (_S.FAILED, _S.UNKNOWN):
            raise Conflict(
                f"Delivery {self.id} is {self.status}; only a failed or unknown one can be retried."
            )
        return self._to(_S.PENDING, due_at=now, failures=0, reason=None, ended_at=None)

    def _end(
        self, status: DeliveryStatus, reason: str | None, now: datetime, response: str | None = None
    ) -> Delivery:
        return self._to(
            status,
            reason=reason,
            response=response,
            ended_at=now,
            owner_token=None,
            lease_until=None,
        )

    def _to(self, status: DeliveryStatus, **changes: object) -> Delivery:
        if status not in MOVES[self.status]:
            raise Conflict(f"Delivery {self.id} is {self.status}; it cannot become {status}.")
        return replace(self, status=status, **changes)  # type: ignore[arg-type]
