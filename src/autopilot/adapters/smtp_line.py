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
LONGEST_LINE_OCTETS, MOST_LINES = 4_096, 100
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
        self._unread = b""

    def offer(self, mail: Mail) -> Answer | None:
        """Return why the mail cannot go, or None where the relay takes mail for this address.

        It has been asked to take the content then, and its answer to that is read by `hand_over`:
        what is to be written down first is written meanwhile. Raises RelayUnusable where the relay,
        and not the address, is at fault.
        """
        if (problem := self._unfit(mail)) is not None:
            return problem
        content = mail.content if self._sign is None else self._sign(mail.content)
        with self._talking():
            if not self._is_between:
                self._ask("RSET")
            self._is_between = False
            answer = self._envelope(mail)
        if answer is None:
            self._offered = _wire(content)
        return answer

    def hand_over(self, meanwhile: Callable[[], None] | None = None) -> Answer:
        """Send the content of the mail that was offered and return what the relay said.

        LOST where the connection broke after the last octet and before the answer. Before that
        octet the relay cannot have taken it: LATER. `meanwhile` is called while it makes up its mind.
        Raises RelayUnusable where it wants no content, for a reason that is every mail's.
        """
        offered, self._offered = self._offered, None
        if offered is None:
            raise ValueError("no mail was offered")
        with self._talking():
            refused = smtp_replies.to_data(self._reply())
        if refused is not None:
            return refused
        self._socket.settimeout(self._content_seconds)
        if (told := _push(self._socket, offered)) is not None:
            self._drop()
            return Answer(Verdict.LATER, f"the connection broke in the middle of the mail: {told}")
        if meanwhile is not None:
            meanwhile()
        try:
            reply = self._reply()
        except _FAULTS as error:
            self._drop()
            return Answer(Verdict.LOST, f"no answer after the mail was sent: {_told(error)}")
        self._is_between = True
        return smtp_replies.to_content(reply)

    @property
    def is_open(self) -> bool:
        """Whether another mail may be offered."""
        return self._client.sock is not None

    def close(self) -> None:
        """Say goodbye where that is possible; a mail that was only offered does not leave."""
        if self._client.sock is not None and self._is_between:
            with contextlib.suppress(*_FAULTS):
                self._socket.settimeout(LAST_WORD_SECONDS)
                self._ask("QUIT")
        self._drop()

    def _drop(self) -> None:
        self._offered = None
        self._client.close()

    def _envelope(self, mail: Mail) -> Answer | None:
        """Name both ends of a mail and ask for the word to go on; the answer to DATA is not read."""
        options = " SMTPUTF8 BODY=8BITMIME" if _needs_utf8(mail) else ""
        sender, recipient = f"MAIL FROM:<{mail.sender}>{options}", f"RCPT TO:<{mail.recipient}>"
        self._socket.settimeout(COMMAND_SECONDS)
        if self._pipelines:
            self._say(sender, recipient, "DATA")
            from_, to = self._reply(), self._reply()
            if not (from_.is_good and to.is_good):
                self._end_data()
        else:
            from_ = self._ask(sender)
            smtp_replies.to_sender(from_, "MAIL")
            to = self._ask(recipient)
        smtp_replies.to_sender(from_, "MAIL")
        answer = smtp_replies.to_recipient(to)
        if answer is None and not self._pipelines:
            self._say("DATA")
        return answer

    def _end_data(self) -> None:
        """RFC 2920, 3.1: a relay may take a content for nobody; then it is given an empty one."""
        if self._reply().code == smtp_replies.GO_ON:
            self._socket.sendall(b".\r\n")
            self._reply()

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
        self._say(command)
        return self._reply()

    def _say(self, *commands: str) -> None:
        """Send commands in one write (RFC 2920 where there are several)."""
        lines = "\r\n".join((*commands, ""))
        if not all(map(str.isprintable, commands)):
            raise ValueError("a command with a control character")  # an address never has one
        self._socket.sendall(lines.encode("utf-8"))

    def _reply(self) -> Reply:
        """The next reply, of one line or several."""
        lines: list[bytes] = []
        while True:
            line = self._line()
            if not line[:3].isdigit():
                raise smtplib.SMTPServerDisconnected(f"an answer that is none: {line[:40]!r}")
            lines.append(line[4:])
            if line[3:4] != b"-":
                return reply_of(int(line[:3]), b" ".join(lines))
            if len(lines) > MOST_LINES:
                raise smtplib.SMTPServerDisconnected("an answer without an end")

    def _line(self) -> bytes:
        while b"\n" not in self._unread:
            if len(self._unread) > LONGEST_LINE_OCTETS:
                raise smtplib.SMTPServerDisconnected("an answer without an end")
            more = self._socket.recv(4_096)
            if not more:
                raise smtplib.SMTPServerDisconnected("the connection was closed")
            self._unread += more
        line, _, self._unread = self._unread.partition(b"\n")
        return line.rstrip(b"\r")

    @property
    def _socket(self) -> socket.socket:
        return _socket_of(self._client)

    @contextlib.contextmanager
    def _talking(self) -> Iterator[None]:
        """Turn what breaks before any content left into RelayUnusable."""
        try:
            yield
        except _FAULTS as error:
            self._drop()
            raise RelayUnusable(
                f"The connection to {self._relay.host} broke: {_told(error)}.",
                hint="It is tried again by itself.",
                passing=True,
            ) from error
        except RelayUnusable:
            self._drop()
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
