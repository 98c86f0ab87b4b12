"""Text that was encoded twice: UTF-8 that a publisher took for Windows-1252 and encoded again.

"isn't" then reads "isnâ€™t". One in ten captured public feeds holds some. Only sequences that no
language writes are taken back, one by one, since such a feed is often right in other places.
"""

from __future__ import annotations

import re

# What the bytes 0x80 to 0xBF look like in Windows-1252; its five holes stay control characters.
_HIGH = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0xC0))
_BYTES = {sign: byte for byte, sign in enumerate(_HIGH, start=0x80)}
# Portuguese ends words in "Ã" and may close a quotation behind it.
_TAILS = "".join(sign for sign in _HIGH if sign not in "‘’“”–—…")
_CUT = "â€"
# The closing quotation mark ends in a hole, which is lost with other control characters.
_TWICE = re.compile(f"[ÂÃ][{re.escape(_TAILS)}]|â[{re.escape(_HIGH)}]{{2}}|{_CUT}(?!\\w)")


def taken_back(text: str) -> str:
    """Return the text as its author wrote it.

    >>> taken_back("It isnâ€™t a cafÃ©")
    'It isn’t a café'
    """
    return text if text.isascii() else _TWICE.sub(_once, text)


def _once(match: re.Match[str]) -> str:
    signs = match.group()
    if signs == _CUT:
        return "”"
    written = bytes([ord(signs[0]), *(_BYTES[sign] for sign in signs[1:])])
    try:
        return written.decode("utf-8")
    except UnicodeDecodeError:
        return signs
