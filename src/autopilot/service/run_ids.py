"""Run ids: random ones that lie side by side in the index, for rows that are written together.

Each batch goes to one place of the index instead of a page of it for each row.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from uuid import UUID

ALIKE_BITS = 12  # three hexadecimal digits: the others still tell abbreviated ids apart
AT_ONCE = 64
_BYTES = 16
_OTHER_BITS = 8 * _BYTES - ALIKE_BITS
_OTHERS = (1 << _OTHER_BITS) - 1


def run_ids() -> Iterator[UUID]:
    """Yield random ids (RFC 9562, version 4) without end, all with the same first bits."""
    place = int.from_bytes(os.urandom(2)) >> (16 - ALIKE_BITS) << _OTHER_BITS
    while True:
        noise = os.urandom(_BYTES * AT_ONCE)
        for start in range(0, len(noise), _BYTES):
            number = int.from_bytes(noise[start : start + _BYTES]) & _OTHERS
            yield UUID(int=place | number, version=4)
