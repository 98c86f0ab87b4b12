"""The ledger: what senders write, many of them in one commit, and nobody waits longer than for that.

Whoever comes while another commits is written by the next commit, together with all who came too
(a group commit). With one connection that is one commit a mail: the end of the last one and the
beginning of the next. With several it is fewer commits than mails.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from uuid import UUID

import structlog

from autopilot.domain.delivery import Delivery, DeliveryStatus
from autopilot.errors import AutopilotError
from autopilot.service.context import App
from autopilot.store import leaving

log = structlog.get_logger(__name__)


class _Begun:
    """A delivery that is about to leave; `moved` is None until it was committed or refused."""

    def __init__(self, held: Delivery) -> None:
        self.held = held
        self.moved: bool | None = None
        self.error: AutopilotError | None = None


class Ledger:
    """Begins and ends of deliveries, for all threads of one sender."""

    def __init__(self, app: App) -> None:
        self._kept = app.database.keep()
        self._writing, self._queueing = threading.Lock(), threading.Lock()
        self._begun: list[_Begun] = []
        self._ended: list[tuple[Delivery, Delivery]] = []
        self._counts: Counter[DeliveryStatus] = Counter()
        self._issues: set[UUID] = set()

    @property
    def counts(self) -> Mapping[DeliveryStatus, int]:
        """How many deliveries ended how."""
        return self._counts

    def begin(self, held: Delivery) -> bool:
        """Write that its content leaves now, and return once that is committed.

        False where it must not leave: the lease was lost, or the reader wants it no longer. Raises
        StoreUnavailable; then it must not leave either.
        """
        ticket = _Begun(held)
        with self._queueing:
            self._begun.append(ticket)
        with self._writing:
            if ticket.moved is None and ticket.error is None:
                self._commit()
        if ticket.error is not None:
            raise ticket.error
        return bool(ticket.moved)

    def end(self, held: Delivery, ended: Delivery) -> None:
        """Note what became of it; written with the next commit."""
        with self._queueing:
            self._ended.append((held, ended))

    def flush(self) -> None:
        """Write what is noted."""
        with self._writing:
            if self._ended:
                self._commit()

    def close(self) -> None:
        """Write what is noted and give the connection back."""
        try:
            self.flush()
        finally:
            with self._writing:
                self._kept.close()

    def take_issues(self) -> set[UUID]:
        """Return the issues of deliveries that ended since it was last asked."""
        with self._queueing:
            taken, self._issues = self._issues, set()
        return taken

    def _commit(self) -> None:
        with self._queueing:
            begun, self._begun = self._begun, []
            ended, self._ended = self._ended, []
        try:
            moved = self._write(begun, ended)
        except AutopilotError as error:
            self._put_back(begun, ended, error)
            return
        for ticket in begun:
            ticket.moved = ticket.held.id in moved
        for _, after in ended:
            if after.has_ended:
                self._counts[after.status] += 1
                self._issues.add(after.issue_id)

    def _write(
        self, begun: list[_Begun], ended: list[tuple[Delivery, Delivery]]
    ) -> frozenset[UUID]:
        with self._kept.begin() as connection:
            lost, moved = leaving.write(
                connection, ended=ended, begun=[ticket.held for ticket in begun]
            )
        for after in lost:
            log.warning(
                "A delivery's lease was lost before its end could be written.",
                action="deliver",
                delivery_id=str(after.id),
                ended=after.status.value,
            )
        return frozenset(moved)

    def _put_back(
        self, begun: list[_Begun], ended: list[tuple[Delivery, Delivery]], error: AutopilotError
    ) -> None:
        """The commit failed, or its answer was lost: what did not leave is given back, later."""
        for ticket in begun:
            ticket.error = error
        given_back = [(ticket.held, ticket.held.release()) for ticket in begun]
        with self._queueing:
            self._ended = ended + given_back + self._ended
