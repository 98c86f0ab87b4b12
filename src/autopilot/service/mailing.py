"""Mailing: one thread, one connection to the relay, mail after mail.

The order is the promise: the relay takes sender and recipient and asks for the content; the row goes
to `sending` in a commit; only then the content leaves; what the relay says of it ends the row.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
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
Ready = tuple[Delivery, Mail]
LONG_TURN_SECONDS = 0.05
MOST_ERRORS = 10  # in a row: then it is the channel, not the addresses
MOST_PUT_OFF = 100  # in a row: greylisting puts off every new address once


class _NoMoreLines(AutopilotError):
    """The relay has given us some connections and refuses another."""


class _Refused(RelayUnusable):
    """A connection that stood broke, or was told off, over one mail."""

    def __init__(self, error: RelayUnusable) -> None:
        super().__init__(error.message, hint=error.hint, passing=error.passing)


@dataclass(slots=True)
class _Turn:
    """What one thread has in hand: its line, and the next mail, made while the relay thought."""

    line: Line | None = None
    ready: Ready | None = None


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
        turn = _Turn()
        try:
            while not self._is_over and (ready := self._next(turn)) is not None:
                self._send(*ready, turn)
        except _NoMoreLines:
            log.info("The relay takes no more connections.", action="deliver")
        except AutopilotError as error:
            log.warning("A sender of mails stopped.", action="deliver", error=str(error))
        except Exception:  # a fault of ours must not take the worker with it
            log.exception("A sender of mails met a fault of Autopilot's own.", action="deliver")
        finally:
            self._end(turn)

    def _next(self, turn: _Turn) -> Ready | None:
        """The mail that was made ready meanwhile, or the next one."""
        ready, turn.ready = turn.ready, None
        if ready is not None and self._bag.is_closed:
            self._bag.give_back(ready[0])  # its channel was paused after it was made ready
            return None
        return ready or self._make_ready()

    def _make_ready(self) -> Ready | None:
        """Take a delivery and make its mail; those that cannot be made are ended here."""
        while not self._is_over and (held := self._bag.take()) is not None:
            try:
                return held, self._copies.mail(held)
            except ChannelUnfit as error:
                self._pause(held, str(error))
            except CopyUnfit as error:
                self._ledger.end(held, held.refuse(str(error), self._app.clock()))
        return None

    def _make_next_ready(self, turn: _Turn) -> None:
        turn.ready = self._make_ready()

    def _send(self, held: Delivery, mail: Mail, turn: _Turn) -> None:
        """Send one mail over the turn's line, or over a new one."""
        if not self._await_turn():
            self._bag.give_back(held)
            return
        began = time.monotonic()
        try:
            answer = self._offer(mail, turn)
        except _NoMoreLines:
            self._bag.give_back(held)
            raise
        except RelayUnusable as error:
            self._blame(held, error)
            return
        if answer is None:
            self._hand_over(held, turn)
        else:
            self._note(held, held, answer)
        if time.monotonic() - began > LONG_TURN_SECONDS:
            self._ledger.flush()  # the next commit of another mail may be long in coming

    def _offer(self, mail: Mail, turn: _Turn) -> Answer | None:
        """Offer a mail; a line that was used before and is gone is replaced once.

        Relays close a line after so many mails, or when it was quiet for too long.
        """
        if turn.line is not None:
            try:
                return turn.line.offer(mail)
            except RelayUnusable as error:
                self._close(turn)
                if not error.passing:
                    raise
        turn.line = self._connect()
        try:
            return turn.line.offer(mail)
        except RelayUnusable as error:
            self._close(turn)
            raise _Refused(error) from error

    def _hand_over(self, held: Delivery, turn: _Turn) -> None:
        """The relay is ready for the content: write that it leaves, then let it leave."""
        line = turn.line
        assert line is not None
        if not self._ledger.begin(held):
            self._close(turn)  # the one way not to send what was offered
            self._note_unwanted(held)
            return
        try:
            answer = line.hand_over(lambda: self._make_next_ready(turn))
        except RelayUnusable as error:
            self._close(turn)
            self._blame(held, _Refused(error), begun=True)
            return
        self._note(held, held.send(), answer)
        if not line.is_open:
            self._close(turn)

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

    def _blame(self, held: Delivery, error: RelayUnusable, *, begun: bool = False) -> None:
        """A line that broke may be this mail's own doing; what does not pass is every mail's."""
        stands = held.send() if begun else held
        if error.passing and isinstance(error, _Refused):
            self._note(held, stands, Answer(Verdict.LATER, error.message), as_error=True)
            return
        self._is_over = True
        self._ledger.end(held, stands.release())
        self._ledger.flush()
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

    def _close(self, turn: _Turn) -> None:
        line, turn.line = turn.line, None
        if line is not None:
            line.close()
            with self._changing:
                self._open_lines -= 1

    def _end(self, turn: _Turn) -> None:
        """Close the line and give back what was only made ready."""
        self._close(turn)
        if turn.ready is not None:
            self._bag.give_back(turn.ready[0])
            turn.ready = None
