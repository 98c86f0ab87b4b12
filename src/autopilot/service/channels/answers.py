"""What a web address answered, as a verdict."""

from __future__ import annotations

from http import HTTPStatus

from autopilot.domain.handover import Receipt
from autopilot.domain.letter import Answer, Verdict

PASSING = frozenset({408, 425, 429})  # RFC 9110 15.5.9, RFC 8470 5.2, RFC 6585 4
SERVER_FAULTS = range(500, 600)
MOVED = range(300, 400)


def answer_of(receipt: Receipt) -> Answer:
    """Return what a receipt means: taken, refused for good, or later.

    410 says that the address wants nothing any more (Standard Webhooks); a redirect is refused,
    since signature and content were meant for the address that was given.
    """
    if receipt.is_good:
        return Answer(Verdict.ACCEPTED, _told(receipt))
    if receipt.status is None:
        verdict = Verdict.REFUSED if receipt.refused else Verdict.LATER
        return Answer(verdict, receipt.problem)
    if receipt.status in PASSING or receipt.status in SERVER_FAULTS:
        return Answer(Verdict.LATER, _told(receipt), wait_seconds=receipt.wait_seconds)
    if receipt.status in MOVED:
        told = f"{_told(receipt)}; redirects are not followed: give the new address"
        return Answer(Verdict.REFUSED, told)
    return Answer(Verdict.REFUSED, _told(receipt), closes=receipt.status == HTTPStatus.GONE)


def _told(receipt: Receipt) -> str:
    status = receipt.status or 0
    known = status in {item.value for item in HTTPStatus}
    told = f"answered {status} {HTTPStatus(status).phrase}" if known else f"answered {status}"
    return f"{told}: {receipt.words}" if receipt.words and not receipt.is_good else told
