"""Mail addresses on a page: words to read, not links that open a mail program when a row is clicked."""

from __future__ import annotations

from autopilot.ui.parts.text import plain

# Markdown makes links of addresses whatever signs are escaped; between two pieces it finds none.
_CUT = ":gray[]"


def address(text: str) -> str:
    """Return a mail address for a place that reads Markdown, as it is written and no link."""
    mailbox, sign, domain = text.rpartition("@")
    return f"{plain(mailbox)}\\@{_CUT}{plain(domain)}" if sign else plain(text)
