"""Feeds of past issues: RSS 2.0 (rssboard.org/rss-specification) and JSON Feed 1.1 (jsonfeed.org)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.utils import format_datetime
from html import escape
from typing import Any
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from autopilot.domain.instants import iso
from autopilot.service.archiving import Past, Story
from autopilot.service.newsletter import Newsletter

Issues = Sequence[tuple[Past, Sequence[Story]]]
ATOM = "http://www.w3.org/2005/Atom"
# What XML 1.0 cannot hold, escaped or not.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
register_namespace("atom", ATOM)


def rss(newsletter: Newsletter, issues: Issues, base: str) -> bytes:
    """Return past issues as RSS; `base` is the archive's address, with a slash at its end."""
    root = Element("rss", version="2.0")
    channel = SubElement(root, "channel")
    for name, text in (
        ("title", newsletter.name),
        ("link", base),
        ("description", _about(newsletter)),
        ("language", newsletter.language),
    ):
        _text(channel, name, text)
    own = {"href": f"{base}feed.xml", "rel": "self", "type": "application/rss+xml"}
    SubElement(channel, f"{{{ATOM}}}link", own)
    for past, stories in issues:
        item = SubElement(channel, "item")
        _text(item, "title", past.subject)
        _text(item, "link", f"{base}{past.id}")
        _text(item, "guid", f"{base}{past.id}")
        _text(item, "pubDate", format_datetime(past.at))
        _text(item, "description", _html(past, stories))
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def json_feed(newsletter: Newsletter, issues: Issues, base: str) -> dict[str, Any]:
    """Return past issues as a JSON Feed."""
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": newsletter.name,
        "home_page_url": base,
        "feed_url": f"{base}feed.json",
        "description": _about(newsletter),
        "language": newsletter.language,
        "authors": [{"name": newsletter.sender}],
        "items": [
            {
                "id": f"{base}{past.id}",
                "url": f"{base}{past.id}",
                "title": past.subject,
                "summary": past.preheader,
                "content_html": _html(past, stories),
                "date_published": iso(past.at),
            }
            for past, stories in issues
        ],
    }


def _about(newsletter: Newsletter) -> str:
    return f"{newsletter.name}, by {newsletter.sender}"


def _html(past: Past, stories: Sequence[Story]) -> str:
    """The issue for a feed reader: its first words, then each story with its source."""
    opening = past.intro or past.preheader
    parts = [f"<p>{escape(opening)}</p>"] if opening else []
    for story in stories:
        title = f'<a href="{escape(story.url)}">{escape(story.title)}</a>'
        summary = f"<br>{escape(story.summary)}" if story.summary else ""
        parts.append(f"<p><b>{title}</b> ({escape(', '.join(story.sources))}){summary}</p>")
    return "\n".join(parts)


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = _NO_XML.sub("", text)
