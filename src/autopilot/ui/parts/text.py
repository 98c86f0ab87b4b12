"""Text of people and sources on a page: shown as it is written, whatever signs are in it."""

from __future__ import annotations

import re

_SIGNS = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&^=\"'@/])")


def plain(text: object) -> str:
    """Return text for a place that reads Markdown, so that nothing in it means anything there.

    Line breaks become blanks: a name is one line.
    """
    return _SIGNS.sub(r"\\\1", " ".join(str(text).split()))
