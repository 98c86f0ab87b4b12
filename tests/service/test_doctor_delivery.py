"""What doctor says of the key, the relay and the From domain: real files, a real relay, real DNS."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import dns.message
import dns.rcode
import dns.rrset
import pytest
from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from autopilot.adapters.dns_records import text_records
from autopilot.service.context import App
from autopilot.service.doctor import examine
from autopilot.service.doctor_delivery import delivery_findings
from autopilot.service.findings import Finding, Level
from autopilot.service.mail_domain import domain_findings, domain_of, public_key_of
from autopilot.service.sending_guard import stop_sending
from autopilot.settings import Settings, load_settings

RELAY = "smtp://news:secret-word@127.0.0.1:{port}?tls={tls}"


def settings_of(tmp_path: Path, **environ: str) -> Settings:
    return load_settings({"AUTOPILOT_DATA_DIR": str(tmp_path)} | environ)


def found(settings: Settings) -> dict[str, Finding]:
    return {finding.check: finding for finding in delivery_findings(settings)}


def of_domain(
    settings: Settings, records: Mapping[str, list[str]], domain: str = "news.acme.org"
) -> dict[str, Finding]:
    told = domain_findings(settings, domain, lambda name: records.get(name, []))
    return {finding.check: finding for finding in told}


@pytest.fixture(scope="module")
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()


@pytest.mark.parametrize(
    ("mode", "content", "level", "told"),
    [
        (0o600, "k" * 64, Level.OK, "no backup opens without it"),
        (0o644, "k" * 64, Level.WARNING, "can be read by others (mode 0644)"),
        (0o600, "short", Level.ERROR, "holds 5 characters"),
    ],
)
def test_the_key_of_the_data_folder_is_looked_at(
    tmp_path: Path, mode: int, content: str, level: Level, told: str
) -> None:
    (tmp_path / "secret.key").write_text(content)
    (tmp_path / "secret.key").chmod(mode)
    finding = found(settings_of(tmp_path))["secret key"]
    assert finding.level is level
    assert told in finding.message
    assert content not in finding.message


def test_a_shared_store_needs_a_key(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, AUTOPILOT_DATABASE_URL="postgresql://x@localhost/x")
    assert found(settings)["secret key"].level is Level.WARNING
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("url", "level"),
    [
        ("https://news.acme.org", Level.OK),
        ("http://localhost:8501", Level.OK),
        ("http://news.acme.org", Level.WARNING),
    ],
)
def test_the_public_address_has_to_be_encrypted(tmp_path: Path, url: str, level: Level) -> None:
    assert found(settings_of(tmp_path, AUTOPILOT_PUBLIC_URL=url))["public url"].level is level


def test_a_relay_that_nobody_set_asks_nobody(tmp_path: Path) -> None:
    told = found(settings_of(tmp_path))
    assert told["mail"].level is Level.OK
    assert "relay" not in told


@contextmanager
def relay() -> Iterator[int]:
    """A relay without TLS and without a login."""
    controller = Controller(object(), hostname="127.0.0.1", port=0)
    controller.port = _free_port()
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_a_relay_is_asked_as_mails_would_ask_it(tmp_path: Path) -> None:
    with relay() as port:
        plain = settings_of(
            tmp_path,
            AUTOPILOT_SMTP_URL=f"smtp://127.0.0.1:{port}?tls=none",
            AUTOPILOT_MAIL_FROM="news@acme.test",
        )
        assert found(plain)["relay"].level is Level.OK
        strict = settings_of(
            tmp_path,
            AUTOPILOT_SMTP_URL=RELAY.format(port=port, tls="starttls"),
            AUTOPILOT_MAIL_FROM="news@acme.test",
        )
        refused = found(strict)["relay"]
    assert refused.level is Level.ERROR
    assert "STARTTLS" in refused.message
    gone = found(strict)["relay"]
    assert gone.level is Level.ERROR
    assert "secret-word" not in f"{refused}{gone}"


def test_a_relay_without_a_sender_is_an_error(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, AUTOPILOT_SMTP_URL="smtp://127.0.0.1:1?tls=none")
    assert found(settings)["mail"].level is Level.ERROR


def test_a_domain_without_records_is_told_what_to_add(tmp_path: Path, private_key: str) -> None:
    settings = settings_of(
        tmp_path,
        AUTOPILOT_SMTP_URL="smtp://smtp.gmail.com",
        AUTOPILOT_DKIM_SELECTOR="autopilot",
        AUTOPILOT_DKIM_KEY=private_key,
    )
    told = of_domain(settings, {})
    assert {finding.level for finding in told.values()} == {Level.WARNING}
    assert told["spf"].fix == (
        'Add to the DNS: news.acme.org TXT "v=spf1 include:_spf.google.com ~all"'
    )
    assert told["dkim"].fix == (
        "Add to the DNS: autopilot._domainkey.news.acme.org TXT"
        f' "v=DKIM1; k=rsa; p={public_key_of(private_key)}"'
    )
    assert told["dmarc"].fix == (
        "Add to the DNS: _dmarc.news.acme.org TXT"
        ' "v=DMARC1; p=none; rua=mailto:postmaster@news.acme.org"'
    )


def test_a_domain_as_it_should_be_is_well(tmp_path: Path, private_key: str) -> None:
    settings = settings_of(
        tmp_path,
        AUTOPILOT_SMTP_URL="smtp://smtp.gmail.com",
        AUTOPILOT_DKIM_SELECTOR="autopilot",
        AUTOPILOT_DKIM_KEY=private_key,
    )
    public = public_key_of(private_key)
    told = of_domain(
        settings,
        {
            "news.acme.org": ["google-site-verification=x", "v=spf1 include:_spf.google.com -all"],
            "autopilot._domainkey.news.acme.org": [
                f"v=DKIM1; k=rsa; p={public[:80]} {public[80:]}"
            ],
            "_dmarc.acme.org": ["v=DMARC1; p=reject"],
        },
    )
    assert {finding.level for finding in told.values()} == {Level.OK}


@pytest.mark.parametrize(
    ("records", "check", "level"),
    [
        ({"news.acme.org": ["v=spf1 -all", "v=spf1 ~all"]}, "spf", Level.ERROR),
        ({"news.acme.org": ["v=spf1 +all"]}, "spf", Level.WARNING),
        ({"news.acme.org": ["v=spf1 include:other.org -all"]}, "spf", Level.WARNING),
        ({"_dmarc.news.acme.org": ["v=DMARC1; p=none", "v=DMARC1;p=none"]}, "dmarc", Level.ERROR),
        ({"autopilot._domainkey.news.acme.org": ["v=DKIM1; p=AAAA"]}, "dkim", Level.ERROR),
    ],
)
def test_what_is_wrong_with_a_domain_is_said(
    tmp_path: Path,
    private_key: str,
    records: Mapping[str, list[str]],
    check: str,
    level: Level,
) -> None:
    settings = settings_of(
        tmp_path,
        AUTOPILOT_SMTP_URL="smtp://smtp.gmail.com",
        AUTOPILOT_DKIM_SELECTOR="autopilot",
        AUTOPILOT_DKIM_KEY=private_key,
    )
    finding = of_domain(settings, records)[check]
    assert finding.level is level
    assert finding.fix


def test_a_key_that_is_none_and_a_domain_that_is_none(tmp_path: Path) -> None:
    settings = settings_of(
        tmp_path, AUTOPILOT_DKIM_SELECTOR="autopilot", AUTOPILOT_DKIM_KEY="no key at all"
    )
    finding = of_domain(settings, {})["dkim"]
    assert finding.level is Level.ERROR
    assert "no key at all" not in finding.message
    for domain in ("localhost", "acme.local", "mail.test"):
        assert set(of_domain(settings, {}, domain)) == {"mail domain"}
    assert domain_of("Energy News <news@News.Example.ORG>") == "news.example.org"


def test_without_name_servers_it_says_so(tmp_path: Path) -> None:
    told = domain_findings(settings_of(tmp_path), "acme.org", lambda _name: None)
    assert "nobody could be asked" in next(iter(told)).message


@pytest.fixture
def name_server() -> Iterator[tuple[tuple[str, int], ...]]:
    """A name server on loopback that knows one name."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listening.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                packet, client = listening.recvfrom(4096)
            except OSError:
                return
            query = dns.message.from_wire(packet)
            answer = dns.message.make_response(query)
            name = str(query.question[0].name)
            if name == "acme.org.":
                text = '"v=spf1 " "-all"'
                answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", text, '"other"'))
            elif name != "silent.org.":
                answer.set_rcode(dns.rcode.NXDOMAIN)
            if name != "silent.org.":
                listening.sendto(answer.to_wire(), client)

    threading.Thread(target=serve, daemon=True).start()
    yield (listening.getsockname(),)
    listening.close()


def test_records_are_asked_of_a_name_server(
    name_server: tuple[tuple[str, int], ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autopilot.adapters.dns_records.SECONDS", 0.5)
    found = text_records("acme.org", servers=name_server)
    assert found is not None
    assert sorted(found) == ["other", "v=spf1 -all"]  # a resolver keeps no order of records
    assert text_records("nowhere.org", servers=name_server) == ()
    assert text_records("silent.org", servers=name_server) is None
    assert text_records("." * 300, servers=name_server) is None


def test_doctor_says_that_a_store_may_not_send(
    new_store: Callable[[str], str], new_app: Callable[..., App], tmp_path: Path
) -> None:
    app = new_app(new_store("sqlite"))
    environ = {
        "AUTOPILOT_DATABASE_URL": app.settings.database_url,
        "AUTOPILOT_DATA_DIR": str(tmp_path / "data"),
    }
    told = {finding.check: finding for finding in examine(environ, app.clock())}
    assert told["sending"].level is Level.OK
    stop_sending(app, reason="a drill", actor="cli:ann")
    told = {finding.check: finding for finding in examine(environ, app.clock())}
    assert told["sending"].level is Level.WARNING
    assert told["sending"].message == "Sending is off: a drill"
    assert "autopilot sending allow" in (told["sending"].fix or "")
