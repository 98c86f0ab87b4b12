"""What a relay's reply means: for this address, for later, or for every mail."""

from __future__ import annotations

from dataclasses import dataclass

from autopilot.domain.letter import Answer, Verdict
from autopilot.errors import RelayUnusable

LONGEST_WORDS = 300
GO_ON = 354
# RFC 4954 and RFC 3207: it wants a password, another one, or TLS first.
_OURS = frozenset({530, 534, 535, 538})


@dataclass(frozen=True, slots=True)
class Reply:
    """A code and the words with it, in one line."""

    code: int
    words: str

    @property
    def is_good(self) -> bool:
        """Whether it was accepted."""
        return 200 <= self.code < 300

    def __str__(self) -> str:
        return f"{self.code} {self.words}".strip()


def reply_of(code: int, words: bytes) -> Reply:
    """Return a reply as it is kept and shown: one line, bounded, without control characters."""
    text = words.decode("utf-8", "replace")
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return Reply(code, " ".join(text.split())[:LONGEST_WORDS])


def to_sender(reply: Reply, command: str) -> None:
    """Raise RelayUnusable unless the relay takes mail from us at all."""
    if not reply.is_good:
        raise _unusable(reply, command)


def to_recipient(reply: Reply) -> Answer | None:
    """Return what the relay says of an address, None where it takes mail for it."""
    if reply.is_good:
        return None
    if _is_about_us(reply):
        raise _unusable(reply, "RCPT")
    return _verdict(reply)


def to_data(reply: Reply) -> Answer | None:
    """Return the answer to DATA, None where the content is waited for."""
    if reply.code == GO_ON:
        return None
    if _is_about_us(reply):
        raise _unusable(reply, "DATA")
    return _verdict(reply)


def to_content(reply: Reply) -> Answer:
    """Return the answer after the final dot."""
    return Answer(Verdict.ACCEPTED, str(reply)) if reply.is_good else _verdict(reply)


def _verdict(reply: Reply) -> Answer:
    return Answer(Verdict.LATER if reply.code < 500 else Verdict.REFUSED, str(reply))


def _is_about_us(reply: Reply) -> bool:
    """421 is "closing the channel" (RFC 5321), said of the connection and never of an address.

    Other words are not weighed: "5.7.1" and "relaying denied" are said of single addresses as well,
    and one of these must not hold up all others. When all are refused, that is seen by their number.
    """
    return reply.code == 421 or reply.code in _OURS


def _unusable(reply: Reply, command: str) -> RelayUnusable:
    return RelayUnusable(
        f"The relay refused {command}: {reply}.",
        hint="Check AUTOPILOT_SMTP_URL and AUTOPILOT_MAIL_FROM: autopilot doctor",
        passing=400 <= reply.code < 500,
    )
