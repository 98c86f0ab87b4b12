"""Slack and what understands it (Mattermost, Rocket.Chat, Discord's /slack): subject, top stories, link.

Limits and escaping: docs.slack.dev/reference/block-kit/blocks, messaging/formatting-message-text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autopilot.domain.channel import SlackChannel
from autopilot.domain.handover import Handover
from autopilot.domain.letter import Answer, Parcel
from autopilot.service.channels.answers import answer_of
from autopilot.service.context import App

STORIES = 10
LONGEST_HEADER, LONGEST_SECTION, LONGEST_TEXT = 150, 3_000, 4_000  # of 150, 3,000 and 40,000
LONGEST_TITLE, LONGEST_SUMMARY, LONGEST_HEAD = 200, 280, 1_500  # escaping may make five of one
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# A link's own syntax: <address|text>.
_IN_LINKS = str.maketrans({"|": "%7C", ">": "%3E", "<": "%3C", " ": "%20"})


def send(app: App, channel: SlackChannel, parcel: Parcel) -> Answer:
    """Post the message."""
    body = json.dumps(message_of(parcel), ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json; charset=utf-8"}
    return answer_of(app.outgoing.hand_over(Handover(url=channel.url, body=body, headers=headers)))


def message_of(parcel: Parcel) -> dict[str, Any]:
    """Return the message; `text` is what notifications and readers without blocks show."""
    stories: Sequence[Mapping[str, Any]] = list(parcel.document.get("stories") or ())  # type: ignore[call-overload]
    return {
        "text": escaped(_cut(parcel.subject, LONGEST_TEXT)),
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": list(_blocks(parcel, stories)),
    }


def escaped(text: str) -> str:
    """Return text that Slack shows as it is: no mention, no link, no channel can be made of it."""
    return text.translate(_ESCAPES)


def _blocks(parcel: Parcel, stories: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    subject = _cut(" ".join(parcel.subject.split()), LONGEST_HEADER)
    yield {"type": "header", "text": {"type": "plain_text", "text": subject, "emoji": False}}
    for story in stories[:STORIES]:
        yield _section(_story(story))
    if len(stories) > STORIES:
        yield _context(f"and {len(stories) - STORIES} more")
    if parcel.web_url:
        yield _section(f"<{parcel.web_url.translate(_IN_LINKS)}|Read the whole issue>")


def _story(story: Mapping[str, Any]) -> str:
    title = escaped(_cut(str(story.get("title") or "(no title)"), LONGEST_TITLE))
    summary = escaped(_cut(" ".join(str(story.get("summary") or "").split()), LONGEST_SUMMARY))
    head = _linked(str(story.get("url") or ""), title)
    return f"{head}\n{summary}" if summary else head


def _linked(address: str, title: str) -> str:
    target = address.translate(_IN_LINKS).replace("&", "&amp;")
    linked = f"*<{target}|{title}>*"
    is_web = target.startswith(("http://", "https://"))
    return linked if is_web and len(linked) <= LONGEST_HEAD else f"*{title}*"


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:LONGEST_SECTION]}}


def _context(text: str) -> dict[str, Any]:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text}]}


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
