"""Content decoding with a hard bound, so that a small answer cannot become a huge one.

An HTTP client that decodes by itself hands over whatever comes out; a body of 1 MB can inflate to
1 GB. Here the raw bytes are inflated piece by piece and never past the limit. RFC 9110 section
8.4.1; gzip is RFC 1952, deflate RFC 1950 (and, as browsers do, bare RFC 1951).
"""

from __future__ import annotations

import zlib
from typing import Protocol

from autopilot.errors import SourceUnreachable

ACCEPTED_ENCODINGS = "gzip, deflate"
MAX_GZIP_MEMBERS = 100
MEGABYTE = 1_000_000

_GZIP = 16 + zlib.MAX_WBITS
_ZLIB = zlib.MAX_WBITS
_BARE = -zlib.MAX_WBITS


class Decoder(Protocol):
    """Takes raw bytes, gives decoded ones, and holds the limit."""

    def feed(self, raw: bytes) -> None:
        """Take the next raw bytes; raises SourceUnreachable past the limit or for damaged bytes."""

    def finish(self) -> bytes:
        """Return the whole decoded body; raises SourceUnreachable where the end is missing."""


def decoder_for(encoding: str, max_bytes: int) -> Decoder:
    """Return the decoder for a Content-Encoding; raises SourceUnreachable for one not asked for."""
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return _Plain(max_bytes)
    if name in ("gzip", "x-gzip"):
        return _Inflating(max_bytes, _GZIP)
    if name == "deflate":
        return _Inflating(max_bytes, _ZLIB)
    raise SourceUnreachable(f"its body is encoded as {name[:40]!r}, which was not asked for")


def too_large(max_bytes: int) -> SourceUnreachable:
    """Return the error for a body over the limit, in the unit a person would use."""
    limit = f"{max_bytes / MEGABYTE:g} MB" if max_bytes >= MEGABYTE else f"{max_bytes} bytes"
    return SourceUnreachable(f"larger than {limit}")


class _Plain:
    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._body = bytearray()

    def feed(self, raw: bytes) -> None:
        if len(self._body) + len(raw) > self._max_bytes:
            raise too_large(self._max_bytes)
        self._body += raw

    def finish(self) -> bytes:
        return bytes(self._body)


class _Inflating:
    """Both sides are bounded: endless raw bytes that inflate to nothing end as well."""

    def __init__(self, max_bytes: int, window: int) -> None:
        self._max_bytes = max_bytes
        self._window = window
        self._raw_taken = 0
        self._body = bytearray()
        self._stream = zlib.decompressobj(window)
        self._members = 0

    def feed(self, raw: bytes) -> None:
        self._raw_taken += len(raw)
        if self._raw_taken > self._max_bytes:
            raise too_large(self._max_bytes)
        while raw and self._expects(raw):
            self._take(raw)
            raw = self._stream.unused_data

    def finish(self) -> bytes:
        if self._members and not self._stream.eof:
            raise SourceUnreachable("its compressed body stops in the middle")
        return bytes(self._body)

    def _expects(self, raw: bytes) -> bool:
        """Open the first member, or the next one where one ended; padding after the last is no member."""
        if self._members and not self._stream.eof:
            return True
        if self._members and (self._window != _GZIP or raw[0] != 0x1F):
            return False
        if self._members == MAX_GZIP_MEMBERS:
            raise SourceUnreachable("its compressed body has too many parts")
        self._members += 1
        # Some servers send bare deflate where zlib's two-byte header belongs.
        bare = self._window == _ZLIB and raw[0] & 0x0F != 8
        self._stream = zlib.decompressobj(_BARE if bare else self._window)
        return True

    def _take(self, raw: bytes) -> None:
        room = self._max_bytes - len(self._body)
        try:
            piece = self._stream.decompress(raw, room + 1)
        except zlib.error as error:
            raise SourceUnreachable("its compressed body is damaged") from error
        if len(piece) > room:
            raise too_large(self._max_bytes)
        self._body += piece
