"""Doctor's look at delivery: the secret key, the public address, the relay, the From domain's records."""

from __future__ import annotations

import os
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

from autopilot.adapters.dns_records import text_records
from autopilot.errors import AutopilotError
from autopilot.service import findings
from autopilot.service.findings import Finding
from autopilot.service.mail_domain import domain_findings, domain_of
from autopilot.service.secret import FILE
from autopilot.settings import Relay, Settings, Tls

RELAY_SECONDS = 15.0
LOCAL = ("localhost", "127.0.0.1", "::1")
SHORTEST = 32


def delivery_findings(settings: Settings) -> Iterator[Finding]:
    """Return what was found; without a relay nobody is asked anything."""
    yield _secret(settings)
    yield from _public_address(settings)
    yield from _mail(settings)


def _secret(settings: Settings) -> Finding:
    if settings.secret_key is not None:
        return Finding(check="secret key", message="AUTOPILOT_SECRET_KEY is set")
    if not settings.database_url.startswith("sqlite"):
        return findings.warning(
            "secret key",
            "none: links cannot be signed and backups cannot be made",
            "Set AUTOPILOT_SECRET_KEY for every process (openssl rand -hex 32).",
        )
    file = settings.data_dir / FILE
    if not file.exists():
        return Finding(check="secret key", message=f"{file} (made when it is first needed)")
    return _key_file(file)


def _key_file(file: Path) -> Finding:
    try:
        mode, length = stat.S_IMODE(file.stat().st_mode), len(file.read_text().strip())
    except (OSError, UnicodeDecodeError) as error:
        return findings.error("secret key", f"{file} cannot be read: {error}", "Put it right.")
    if os.name == "posix" and mode & 0o077:
        told = f"{file} can be read by others (mode {mode:04o})"
        return findings.warning("secret key", told, f"Make it yours alone: chmod 600 {file}")
    if length < SHORTEST:
        told = f"{file} holds {length} characters, fewer than {SHORTEST}"
        fix = "Put the right key back; a new one makes links and backups of the old one useless."
        return findings.error("secret key", told, fix)
    told = f"{file}, readable by you alone; keep a copy elsewhere: no backup opens without it"
    return Finding(check="secret key", message=told)


def _public_address(settings: Settings) -> Iterator[Finding]:
    url = settings.public_url
    if url is None:
        if settings.relay is not None:
            yield findings.warning(
                "public url",
                "none: mails can carry no unsubscribe link, so only internal lists are sent to",
                "Set AUTOPILOT_PUBLIC_URL to where readers reach `autopilot serve`.",
            )
        return
    is_local = any(f"//{host}" in url for host in LOCAL)
    if url.startswith("http://") and not is_local:
        yield findings.warning(
            "public url",
            f"{url} is not encrypted: one-click unsubscribing needs https (RFC 8058)",
            "Put a proxy with a certificate before `autopilot serve`.",
        )
    else:
        yield Finding(check="public url", message=url)


def _mail(settings: Settings) -> Iterator[Finding]:
    relay, sender = settings.relay, settings.mail_from
    if relay is None:
        told = "no relay: issues are stored, and owners hear in `autopilot status`"
        yield Finding(check="mail", message=told)
        return
    if sender is None:
        fix = "Set it to an address of a domain that you own."
        yield findings.error("mail", "AUTOPILOT_MAIL_FROM is not set", fix)
    yield relay_finding(relay)
    if sender is not None:
        yield from domain_findings(settings, domain_of(sender), text_records)


def relay_finding(relay: Relay) -> Finding:
    """Ask a relay for a connection, with its TLS and login, and return how that went."""
    place = f"{relay.host}:{relay.port}"
    problem = _asked(relay)
    if problem is not None:
        return findings.error("relay", f"{place}: {problem[0]}", problem[1])
    login = f", logged in as {relay.user}" if relay.user else ""
    if relay.tls is Tls.NONE and relay.host not in LOCAL:
        told = f"{place} answers{login}, and nothing is encrypted"
        return findings.warning("relay", told, "Ask for tls=starttls or tls=implicit.")
    return Finding(check="relay", message=f"{place} answers, TLS {relay.tls.value}{login}")


def _asked(relay: Relay) -> tuple[str, str] | None:
    """What is wrong with the relay and what to do, having opened a line to it and closed it again."""
    from autopilot.adapters.smtp_line import SmtpLine

    fix = "Check AUTOPILOT_SMTP_URL, and whether this machine may reach it."
    told: list[tuple[str, str] | None] = []

    def ask() -> None:
        try:
            SmtpLine(relay, name=socket.getfqdn()).close()
        except AutopilotError as error:
            told.append((error.message, error.hint or fix))
        else:
            told.append(None)

    # A relay that accepts and stays silent is given less time than a mail would give it.
    asking = threading.Thread(target=ask, name="relay", daemon=True)
    asking.start()
    asking.join(RELAY_SECONDS)
    return told[0] if told else (f"no answer within {RELAY_SECONDS:g} s", fix)
