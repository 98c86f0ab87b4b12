"""Mailing: one thread, one connection to the relay, mail after mail.

The order is the promise: the relay takes sender and recipient and asks for the content; the row goes
to `sending` in a commit; only then the content leaves; what the relay says of it ends the row.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection
from uuid import UUID

import structlog

from autopilot.domain.delivery import Delivery
from autopilot.domain.letter import Answer, Mail, Verdict
from autopilot.errors import AutopilotError, RelayUnusable
from autopilot.service.bag import Bag
from autopilot.service.channel_faults import pause_channel, pause_mail, recover_channel
from autopilot.service.context import App, Line, Post
from autopilot.service.ledger import Ledger
from autopilot.service.mail_copies import ChannelUnfit, Copies, CopyUnfit
from autopilot.store import postbag
from autopilot.store.deliveries import EMAIL

log = structlog.get_logger(__name__)
MOST_ERRORS = 10  # in a row: then it is the channel, not the addresses
MOST_PUT_OFF = 100  # in a row: greylisting puts off every new address once


class _NoMoreLines(AutopilotError):
    """The relay has given us some connections and refuses another."""


class _Refused(RelayUnusable):
    """A connection that stood broke, or was told off, over one mail."""

    def __init__(self, error: RelayUnusable) -> None:
        super().__init__(error.message, hint=error.hint, passing=error.passing)


class Mailing:
    """What the mail threads of one sender share: the bag, the ledger, and how the relay fares."""

    def __init__(
        self,
        app: App,
        post: Post,
        *,
        bag: Bag,
        ledger: Ledger,
        stopping: Callable[[], bool],
        troubled: Collection[UUID] = (),
    ) -> None:
        """`troubled` are the specifications whose mails could not leave the last time."""
        self._app, self._post, self._bag, self._ledger = app, post, bag, ledger
        self._stopping = stopping
        self._copies = Copies(app)
        self._changing = threading.Lock()
        self._troubled = set(troubled)
        self._errors: Counter[tuple[UUID, Verdict]] = Counter()
        self._open_lines = 0
        self._is_over = False

    def run(self) -> None:
        """Send until nothing is due; what breaks is recorded, never raised."""
        line: Line | None = None
        try:
            while not self._is_over and (held := self._bag.take()) is not None:
                line = self._send(held, line)
        except _NoMoreLines:
            log.info("The relay takes no more connections.", action="deliver")
        except AutopilotError as error:
            log.warning("A sender of mails stopped.", action="deliver", error=str(error))
        except Exception:  # a fault of ours must not take the worker with it
            log.exception("A sender of mails met a fault of Autopilot's own.")
        finally:
            self._close(line)

    def _send(self, held: Delivery, line: Line | None) -> Line | None:
        """Send one mail, over this line or a new one; return the line to go on with."""
        try:
            mail = self._copies.mail(held)
        except ChannelUnfit as error:
            self._pause(held, str(error))
            return line
        except CopyUnfit as error:
            self._ledger.end(held, held.refuse(str(error), self._app.clock()))
            return line
        if not self._await_turn():
            self._bag.give_back(held)
            return line
        try:
            line, answer = self._offer(mail, line)
        except _NoMoreLines:
            self._bag.give_back(held)
            raise
        except RelayUnusable as error:
            self._blame(held, error)
            return None
        if answer is None:
            return self._hand_over(held, line)
        self._note(held, held, answer)
        return line

    def _offer(self, mail: Mail, line: Line | None) -> tuple[Line, Answer | None]:
        """Offer a mail; a line that was used before and is gone is replaced once.

        Relays close a line after so many mails, or when it was quiet for too long.
        """
        if line is not None:
            try:
                return line, line.offer(mail)
            except RelayUnusable as error:
                self._close(line)
                if not error.passing:
                    raise
        fresh = self._connect()
        try:
            return fresh, fresh.offer(mail)
        except RelayUnusable as error:
            self._close(fresh)
            raise _Refused(error) from error

    def _hand_over(self, held: Delivery, line: Line) -> Line | None:
        """The relay waits for the content: write that it leaves, then let it leave."""
        try:
            may_leave = self._ledger.begin(held)
        except BaseException:
            self._close(line)  # the one way not to send what was offered
            raise
        if not may_leave:
            self._close(line)
            self._note_unwanted(held)
            return None
        self._note(held, held.send(), line.hand_over())
        if line.is_open:
            return line
        self._close(line)
        return None

    def _note(
        self, held: Delivery, stands: Delivery, answer: Answer, *, as_error: bool = False
    ) -> None:
        """Write what the relay said, and pause the channel where it says so over and over."""
        now = self._app.clock()
        match answer.verdict:
            case Verdict.ACCEPTED:
                ended = stands.accept(answer.words, now)
            case Verdict.REFUSED:
                ended = stands.refuse(answer.words, now)
            case Verdict.LATER:
                ended = stands.put_off(answer.words, now, wait_seconds=answer.wait_seconds)
            case Verdict.LOST:
                ended = stands.lose(answer.words, now)
        self._ledger.end(held, ended)
        if answer.verdict is Verdict.ACCEPTED:
            self._note_success(held.specification_id)
        else:
            is_later = answer.verdict is Verdict.LATER and not as_error
            self._note_error(held, answer, is_later=is_later)

    def _note_success(self, specification_id: UUID) -> None:
        if not self._errors and not self._troubled:
            return
        with self._changing:
            for verdict in Verdict:
                self._errors.pop((specification_id, verdict), None)
            was_troubled = specification_id in self._troubled
            self._troubled.discard(specification_id)
        if was_troubled:
            recover_channel(self._app, specification_id, EMAIL)

    def _note_error(self, held: Delivery, answer: Answer, *, is_later: bool) -> None:
        kind = Verdict.LATER if is_later else Verdict.REFUSED
        most = MOST_PUT_OFF if is_later else MOST_ERRORS
        with self._changing:
            self._errors[held.specification_id, kind] += 1
            in_a_row = self._errors[held.specification_id, kind]
            if in_a_row >= most:
                self._errors.pop((held.specification_id, kind))
        if in_a_row >= most:
            told = f"{in_a_row} mails in a row were not taken; the last: {answer.words}"
            self._pause(
                None, told, of=held.specification_id, passing=answer.verdict is Verdict.LATER
            )

    def _note_unwanted(self, held: Delivery) -> None:
        with self._app.database.read() as connection:
            reason = postbag.reasons_against(connection, [held]).get(held.id)
        if reason is not None:
            self._ledger.end(held, held.suppress(reason, self._app.clock()))

    def _blame(self, held: Delivery, error: RelayUnusable) -> None:
        """A line that broke may be this mail's own doing; what does not pass is every mail's."""
        if error.passing and isinstance(error, _Refused):
            self._note(held, held, Answer(Verdict.LATER, error.message), as_error=True)
            return
        self._is_over = True
        self._bag.give_back(held)
        self._bag.close()
        told = f"{error.message} {error.hint or ''}".strip()
        pause_mail(self._app, told, passing=error.passing)

    def _pause(
        self, held: Delivery | None, reason: str, *, of: UUID | None = None, passing: bool = False
    ) -> None:
        specification_id = of if held is None else held.specification_id
        assert specification_id is not None
        if held is not None:
            self._bag.give_back(held)
        self._bag.drop(specification_id, EMAIL)
        with self._changing:
            self._troubled.add(specification_id)
        pause_channel(self._app, specification_id, EMAIL, reason, passing=passing)

    def _await_turn(self) -> bool:
        if self._app.settings.mail_rate:
            self._ledger.flush()  # the turn may be long in coming
        return self._post.await_turn(self._stopping)

    def _connect(self) -> Line:
        try:
            line = self._post.connect()
        except RelayUnusable as error:
            if error.passing and self._open_lines:
                raise _NoMoreLines(error.message) from error
            raise
        with self._changing:
            self._open_lines += 1
        return line

    def _close(self, line: Line | None) -> None:
        if line is not None:
            line.close()
            with self._changing:
                self._open_lines -= 1
