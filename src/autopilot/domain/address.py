"""A mail address as it is kept and compared: checked, the domain in lower case, IDN kept readable."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

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
    try:
        found = validate_email(text, check_deliverability=False)
    except EmailNotValidError as error:
        raise ValueError(f"{text[:80]!r} is not a mail address: {error}") from error
    return found.normalized


def same_mailbox(address: str) -> str:
    """Return what two addresses of one mailbox share: the address in lower case."""
    return address.casefold()


MailAddress = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=320), AfterValidator(mail_address)
]
