"""Settings: everything the environment decides, as one frozen value."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr


class LogFormat(StrEnum):
    """Lines for people, or one JSON object a line for programs."""

    CONSOLE = "console"
    JSON = "json"


class Journal(StrEnum):
    """SQLite's journal: by version (auto), or forced."""

    AUTO = "auto"
    WAL = "wal"
    TRUNCATE = "truncate"


def _database_url(url: str) -> str:
    """Return the address with the driver we ship for its database."""
    for plain in ("postgres://", "postgresql://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    if url.startswith(("postgresql+psycopg://", "sqlite:///")):
        return url
    raise ValueError("not a database address Autopilot can use")


def hosts_of(text: str) -> frozenset[str]:
    """Return the places in a comma list of exact host:port; raises ValueError with every wrong one."""
    hosts = frozenset(part.strip().lower() for part in text.split(",") if part.strip())
    wrong = sorted(
        host for host in hosts if not re.fullmatch(r"(\[[0-9a-f:.]+\]|[^\s:/@]+):\d{1,5}", host)
    )
    if wrong:
        raise ValueError(f"not exact host:port: {', '.join(wrong)}")
    return hosts


def _public_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("not an http or https address without query")
    return url.rstrip("/")


def _web_address(url: SecretStr) -> SecretStr:
    _server(url.get_secret_value())
    return url


def _server(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("not an http or https address")
    return url


def _broker(url: SecretStr) -> SecretStr:
    return _of_scheme(url, ("redis", "rediss", "amqp", "amqps"))


def _huey_place(url: SecretStr) -> SecretStr:
    return _of_scheme(url, ("redis", "rediss"))


def _of_scheme(url: SecretStr, schemes: tuple[str, ...]) -> SecretStr:
    parts = urlsplit(url.get_secret_value())
    if parts.scheme not in schemes or not parts.hostname:
        raise ValueError(f"not an address that begins with {', '.join(schemes)} and names a host")
    return url


def _smtp_url(url: SecretStr) -> SecretStr:
    relay_of(url.get_secret_value())
    return url


def _mailbox(text: str) -> str:
    if not re.fullmatch(r"[^\s<>@]+@[^\s<>@]+|[^<>@\x00-\x1f]+ <[^\s<>@]+@[^\s<>@]+>", text):
        raise ValueError(f"{text!r} is not a mail address")
    return text


def _bare_mailbox(text: str) -> str:
    if not re.fullmatch(r"[^\s<>@]+@[^\s<>@]+", text):
        raise ValueError(f"{text!r} is not a mail address alone")
    return text


def _issuer(url: str) -> str:
    """What a provider says is believed, so nobody on the way may say something else."""
    parts = urlsplit(_server(url))
    is_here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme != "https" and not is_here:
        raise ValueError("not an https address; http is for a provider on this machine")
    return url.rstrip("/")


def _long_enough(secret: SecretStr) -> SecretStr:
    return _real(secret, SHORTEST_SECRET)


def _guessable_by_nobody(secret: SecretStr) -> SecretStr:
    return _real(secret, SHORTEST_KEY)


def _real(secret: SecretStr, shortest: int) -> SecretStr:
    """A secret that is long enough and that nobody copied from an example or held a key down for."""
    text = secret.get_secret_value()
    if len(text) < shortest:
        raise ValueError(f"shorter than {shortest} characters")
    if re.match(PLACEHOLDERS, re.sub(r"[^a-z]", "", text.lower())):
        raise ValueError("a placeholder that everybody knows")
    if re.fullmatch(r"(.{1,8}?)\1+(.{0,7})", text) and len(set(text)) < FEWEST_CHARACTERS:
        raise ValueError("a few characters over and over")
    return secret


def _password(secret: SecretStr) -> SecretStr:
    if not SHORTEST_PASSWORD <= len(secret.get_secret_value()) <= LONGEST_PASSWORD:
        raise ValueError(f"not {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters long")
    return secret


def networks_of(text: str) -> frozenset[Network]:
    """Return the networks in a comma list of addresses and networks; raises ValueError."""
    found: set[Network] = set()
    wrong = []
    for part in (part.strip() for part in text.split(",")):
        try:
            found |= {ip_network(part)} if part else set()
        except ValueError:
            wrong.append(part)
    if wrong:
        raise ValueError(f"neither an address nor a network: {', '.join(wrong)}")
    return frozenset(found)


Network = IPv4Network | IPv6Network
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
SHORTEST_SECRET = 32
SHORTEST_KEY = 16
FEWEST_CHARACTERS = 9
PLACEHOLDERS = "changeme|changethis|replaceme|replacethis|yoursecret|mysecret|example|placeholder|insecure|todo"
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 200


class Tls(StrEnum):
    """How a connection to the relay is encrypted: after STARTTLS, from the first byte, or not."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"


class Relay(BaseModel):
    """The mail relay: where, how encrypted, and who we are to it."""

    model_config = ConfigDict(frozen=True)

    host: str
    port: int
    tls: Tls
    user: str | None = None
    password: SecretStr | None = None


_PORTS = {Tls.STARTTLS: 587, Tls.IMPLICIT: 465, Tls.NONE: 25}


def relay_of(url: str) -> Relay:
    """Return what `smtp://user:password@host:port?tls=starttls` says; raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("not an address smtp://USER:PASSWORD@HOST:PORT?tls=starttls")
    asked = parse_qs(parts.query, keep_blank_values=True)
    if stray := sorted(set(asked) - {"tls"}):
        raise ValueError(f"unknown option {stray[0]!r}; only tls is known")
    implied = Tls.IMPLICIT if parts.scheme == "smtps" else Tls.STARTTLS
    try:
        tls = Tls(asked.get("tls", [implied.value])[0])
        port = parts.port or _PORTS[tls]
    except ValueError:
        raise ValueError("tls is starttls, implicit or none, and the port a number") from None
    password = None if parts.password is None else SecretStr(unquote(parts.password))
    user = None if parts.username is None else unquote(parts.username)
    return Relay(host=parts.hostname, port=port, tls=tls, user=user, password=password)


def _places(url: str | None) -> frozenset[str]:
    """The `host:port` of an address."""
    parts = urlsplit(url or "")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return frozenset({f"{parts.hostname}:{port}"}) if parts.hostname else frozenset()


class Settings(BaseModel):
    """Everything the environment decides. Durations are timedeltas; secrets never show in `repr`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path
    database_url: DatabaseUrl = Field(repr=False)
    database_direct_url: DatabaseUrl | None = Field(default=None, repr=False)
    database_schema: Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,62}$")] = "autopilot"
    sqlite_journal: Journal = Journal.AUTO
    artifacts: Annotated[str, Field(pattern=r"^(folder|database)$")] = "folder"
    poll_interval: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=1))]
    lease: Annotated[timedelta, Field(ge=timedelta(seconds=1), le=timedelta(hours=1))]
    max_running: Annotated[int, Field(ge=1)] | None = None
    max_running_per_workspace: Annotated[int, Field(ge=1)] | None = None
    allow_hosts: frozenset[str] = frozenset()
    log_format: LogFormat = LogFormat.CONSOLE
    retention_days: Annotated[int, Field(ge=31, le=36_500)] = 400
    model: str | None = None
    small_model: str | None = None
    monthly_budget: Annotated[float, Field(ge=0)] | None = None
    max_tokens_per_run: Annotated[int, Field(ge=1_000)] = 500_000
    prices: Path | None = None
    openai_api_key: SecretStr | None = None
    openai_base_url: Annotated[str, AfterValidator(_server)] | None = None
    openai_assistant_id: str | None = None
    smtp_url: Annotated[SecretStr, AfterValidator(_smtp_url)] | None = None
    mail_from: Annotated[str, AfterValidator(_mailbox)] | None = None
    mail_rate: Annotated[float, Field(ge=0, le=1_000)] = 0.0
    mail_connections: Annotated[int, Field(ge=1, le=64)] = 4
    dkim_selector: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")] | None = None
    dkim_key: SecretStr | None = None
    public_url: Annotated[str, AfterValidator(_public_url)] | None = None
    secret_key: Annotated[SecretStr, AfterValidator(_long_enough)] | None = None
    notice_webhook: Annotated[SecretStr, AfterValidator(_web_address)] | None = None
    notice_webhook_secret: SecretStr | None = None
    ping_url: Annotated[SecretStr, AfterValidator(_web_address)] | None = None
    tick_secret: Annotated[SecretStr, AfterValidator(_guessable_by_nobody)] | None = None
    tick_oidc_issuer: Annotated[str, AfterValidator(_server)] | None = None
    tick_oidc_audience: str | None = None
    tick_oidc_service_account: Annotated[str, AfterValidator(_bare_mailbox)] | None = None
    oidc_issuer: Annotated[str, AfterValidator(_issuer)] | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    admin_email: Annotated[str, AfterValidator(_bare_mailbox)] | None = None
    admin_password: Annotated[SecretStr, AfterValidator(_password)] | None = None
    trusted_proxies: frozenset[Network] = frozenset()
    celery_broker: Annotated[SecretStr, AfterValidator(_broker)] = SecretStr(
        "redis://127.0.0.1:6379/0"
    )
    huey_url: Annotated[SecretStr, AfterValidator(_huey_place)] | None = None
    alert_tick_seconds: Annotated[float, Field(gt=0, le=86_400)] = 30.0
    alert_late_seconds: Annotated[float, Field(gt=0, le=86_400)] = 300.0
    alert_failed_percent: Annotated[float, Field(ge=0, le=100)] = 1.0
    alert_uptime_percent: Annotated[float, Field(ge=0, le=100)] = 99.0
    otlp_endpoint: Annotated[str, AfterValidator(_server)] | None = None
    otlp_traces_endpoint: Annotated[str, AfterValidator(_server)] | None = None

    @property
    def retention(self) -> timedelta:
        """How long articles are kept after they were first seen."""
        return timedelta(days=self.retention_days)

    @property
    def relay(self) -> Relay | None:
        """The mail relay, None where no mail can be sent."""
        return None if self.smtp_url is None else relay_of(self.smtp_url.get_secret_value())

    @property
    def model_places(self) -> frozenset[str]:
        """The model server's `host:port`, which the operator named and may be private."""
        return _places(self.openai_base_url)

    @property
    def traces_url(self) -> str | None:
        """Where traces go (OTLP over HTTP), None where nobody takes them."""
        base = self.otlp_endpoint
        return self.otlp_traces_endpoint or (base and f"{base.rstrip('/')}/v1/traces")

    @property
    def public_places(self) -> frozenset[str]:
        """Our own public `host:port`, which may be private where readers are in the same house."""
        return _places(self.public_url)

    @property
    def store_name(self) -> str:
        """The store in use, for people: kind and place, without user or password."""
        parts = urlsplit(self.database_url)
        if parts.scheme == "sqlite":
            return f"SQLite, {self.database_url.removeprefix('sqlite:///') or 'in memory'}"
        place = parts.hostname or "local socket"
        return f"PostgreSQL, {place}{parts.path}, schema {self.database_schema}"
