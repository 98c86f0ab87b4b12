"""The body of a mail: text first, HTML second, in quoted-printable (RFC 2045) that is encoded once.

What differs from reader to reader stands between soft line breaks, so that putting in another
reader's link copies octets and encodes nothing but the link.
"""

from __future__ import annotations

import re
from binascii import b2a_qp
from dataclasses import dataclass
from itertools import pairwise

_SOFT_BREAK = b"=\r\n"
LINE_OCTETS = 76  # RFC 2045, 6.7
_LINE_ENDS = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Pieces:
    """Encoded text around the places where each reader's own words go."""

    parts: tuple[bytes, ...]

    def with_(self, words: bytes) -> bytes:
        """Return the whole with these encoded words in each place."""
        return words.join(self.parts)


def quoted(text: str) -> bytes:
    """Return text in quoted-printable: lines of up to 76 octets, CRLF line ends only."""
    plain = _LINE_ENDS.sub("\n", text).encode("utf-8", "replace")
    return b2a_qp(plain, istext=True).replace(b"\n", b"\r\n")


def pieces_of(text: str, placeholder: str) -> Pieces:
    """Return a text encoded around each place that holds the placeholder."""
    *heads, last = (quoted(part) for part in text.split(placeholder))
    begins = [_open_ended(head) + _SOFT_BREAK for head in heads]
    parts = [*begins, last]
    return Pieces(tuple(part if at == 0 else _SOFT_BREAK + part for at, part in enumerate(parts)))


def _open_ended(encoded: bytes) -> bytes:
    """Encoded text to whose last line one more octet can be added: the sign of a soft line break."""
    if len(encoded) - (encoded.rfind(b"\n") + 1) < LINE_OCTETS:
        return encoded
    rest = 3 if encoded[-3:-2] == b"=" else 1
    return encoded[:-rest] + _SOFT_BREAK + encoded[-rest:]


def alternatives(boundary: str, text: bytes, html: bytes | None) -> bytes:
    """Return the body after the head's Content-Type: the parts, or the text alone without `html`."""
    if html is None:
        return text
    parts = ((b"text/plain", text), (b"text/html", html))
    return (
        b"".join(
            b"--" + boundary.encode() + b"\r\n" + part_head(kind) + b"\r\n" + content + b"\r\n"
            for kind, content in parts
        )
        + b"--"
        + boundary.encode()
        + b"--\r\n"
    )


def part_head(kind: bytes) -> bytes:
    """Return the headers of one part."""
    return (
        b"Content-Type: " + kind + b'; charset="utf-8"\r\n'
        b"Content-Transfer-Encoding: quoted-printable\r\n"
    )


def longest_line(content: bytes) -> int:
    """Return the octets of the longest line of a mail, without its line end."""
    ends = [-2, *(found.start() for found in re.finditer(b"\r\n", content)), len(content)]
    return max(after - before - 2 for before, after in pairwise(ends))
