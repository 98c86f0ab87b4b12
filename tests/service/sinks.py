"""A relay for tests: a real SMTP server that keeps what it took, and fails in the ways relays fail."""

# ruff: noqa: N802  (the server looks its handlers up by these names)

from __future__ import annotations

import ssl
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session


@dataclass
class Taken:
    """One mail as the relay took it."""

    sender: str
    recipient: str
    content: bytes


@dataclass
class Sink:
    """Says how to answer: each of these is asked with the recipient, and None means yes."""

    answer_mail: Callable[[str], str | None] = lambda _: None
    answer_rcpt: Callable[[str], str | None] = lambda _: None
    answer_data: Callable[[str], str | None] = lambda _: None
    drop_at_rcpt: Callable[[str], bool] = lambda _: False
    drop_after_dot: Callable[[str], bool] = lambda _: False
    drop_after_ok: Callable[[str], bool] = lambda _: False
    taken: list[Taken] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    connections: int = 0
    on_content: Callable[[str], None] = lambda _: None

    async def handle_EHLO(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if (said := self.answer_mail(address)) is not None:
            return said
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        self.asked[address] += 1
        if self.drop_at_rcpt(address):
            server.transport.abort()
            return "421 gone"
        if (said := self.answer_rcpt(address)) is not None:
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        recipient = envelope.rcpt_tos[0]
        self.on_content(recipient)
        if (said := self.answer_data(recipient)) is not None:
            return said
        content = envelope.content
        assert isinstance(content, bytes)
        self.taken.append(Taken(envelope.mail_from or "", recipient, content))
        if self.drop_after_dot(recipient):
            server.transport.abort()
        if self.drop_after_ok(recipient):
            server.loop.call_soon(server.transport.abort)  # right after the answer
        return f"250 OK queued as {len(self.taken)}"

    @property
    def recipients(self) -> list[str]:
        return [mail.recipient for mail in self.taken]


class DropsAfterData(SMTP):
    """Asks for the content and goes away."""

    async def smtp_DATA(self, arg: str) -> None:
        await self.push("354 go on")
        self.transport.abort()


class Relay:
    """A sink on a port of its own; `url` is for AUTOPILOT_SMTP_URL."""

    def __init__(
        self,
        sink: Sink,
        *,
        tls: ssl.SSLContext | None = None,
        password: str | None = None,
        server: type[SMTP] = SMTP,
    ) -> None:
        self.sink = sink
        self._password = password

        class _Controller(Controller):
            def factory(self) -> SMTP:
                with warnings.catch_warnings(action="ignore"):  # a password without TLS
                    return server(self.handler, **self.SMTP_kwargs)

            def _trigger_server(self) -> None:
                self.port = self.server.sockets[0].getsockname()[1]
                super()._trigger_server()

        given: dict[str, Any] = {"tls_context": tls} if tls else {}
        if password is not None:
            given |= {
                "authenticator": self._check,
                "auth_required": True,
                "auth_require_tls": tls is not None,
            }
        self._controller = _Controller(
            sink, hostname="127.0.0.1", port=0, enable_SMTPUTF8=True, **given
        )
        self._controller.start()

    @property
    def port(self) -> int:
        return int(self._controller.server.sockets[0].getsockname()[1])

    def url(self, *, tls: str = "none", user: str = "") -> str:
        return f"smtp://{user and user + '@'}127.0.0.1:{self.port}?tls={tls}"

    def stop(self) -> None:
        self._controller.stop()

    def _check(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        return AuthResult(success=data.password == (self._password or "").encode(), handled=False)
