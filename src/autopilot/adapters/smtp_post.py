"""The way out for mails: connections to the relay that the settings name, at the pace they allow."""

from __future__ import annotations

from collections.abc import Callable

from autopilot.adapters.mail_pace import MailPace
from autopilot.adapters.smtp_line import CONTENT_SECONDS, SmtpLine
from autopilot.domain.letter import Answer, Letter, Mail, Verdict
from autopilot.errors import AutopilotError, RelayUnusable
from autopilot.settings import Relay


class SmtpPost:
    """One relay. `written` makes a letter into a mail; `name` is what we call ourselves to it."""

    def __init__(
        self,
        relay: Relay,
        *,
        name: str,
        written: Callable[[Letter], Mail],
        sign: Callable[[bytes], bytes] | None = None,
        per_second: float = 0.0,
        content_seconds: float = CONTENT_SECONDS,
    ) -> None:
        self._relay, self._name = relay, name
        self._written, self._sign = written, sign
        self._pace = MailPace(per_second)
        self._content_seconds = content_seconds

    def send(self, letter: Letter) -> Answer:
        """Send one letter over a connection of its own and return what the relay said."""
        try:
            mail = self._written(letter)
            line = self.connect()
        except RelayUnusable as error:
            return Answer(Verdict.LATER, str(error))
        except (AutopilotError, ValueError) as error:
            return Answer(Verdict.REFUSED, str(error))
        self.await_turn(lambda: False)
        try:
            answer = line.offer(mail)
            return line.hand_over() if answer is None else answer
        except RelayUnusable as error:
            return Answer(Verdict.LATER, str(error))
        finally:
            line.close()

    def connect(self) -> SmtpLine:
        """Return a new connection; raises RelayUnusable."""
        return SmtpLine(
            self._relay,
            name=self._name,
            sign=self._sign,
            content_seconds=self._content_seconds,
        )

    def await_turn(self, stopping: Callable[[], bool]) -> bool:
        """Wait until one more mail may leave; False when it stopped before."""
        return self._pace.await_turn(stopping)
