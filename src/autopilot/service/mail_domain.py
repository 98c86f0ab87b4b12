"""The From domain: whether SPF, DKIM and DMARC let its mails be believed, and the records to add.

RFC 7208 (SPF), RFC 6376 (DKIM), RFC 7489 (DMARC). Large receivers ask for all three of everybody
who sends newsletters.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from email.utils import parseaddr

from autopilot.service import findings
from autopilot.service.findings import Finding
from autopilot.settings import Settings

Records = Callable[[str], Sequence[str] | None]
"""The TXT records of a name; None where nobody could be asked."""

# RFC 2606, RFC 6761: nobody looks these up.
NOT_PUBLIC = (".test", ".example", ".invalid", ".localhost", ".local", ".internal", ".lan")
# What the senders of common relays ask for in SPF, by the end of the relay's name.
INCLUDES = {
    "amazonaws.com": "amazonses.com",
    "gmail.com": "_spf.google.com",
    "google.com": "_spf.google.com",
    "mailgun.org": "mailgun.org",
    "mailjet.com": "spf.mailjet.com",
    "office365.com": "spf.protection.outlook.com",
    "outlook.com": "spf.protection.outlook.com",
    "postmarkapp.com": "spf.mtasv.net",
    "sendgrid.net": "sendgrid.net",
    "smtp2go.com": "spf.smtp2go.com",
    "brevo.com": "spf.brevo.com",
    "zoho.com": "zoho.com",
    "zoho.eu": "zoho.eu",
}


def domain_of(sender: str) -> str:
    """Return the domain of a From address."""
    return parseaddr(sender)[1].rpartition("@")[2].lower()


def domain_findings(settings: Settings, domain: str, records: Records) -> Iterator[Finding]:
    """Return what the DNS says of a domain that mails are from."""
    if "." not in domain or f".{domain}".endswith(NOT_PUBLIC):
        told = f"{domain} is no public domain: only mail servers of your own will believe it"
        yield findings.warning("mail domain", told, "Set AUTOPILOT_MAIL_FROM to one that you own.")
        return
    relay = settings.relay.host if settings.relay else ""
    yield _spf(domain, relay, records(domain))
    yield _dkim(settings, domain, records)
    yield _dmarc(domain, records)


def _spf(domain: str, relay: str, found: Sequence[str] | None) -> Finding:
    if found is None:
        return _nobody("spf", domain)
    include = next((name for end, name in INCLUDES.items() if relay.endswith(end)), None)
    own = f"include:{include}" if include else f"a:{relay}"
    spf = [text for text in found if text.lower().split(" ")[0] == "v=spf1"]
    if not spf:
        told = f"{domain} does not say who may send for it"
        return findings.warning("spf", told, _add(domain, f"v=spf1 {own} ~all"))
    if len(spf) > 1:
        told = f"{domain} has {len(spf)} SPF records, which counts as an error"
        return findings.error("spf", told, "Make one of them (RFC 7208, 4.5).")
    words = spf[0].lower().split()
    if {"+all", "all", "?all"} & set(words):
        told = f"{domain} lets anybody send for it: {spf[0]}"
        return findings.warning("spf", told, "End it with ~all or -all.")
    if include and not any(include in word for word in words):
        told = f"{domain} does not name the relay {relay}: {spf[0]}"
        return findings.warning("spf", told, f"Put {own} before its last word.")
    return Finding(check="spf", message=f"{domain}: {spf[0]}")


def _dkim(settings: Settings, domain: str, records: Records) -> Finding:
    selector, key = settings.dkim_selector, settings.dkim_key
    if selector is None or key is None:
        told = "mails are not signed here; a relay that signs for this domain is as good"
        fix = (
            "See dkim=pass with your domain in the headers of a test mail; else set"
            " AUTOPILOT_DKIM_SELECTOR and AUTOPILOT_DKIM_KEY."
        )
        return Finding(check="dkim", message=told, fix=fix)
    name = f"{selector}._domainkey.{domain}"
    try:
        public = public_key_of(key.get_secret_value())
    except ValueError as error:
        return findings.error("dkim", f"AUTOPILOT_DKIM_KEY cannot be used: {error}", "Mend it.")
    record = f"v=DKIM1; k=rsa; p={public}"
    found = records(name)
    if found is None:
        return _nobody("dkim", name)
    published = [text for text in found if _tag(text, "p") is not None]
    if not published:
        return findings.warning("dkim", f"{name} has no key", _add(name, record))
    if all(_tag(text, "p") != public for text in published):
        told = f"{name} has another key than AUTOPILOT_DKIM_KEY: receivers refuse its signatures"
        return findings.error("dkim", told, _add(name, record))
    return Finding(check="dkim", message=f"{name} has the key that mails are signed with")


def _dmarc(domain: str, records: Records) -> Finding:
    for parent in _parents(domain):
        found = records(f"_dmarc.{parent}")
        if found is None:
            return _nobody("dmarc", parent)
        policies = [text for text in found if text.lower().replace(" ", "").startswith("v=dmarc1")]
        if len(policies) > 1:
            told = f"_dmarc.{parent} has {len(policies)} records, which counts as none"
            return findings.error("dmarc", told, "Leave one (RFC 7489, 6.6.3).")
        if policies:
            return Finding(check="dmarc", message=f"{parent}: {policies[0]}")
    told = f"{domain} has no DMARC record: large receivers ask for one"
    record = f"v=DMARC1; p=none; rua=mailto:postmaster@{domain}"
    return findings.warning("dmarc", told, _add(f"_dmarc.{domain}", record))


def public_key_of(private_key: str) -> str:
    """Return the public half of an RSA key in PEM as its DNS record has it; raises ValueError."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    try:
        key = serialization.load_pem_private_key(private_key.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("it is no private key in PEM without a password") from error
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("it is no RSA key")
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return b64encode(public).decode()


def _parents(domain: str) -> list[str]:
    """The domain, and those above it but for the last label (RFC 7489, 6.6.3, without a list)."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(len(labels) - 1)]


def _tag(record: str, name: str) -> str | None:
    for part in record.split(";"):
        key, _, value = part.partition("=")
        if key.strip().lower() == name:
            return "".join(value.split())
    return None


def _add(name: str, record: str) -> str:
    return f'Add to the DNS: {name} TXT "{record}"'


def _nobody(check: str, name: str) -> Finding:
    told = f"nobody could be asked for the records of {name}"
    return findings.warning(check, told, "Try again where the DNS answers.")
