"""One connection to the mail relay: opened as safely as asked, then mail after mail.

The conversation is the standard library's, in blocking calls: a mail is a handful of short turns,
and a loop that is told of each of them costs half as much again (docs/discussions/sending-mail.md).
The content waits until the caller says so: between the relay's 354 and the first octet of it lies
the commit that makes a lost connection a mail of unknown fate instead of a mail sent twice.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator

from autopilot.adapters import smtp_replies
from autopilot.adapters.smtp_replies import Reply, reply_of
from autopilot.domain.letter import Answer, Mail, Verdict
from autopilot.errors import RelayUnusable
from autopilot.settings import Relay, Tls

CONNECT_SECONDS = 30.0
COMMAND_SECONDS = 120.0
CONTENT_SECONDS = 600.0  # RFC 5321, 4.5.3.2.6: less, and mails arrive twice
LAST_WORD_SECONDS = 2.0
_FAULTS = (OSError, smtplib.SMTPException, ValueError)


class SmtpLine:
    """A connection that is open, encrypted and logged in as the relay's address says."""

    def __init__(
        self,
        relay: Relay,
        *,
        name: str,
        sign: Callable[[bytes], bytes] | None = None,
        content_seconds: float = CONTENT_SECONDS,
    ) -> None:
        """`name` is what we call ourselves in EHLO. Raises RelayUnusable."""
        self._relay, self._sign = relay, sign
        self._content_seconds = content_seconds
        self._offered: bytes | None = None
        self._is_between = True
        self._client = _opened(relay, name)
        self._pipelines = self._client.has_extn("pipelining")

    def offer(self, mail: Mail) -> Answer | None:
        """Return why the mail cannot go, or None where the relay waits for its content.

        Raises RelayUnusable where the relay, and not the address, is at fault.
        """
        if (problem := self._unfit(mail)) is not None:
            return problem
        with self._talking():
            if not self._is_between:
                self._ask("RSET")
            self._is_between = False
            answer = self._envelope(mail)
        if answer is None:
            self._offered = _wire(mail.content if self._sign is None else self._sign(mail.content))
        return answer

    def hand_over(self) -> Answer:
        """Send the content of the mail that was offered and return what the relay said.

        LOST where the connection broke after the last octet and before the answer. Before that
        octet the relay cannot have taken it: LATER.
        """
        offered, self._offered = self._offered, None
        if offered is None:
            raise ValueError("no mail was offered")
        sock = self._socket
        sock.settimeout(self._content_seconds)
        if (told := _push(sock, offered)) is not None:
            self.close()
            return Answer(Verdict.LATER, f"the connection broke in the middle of the mail: {told}")
        try:
            reply = self._reply()
        except _FAULTS as error:
            self.close()
            return Answer(Verdict.LOST, f"no answer after the mail was sent: {_told(error)}")
        sock.settimeout(COMMAND_SECONDS)
        self._is_between = True
        return smtp_replies.to_content(reply)

    @property
    def is_open(self) -> bool:
        """Whether another mail may be offered."""
        return self._client.sock is not None

    def close(self) -> None:
        """Say goodbye where that is possible; a mail that was only offered does not leave."""
        client = self._client
        if client.sock is not None and self._offered is None and self._is_between:
            with contextlib.suppress(*_FAULTS):
                client.sock.settimeout(LAST_WORD_SECONDS)
                client.putcmd("QUIT")
                client.getreply()
        client.close()

    def _envelope(self, mail: Mail) -> Answer | None:
        options = " SMTPUTF8 BODY=8BITMIME" if _needs_utf8(mail) else ""
        sender, recipient = f"MAIL FROM:<{mail.sender}>{options}", f"RCPT TO:<{mail.recipient}>"
        if not self._pipelines:
            smtp_replies.to_sender(self._ask(sender), "MAIL")
            return smtp_replies.to_recipient(self._ask(recipient)) or smtp_replies.to_data(
                self._ask("DATA")
            )
        from_, to, data = self._ask_all(sender, recipient, "DATA")
        if data.code == 354 and not (from_.is_good and to.is_good):
            # RFC 2920, 3.1: it takes a content for nobody, so it is given an empty one.
            self._socket.sendall(b".\r\n")
            self._reply()
        smtp_replies.to_sender(from_, "MAIL")
        return smtp_replies.to_recipient(to) or smtp_replies.to_data(data)

    def _unfit(self, mail: Mail) -> Answer | None:
        if _needs_utf8(mail) and not self._client.has_extn("smtputf8"):
            return Answer(
                Verdict.REFUSED, "the relay takes no addresses with such letters (no SMTPUTF8)"
            )
        limit = self._client.esmtp_features.get("size", "")
        if limit.isdigit() and 0 < int(limit) < len(mail.content):
            raise RelayUnusable(
                f"The relay takes mails of up to {limit} octets; this one has {len(mail.content)}.",
                hint="Shorten the issue, or use another relay.",
            )
        return None

    def _ask(self, command: str) -> Reply:
        return self._ask_all(command)[0]

    def _ask_all(self, *commands: str) -> list[Reply]:
        """Send commands in one write (RFC 2920 where there are several) and read their replies."""
        if any(not command.isprintable() for command in commands):
            raise ValueError("a command with a control character")  # an address never has one
        lines = "".join(f"{command}\r\n" for command in commands)
        self._socket.sendall(lines.encode("utf-8"))
        return [self._reply() for _ in commands]

    def _reply(self) -> Reply:
        return reply_of(*self._client.getreply())

    @property
    def _socket(self) -> socket.socket:
        return _socket_of(self._client)

    @contextlib.contextmanager
    def _talking(self) -> Iterator[None]:
        """Turn what breaks before any content left into RelayUnusable."""
        try:
            yield
        except _FAULTS as error:
            self._client.close()
            raise RelayUnusable(
                f"The connection to {self._relay.host} broke: {_told(error)}.",
                hint="It is tried again by itself.",
                passing=True,
            ) from error
        except RelayUnusable:
            self.close()
            raise


def _opened(relay: Relay, name: str) -> smtplib.SMTP:
    place = f"{relay.host}:{relay.port}"
    try:
        client = _connected(relay, name)
    except _FAULTS as error:
        raise RelayUnusable(
            f"The relay {place} cannot be reached: {_told(error)}.",
            hint="Check host, port and tls in AUTOPILOT_SMTP_URL: autopilot doctor",
            passing=not isinstance(error, ssl.SSLError),
        ) from error
    try:
        _greet(client, relay, place)
        _log_in(client, relay, place)
        _socket_of(client).settimeout(COMMAND_SECONDS)
    except BaseException:
        client.close()
        raise
    return client


def _connected(relay: Relay, name: str) -> smtplib.SMTP:
    if relay.tls is Tls.IMPLICIT:
        client: smtplib.SMTP = smtplib.SMTP_SSL(
            relay.host,
            relay.port,
            local_hostname=name,
            timeout=CONNECT_SECONDS,
            context=ssl.create_default_context(),
        )
    else:
        client = smtplib.SMTP(relay.host, relay.port, local_hostname=name, timeout=CONNECT_SECONDS)
    _socket_of(client).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def _socket_of(client: smtplib.SMTP) -> socket.socket:
    if client.sock is None:
        raise smtplib.SMTPServerDisconnected("the connection is closed")
    return client.sock


def _greet(client: smtplib.SMTP, relay: Relay, place: str) -> None:
    """Say EHLO, and go on encrypted or not at all where that is asked."""
    try:
        _expect(reply_of(*client.ehlo()), f"{place} refused EHLO")
        if relay.tls is not Tls.STARTTLS:
            return
        if not client.has_extn("starttls"):
            raise RelayUnusable(
                f"The relay {place} offers no STARTTLS, and encryption is asked for: nothing was sent.",
                hint="Use tls=implicit where it encrypts from the start; tls=none only where you"
                " trust the network: AUTOPILOT_SMTP_URL",
            )
        reply = reply_of(*client.starttls(context=ssl.create_default_context()))
        _expect(reply, f"{place} refused STARTTLS")
        _expect(reply_of(*client.ehlo()), f"{place} refused EHLO")
    except _FAULTS as error:
        raise RelayUnusable(
            f"No conversation with the relay {place}: {_told(error)}.",
            hint="Check AUTOPILOT_SMTP_URL: autopilot doctor",
            passing=not isinstance(error, ssl.SSLError),
        ) from error


def _log_in(client: smtplib.SMTP, relay: Relay, place: str) -> None:
    if relay.user is None:
        return
    password = "" if relay.password is None else relay.password.get_secret_value()
    try:
        client.login(relay.user, password)
    except smtplib.SMTPAuthenticationError as error:
        reply = reply_of(
            error.smtp_code,
            error.smtp_error if isinstance(error.smtp_error, bytes) else error.smtp_error.encode(),
        )
        raise RelayUnusable(
            f"The relay {place} refused the user name or password: {reply}.",
            hint="Check both in AUTOPILOT_SMTP_URL (percent-encode special characters).",
            passing=reply.code < 500,
        ) from None  # the library's own words may quote what was sent
    except _FAULTS as error:
        raise RelayUnusable(
            f"The relay {place} lets nobody log in: {type(error).__name__}.",
            hint="Check AUTOPILOT_SMTP_URL: many relays offer AUTH only after STARTTLS.",
            passing=isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException),
        ) from None


def _expect(reply: Reply, told: str) -> None:
    if not reply.is_good:
        raise RelayUnusable(f"The relay {told}: {reply}.", passing=reply.code < 500)


def _wire(content: bytes) -> bytes:
    """The content as RFC 5321 (4.5.2) wants it: a dot doubled where a line begins with one, then the end."""
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed + (b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n")


def _push(sock: socket.socket, octets: bytes) -> str | None:
    """Send all of it; what went wrong where the last octets were never given to the network."""
    view, sent = memoryview(octets), 0
    try:
        while sent < len(view):
            sent += sock.send(view[sent:])
    except OSError as error:
        return _told(error)
    return None


def _needs_utf8(mail: Mail) -> bool:
    return not (mail.sender.isascii() and mail.recipient.isascii())


def _told(error: BaseException) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error
        return str(reply_of(error.smtp_code, words if isinstance(words, bytes) else words.encode()))
    return str(getattr(error, "strerror", None) or error) or type(error).__name__
