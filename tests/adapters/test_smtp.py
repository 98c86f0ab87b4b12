"""The line to the relay: encrypted as asked, in step, and honest about what cannot be known."""

# ruff: noqa: N802  (the server looks its handlers up by these names)

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from service.sinks import Relay, Sink

from autopilot.adapters.dkim_signing import dkim_signer
from autopilot.adapters.mail_pace import MailPace
from autopilot.adapters.smtp_line import SmtpLine
from autopilot.domain.letter import Answer, Mail, Verdict
from autopilot.errors import RelayUnusable, SettingsInvalid
from autopilot.settings.values import relay_of

CONTENT = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: S\r\n\r\n.\r\n..two\r\nend\r\n"


def mail(recipient: str = "b@example.org", content: bytes = CONTENT) -> Mail:
    return Mail(sender="a@example.org", recipient=recipient, content=content)


_lines: list[SmtpLine] = []


def line_to(url: str, **more: Any) -> SmtpLine:
    _lines.append(SmtpLine(relay_of(url), name="example.org", **more))
    return _lines[-1]


@pytest.fixture(autouse=True)
def hung_up() -> Iterator[None]:
    """No line stays open after a test."""
    yield
    while _lines:
        _lines.pop().close()


def send(line: SmtpLine, one: Mail) -> Answer:
    answer = line.offer(one)
    return line.hand_over() if answer is None else answer


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def relay(sink: Sink) -> Iterator[Relay]:
    started = Relay(sink)
    yield started
    started.stop()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "relay.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_mails_go_one_after_the_other_with_their_dots(relay: Relay, sink: Sink) -> None:
    line = line_to(relay.url())
    assert send(line, mail()).verdict is Verdict.ACCEPTED
    assert send(line, mail("c@example.org")).verdict is Verdict.ACCEPTED
    line.close()
    assert sink.recipients == ["b@example.org", "c@example.org"]
    assert sink.taken[0].content == CONTENT
    assert sink.connections == 1


def test_a_refused_address_leaves_the_line_open(relay: Relay, sink: Sink) -> None:
    sink.answer_rcpt = lambda address: "550 5.1.1 unknown" if address == "b@example.org" else None
    line = line_to(relay.url())
    assert send(line, mail()) == Answer(Verdict.REFUSED, "550 5.1.1 unknown")
    assert send(line, mail("c@example.org")).verdict is Verdict.ACCEPTED
    assert sink.connections == 1


def test_a_mail_that_was_only_offered_does_not_leave(relay: Relay, sink: Sink) -> None:
    line = line_to(relay.url())
    assert line.offer(mail()) is None
    line.close()
    assert not line.is_open
    assert sink.taken == []


class Pipelining(SMTP):
    """Says that it takes several commands at once, and counts how they come."""

    async def smtp_DATA(self, arg: str) -> None:
        if not (self.envelope and self.envelope.rcpt_tos) and arg is not None:
            await self.push("354 for nobody")  # as RFC 2920 lets it
            await self._reader.readuntil(b".\r\n")
            await self.push("554 no valid recipients")
            return
        await super().smtp_DATA(arg)


class PipeliningSink(Sink):
    """A sink that offers it."""

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        await super().handle_EHLO(server, session, envelope, hostname, responses)
        return [*responses[:-1], "250-PIPELINING", responses[-1]]


def test_a_relay_that_takes_commands_at_once_is_given_them() -> None:
    sink = PipeliningSink()
    sink.answer_rcpt = lambda address: "550 no" if address == "b@example.org" else None
    relay = Relay(sink, server=Pipelining)
    try:
        line = line_to(relay.url())
        assert line._pipelines
        assert send(line, mail()) == Answer(Verdict.REFUSED, "550 no")
        assert send(line, mail("c@example.org")).verdict is Verdict.ACCEPTED
        assert send(line, mail("d@example.org")).verdict is Verdict.ACCEPTED
        line.close()
    finally:
        relay.stop()
    assert sink.recipients == ["c@example.org", "d@example.org"]


def test_a_trusted_certificate_lets_mail_through(
    sink: Sink, tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    relay = Relay(sink, tls=tls)
    try:
        line = line_to(relay.url(tls="starttls"))
        assert send(line, mail()).verdict is Verdict.ACCEPTED
        line.close()
    finally:
        relay.stop()


def test_a_certificate_nobody_vouches_for_gets_nothing(sink: Sink, tls: ssl.SSLContext) -> None:
    relay = Relay(sink, tls=tls)
    try:
        with pytest.raises(RelayUnusable, match="certificate verify failed"):
            line_to(relay.url(tls="starttls"))
        with pytest.raises(RelayUnusable):
            line_to(relay.url(tls="implicit"))
    finally:
        relay.stop()
    assert sink.taken == []


def test_a_relay_without_starttls_gets_no_password(sink: Sink) -> None:
    seen: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        connection.sendall(b"220 hello\r\n")
        while data := connection.recv(4_096):
            seen.append(data)
            connection.sendall(b"250-hello\r\n250 AUTH PLAIN LOGIN\r\n")

    with Spoken(answer) as port, pytest.raises(RelayUnusable, match="offers no STARTTLS"):
        line_to(f"smtp://user:s3cret@127.0.0.1:{port}?tls=starttls")
    assert all(b"AUTH" not in data for data in seen)


class Spoken:
    """A server of a few lines on a port of its own."""

    def __init__(self, answer: Callable[[socket.socket], None]) -> None:
        self._answer = answer
        self._server = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> int:
        threading.Thread(target=self._run, daemon=True).start()
        port: int = self._server.getsockname()[1]
        return port

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def _run(self) -> None:
        connection, _ = self._server.accept()
        with connection:
            try:
                self._answer(connection)
            except OSError:
                return


def talk(*answers: bytes) -> Callable[[socket.socket], None]:
    """Greets, says EHLO, then gives these answers to what comes, and goes away."""

    def answer(connection: socket.socket) -> None:
        for words in (b"220 hello\r\n", b"250 hello\r\n", *answers):
            connection.sendall(words)
            if not connection.recv(65_536):
                return

    return answer


STRANGE = {
    "no answer at all": (b"250 ok\r\n",),
    "garbage": (b"250 ok\r\n", b"\x00\xff garbage\r\n"),
    "an answer without an end": (b"250 ok\r\n", b"250-more\r\n" * 2_000),
    "a line without an end": (b"250 ok\r\n", b"2" * 100_000),
    "421 in the middle": (b"250 ok\r\n", b"421 4.3.2 closing\r\n"),
}


@pytest.mark.parametrize("answers", STRANGE.values(), ids=list(STRANGE))
def test_a_relay_that_talks_strangely_is_left(answers: tuple[bytes, ...]) -> None:
    with Spoken(talk(*answers)) as port:
        line = line_to(f"smtp://127.0.0.1:{port}?tls=none")
        with pytest.raises(RelayUnusable) as told:
            send(line, mail())
        assert told.value.passing
        assert not line.is_open


def test_what_the_relay_says_is_kept_in_one_line_without_control_characters() -> None:
    words = b"550-5.1.1 \x1b[31mno\r\n550 such\tuser\r\n"
    with Spoken(talk(b"250 ok\r\n", words)) as port:
        line = line_to(f"smtp://127.0.0.1:{port}?tls=none")
        assert send(line, mail()) == Answer(Verdict.REFUSED, "550 5.1.1 [31mno such user")


def test_an_answer_that_never_comes_after_the_content_is_lost() -> None:
    with Spoken(talk(b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n")) as port:
        line = line_to(f"smtp://127.0.0.1:{port}?tls=none", content_seconds=0.2)
        assert send(line, mail()).verdict is Verdict.LOST


def test_a_connection_that_breaks_in_the_middle_of_a_mail_has_sent_nothing() -> None:
    def answer(connection: socket.socket) -> None:
        for words in (b"220 hello\r\n", b"250 hello\r\n", b"250 ok\r\n", b"250 ok\r\n"):
            connection.sendall(words)
            connection.recv(4_096)
        connection.sendall(b"354 go on\r\n")
        connection.recv(1_000)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    huge = mail(content=CONTENT + b"x" * 70 * 500_000 + b"\r\n")
    with Spoken(answer) as port:
        line = line_to(f"smtp://127.0.0.1:{port}?tls=none")
        answered = send(line, huge)
    assert answered.verdict is Verdict.LATER
    assert "middle of the mail" in answered.words


def test_a_mail_larger_than_the_relay_takes_is_not_offered(sink: Sink) -> None:
    with Spoken(talk(b"250 ok\r\n")) as port:
        line = line_to(f"smtp://127.0.0.1:{port}?tls=none")
        line._client.esmtp_features["size"] = "100"
        with pytest.raises(RelayUnusable, match="up to 100 octets"):
            line.offer(mail(content=CONTENT * 9))


def test_letters_of_other_alphabets_need_a_relay_that_knows_them(relay: Relay, sink: Sink) -> None:
    line = line_to(relay.url())
    assert send(line, mail("änn@example.org")).verdict is Verdict.ACCEPTED
    del line._client.esmtp_features["smtputf8"]
    refused = send(line, mail("änn@example.org"))
    assert refused.verdict is Verdict.REFUSED
    assert "SMTPUTF8" in refused.words


def test_a_command_with_a_line_break_never_leaves(relay: Relay, sink: Sink) -> None:
    line = line_to(relay.url())
    with pytest.raises(RelayUnusable):
        send(line, mail("b@example.org>\r\nRCPT TO:<c@example.org"))
    assert sink.taken == []


def test_a_pace_is_kept_over_any_second() -> None:
    now = 0.0
    naps: list[float] = []

    def nap(seconds: float) -> None:
        nonlocal now
        naps.append(seconds)
        now += seconds

    pace = MailPace(5, clock=lambda: now, nap=nap)
    times = []
    for _ in range(23):
        assert pace.await_turn(lambda: False)
        times.append(now)
    assert all(
        later - earlier >= 1 - 1e-9 for earlier, later in zip(times, times[5:], strict=False)
    )
    assert times[-1] < 5
    assert not pace.await_turn(lambda: True)


def test_a_pace_below_one_a_second_spreads_them() -> None:
    now = 0.0

    def nap(seconds: float) -> None:
        nonlocal now
        now += seconds

    pace = MailPace(0.5, clock=lambda: now, nap=nap)
    for _ in range(4):
        pace.await_turn(lambda: False)
    assert 6 <= now < 6.5


def test_no_pace_waits_for_nothing() -> None:
    pace = MailPace(0, nap=lambda _: pytest.fail("it waited"))
    assert all(pace.await_turn(lambda: False) for _ in range(1_000))


def test_a_signature_covers_one_click_unsubscribing() -> None:
    import dkim

    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    from base64 import b64encode

    record = b"v=DKIM1; k=rsa; p=" + b64encode(public)
    content = (
        b"From: a@example.org\r\nTo: b@example.org\r\nSubject: S\r\n"
        b"List-Unsubscribe: <https://example.org/u/x>\r\n"
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\nText\r\n"
    )
    signed = dkim_signer(pem, selector="autopilot", domain="example.org")(content)
    assert signed.endswith(content)
    assert b"list-unsubscribe : list-unsubscribe-post" in b" ".join(signed.split()).lower()
    assert dkim.verify(signed, dnsfunc=lambda *_, **__: record)
    bent = signed.replace(b"/u/x", b"/u/y")
    assert not dkim.verify(bent, dnsfunc=lambda *_, **__: record)


def test_a_key_that_is_none_is_told_before_any_mail() -> None:
    with pytest.raises(SettingsInvalid, match="AUTOPILOT_DKIM_KEY"):
        dkim_signer("no key", selector="autopilot", domain="example.org")
