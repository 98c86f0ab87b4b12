"""Headers of a mail: words made safe to stand in one, and the finished head read once more.

Words come from feeds, models and lists. Encoded-words in them (RFC 2047) are shown as they stand and
never decoded by us; whatever looks like a line end is gone before a header is made of them; and the
octets of the finished head are checked, since some versions of the standard library folded a header
out of an encoded-word.
"""

from __future__ import annotations

import re
from email.header import Header

from autopilot.pipeline.write.one_line import cut_at_word, one_line

LINE_OCTETS = 76
NAME_CHARACTERS = 120
LONGEST_LINE_OCTETS = 998  # RFC 5322, 2.1.1
_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_FIELD = re.compile(rb"([A-Za-z][A-Za-z0-9-]*): [^\r\n\x00]*(?:\r\n[ \t][^\r\n\x00]*)*\r\n")


def header(name: str, words: str) -> bytes:
    """Return a header of free words: `Subject: ...` in octets, folded, with its line end."""
    return _field(name, _worded(one_line(words), len(name) + 2))


def address_header(name: str, words: str, address: str) -> bytes:
    """Return a header that names one mailbox: words (may be "") and the address in its wire form."""
    if re.search(r"[\s<>\"(),;\\\x00-\x1f\x7f]", address):
        raise ValueError(f"{address[:80]!r} cannot stand in a header")
    words = cut_at_word(one_line(words), NAME_CHARACTERS)
    if not words:
        return _field(name, f"<{address}>" if not _TOKEN.match(address) else address)
    named = _phrase(words, len(name) + 2)
    last = len(named.rpartition("\n")[2]) + (0 if "\n" in named else len(name) + 2)
    fold = "\r\n " if last + len(address) + 3 > LINE_OCTETS else " "
    return _field(name, f"{named}{fold}<{address}>")


def plain_header(name: str, value: str) -> bytes:
    """Return a header whose value is ours, or checked before: dates, ids, addresses of pages."""
    return _field(name, value)


def checked(head: bytes, *, names: frozenset[str] | None = None) -> bytes:
    """Return the head as given; raises ValueError where it holds more, or other, than headers.

    Each header once; with `names` those alone. A bare CR or LF, an empty line or one of more than 998
    octets is refused.
    """
    seen: set[str] = set()
    at = 0
    while at < len(head):
        found = _FIELD.match(head, at)
        if found is None:
            raise ValueError(f"the head of the mail is broken after {sorted(seen)}")
        name = found[1].decode().lower()
        if name in seen or (names is not None and name not in names):
            raise ValueError(f"a header {name!r} stands in the mail that nobody put there")
        if any(len(line) > LONGEST_LINE_OCTETS for line in found[0].split(b"\r\n")):
            raise ValueError(f"the header {name!r} is longer than a line of mail")
        seen.add(name)
        at = found.end()
    return head


def _field(name: str, value: str) -> bytes:
    if not _TOKEN.fullmatch(name):
        raise ValueError(f"{name[:80]!r} is no name of a header")
    if re.search(r"\r\n(?![ \t])|\r(?!\n)|(?<!\r)\n|\x00", value):
        raise ValueError(f"the header {name!r} would break")
    return f"{name}: {value}\r\n".encode()


def _worded(words: str, used: int) -> str:
    """Free words: as they are where they are short and plain, else as encoded-words."""
    if words.isascii() and "=?" not in words and len(words) + used <= LONGEST_LINE_OCTETS // 2:
        return _folded(words, used)
    return Header(
        words, "utf-8", maxlinelen=LINE_OCTETS, header_name=" " * max(used - 2, 0)
    ).encode(linesep="\r\n")


def _folded(words: str, used: int) -> str:
    lines, length = [""], used
    for word in words.split(" "):
        if lines[-1] and length + 1 + len(word) > LINE_OCTETS:
            lines.append("")
            length = 0
        lines[-1] += f" {word}" if lines[-1] else word
        length += 1 + len(word)
    return "\r\n ".join(lines)


def _phrase(words: str, used: int) -> str:
    """A name before an address: bare, quoted, or as encoded-words."""
    if not words.isascii() or "=?" in words:
        return _worded(words, used)
    return words if _ATOMS.fullmatch(words) else '"' + re.sub(r'(["\\])', r"\\\1", words) + '"'
