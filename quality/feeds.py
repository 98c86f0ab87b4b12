"""The feed reader as a measurement sees it: bytes in, plain values out."""

from __future__ import annotations

from autopilot.domain.instants import iso
from autopilot.pipeline.collect.feeds import parse_feed


def parse(data: bytes, url: str) -> list[dict[str, str | None]]:
    """Return title, link and publication time (RFC 3339, None where there is none) per entry."""
    return [
        {"title": entry.title, "link": entry.link, "published": iso(entry.published)}
        for entry in parse_feed(data, url).entries
    ]
