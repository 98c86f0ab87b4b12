"""Rules for the finished mail, read from its octets as they go over the wire: E1, E3, E5 and E7."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage

from autopilot.pipeline.check.found import Found

LONGEST_LINE_OCTETS = 998
_ONE_EACH = (
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "list-id",
    "mime-version",
    "content-type",
)
_ONE_CLICK = "List-Unsubscribe=One-Click"
_BARE_END = re.compile(rb"\r(?!\n)|(?<!\r)\n")


def inspect_message(raw: bytes, *, internal: bool = False) -> tuple[Found, ...]:
    """Return what is wrong with a mail; `internal` are mails to colleagues (a mailto is enough)."""
    message = message_from_bytes(raw, policy=policy.default)
    return (*_unsubscribing(message, internal=internal), *_headers(message), *_form(raw, message))


def _unsubscribing(message: EmailMessage, *, internal: bool) -> Iterator[Found]:
    given = str(message["List-Unsubscribe"] or "")
    found = re.fullmatch(r"<((?:https|mailto|http):[^<>\s]+)>", given)
    link = found[1] if found else ""
    one_click = str(message["List-Unsubscribe-Post"] or "") == _ONE_CLICK
    if not link or (not internal and not (link.startswith("https:") and one_click)):
        told = "the mail has no one-click unsubscribe address"
        yield _error(
            "E1", told, where=f"List-Unsubscribe: {given[:120]}", advice="set AUTOPILOT_PUBLIC_URL"
        )
    for part in ("plain", "html"):
        body = message.get_body((part,))
        content = body.get_content() if body is not None else ""
        if link and link not in content.replace("&amp;", "&"):
            told = f"the {part} part does not show the address to unsubscribe at"
            yield _error("E3", told, where=link, advice="make the issue again")


def _headers(message: EmailMessage) -> Iterator[Found]:
    for name in _ONE_EACH:
        count = len(message.get_all(name) or ())
        if count != 1:
            yield _error(
                "E5", f"the header {name} stands {count} times", where=name, advice="report it"
            )
    to = message["To"]
    if to is not None and len(to.addresses) != 1:
        told = "the mail is not to exactly one recipient"
        yield _error("E5", told, where=str(to)[:120], advice="report it")
    sender = message["From"]
    if sender is not None and not all(each.display_name for each in sender.addresses):
        advice = "set AUTOPILOT_MAIL_FROM with a name"
        yield _error("E5", "the sender has no name", where=str(sender)[:120], advice=advice)
    if re.fullmatch(r"<[^<>\s@]+@[^<>\s@]+>", str(message["Message-ID"] or "")) is None:
        yield _error(
            "E5", "the mail has no proper Message-ID", where="Message-ID", advice="report it"
        )


def _form(raw: bytes, message: EmailMessage) -> Iterator[Found]:
    kinds = [part.get_content_type() for part in message.iter_parts()]
    if message.get_content_type() != "multipart/alternative" or kinds != [
        "text/plain",
        "text/html",
    ]:
        told = "the mail is not text first, then HTML"
        yield _error("E7", told, where=str(kinds), advice="report it")
    if _BARE_END.search(raw):
        yield _error("E7", "a line does not end with CRLF", where="the mail", advice="report it")
    if max(map(len, raw.split(b"\r\n"))) > LONGEST_LINE_OCTETS:
        yield _error("E7", "a line is longer than 998 octets", where="the mail", advice="report it")


def _error(rule: str, message: str, *, where: str, advice: str) -> Found:
    return Found(rule=rule, message=message, where=where, advice=advice)
