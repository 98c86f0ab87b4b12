"""The bag: deliveries one sender has claimed, taken out one by one by its threads, leases kept alive."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from autopilot.domain.delivery import Delivery
from autopilot.service.context import App
from autopilot.service.sending_guard import note_sending
from autopilot.store import postbag

MOST = 250
LEASES_AHEAD = 3  # a claim holds no more than a third of a lease's worth of mails


class Bag:
    """Claims mails, or other deliveries, when it is empty and there are any that are due.

    `may_begin` says whether anything new may begin; what was claimed and not begun is given back.
    """

    def __init__(self, app: App, *, mail: bool, may_begin: Callable[[], bool]) -> None:
        self._app, self._mail, self._may_begin = app, mail, may_begin
        self._taking, self._held = threading.Lock(), deque[Delivery]()
        self._owner = uuid4()
        self._most = MOST if not mail else _fitting(app)
        self._is_closed = False

    @property
    def is_closed(self) -> bool:
        """Whether nothing more is to begin."""
        return self._is_closed

    def fill(self) -> int:
        """Claim what is due if the bag is empty, and return how many it holds."""
        with self._taking:
            if not self._held and not self._is_closed and self._may_begin():
                self._held.extend(self._claim())
            return len(self._held)

    def take(self) -> Delivery | None:
        """Return one, or None where nothing is due or nothing new may begin."""
        if not self._may_begin() or not self.fill():
            return None
        with self._taking:
            return self._held.popleft() if self._held else None

    def drop(self, specification_id: UUID, channel: str) -> Sequence[Delivery]:
        """Take out all of a channel and return them: it is paused."""
        with self._taking:
            gone = [each for each in self._held if _of(each, specification_id, channel)]
            self._held = deque(
                each for each in self._held if not _of(each, specification_id, channel)
            )
        self._release(gone)
        return gone

    def close(self) -> None:
        """Claim nothing any more and give back what has not been begun."""
        with self._taking:
            self._is_closed = True
            left, self._held = list(self._held), deque()
        self._release(left)

    def give_back(self, held: Delivery) -> None:
        """Give back one that was taken and not begun."""
        self._release([held])

    def renew(self) -> None:
        """Keep the leases of all that is held, in the bag or under way."""
        until = self._until(self._app.clock())
        with self._app.database.begin() as connection:
            postbag.renew(connection, self._owner, until)

    def specifications(self) -> Collection[UUID]:
        """Return the specifications whose deliveries are in the bag."""
        with self._taking:
            return {each.specification_id for each in self._held}

    def _claim(self) -> Sequence[Delivery]:
        now = self._app.clock()
        with self._app.database.begin() as connection:
            claimed = postbag.claim_due(
                connection,
                now,
                owner=self._owner,
                until=self._until(now),
                most=self._most,
                mail=self._mail,
            )
        if claimed and not note_sending(self._app):
            self._release(claimed)
            return ()
        return claimed

    def _release(self, held: Sequence[Delivery]) -> None:
        if held:
            with self._app.database.begin() as connection:
                postbag.release(connection, self._owner, held)

    def _until(self, now: datetime) -> datetime:
        return now + self._app.settings.lease


def _fitting(app: App) -> int:
    """How many mails may be claimed at once: what the pace lets leave while the lease is good."""
    rate = app.settings.mail_rate
    if not rate:
        return MOST
    return max(1, min(MOST, int(rate * app.settings.lease.total_seconds() / LEASES_AHEAD)))


def _of(held: Delivery, specification_id: UUID, channel: str) -> bool:
    return held.specification_id == specification_id and held.channel == channel
