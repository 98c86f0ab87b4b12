"""A mail address as it is kept and compared: checked, the domain in lower case, IDN kept readable."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

_PLAIN = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*", re.ASCII)
_PLAIN_DOMAIN = re.compile(r"[A-Za-z0-9.-]{1,100}", re.ASCII)
_LONGEST = 64  # characters that no limit for a part of an address can be in
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f<>,;\"]")


def mail_address(text: str) -> str:
    """Return an address normalised: no white space around, NFC, domain in lower case and readable.

    The part before the @ keeps its case, since only its owner's server may say that case means
    nothing; `same_mailbox` compares. Raises ValueError for what is no address.
    """
    from email_validator import EmailNotValidError, validate_email  # late: takes 30 ms

    text = text.strip()
    if _FORBIDDEN.search(text):
        raise ValueError(f"{text[:80]!r} is not a mail address: it has a character that none has")
    local, _, domain = text.rpartition("@")
    if _PLAIN.fullmatch(local) and (normal := _domain(domain)) and len(text) <= _LONGEST:
        return f"{local}@{normal}"
    try:
        found = validate_email(text, check_deliverability=False)
    except EmailNotValidError as error:
        raise ValueError(f"{text[:80]!r} is not a mail address: {error}") from error
    return found.normalized


@lru_cache(maxsize=4_096)
def _domain(domain: str) -> str:
    """A domain normalised, "" where it is to be looked at with its whole address.

    Of a hundred thousand addresses most are plain ones at few domains.
    """
    from email_validator import EmailNotValidError, validate_email

    if not _PLAIN_DOMAIN.fullmatch(domain):
        return ""
    try:
        return str(validate_email(f"a@{domain}", check_deliverability=False).domain)
    except EmailNotValidError:
        return ""


def same_mailbox(address: str) -> str:
    """Return what two addresses of one mailbox share: the address in lower case."""
    return address.casefold()


MailAddress = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=320), AfterValidator(mail_address)
]
