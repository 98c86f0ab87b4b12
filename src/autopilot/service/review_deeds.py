"""Review deeds: what was done to an issue, in words, for pages and commands."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from autopilot.store.audit import Deed

_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "issue.approved": "approved it",
        "issue.held": "held it",
        "issue.withdrawn": "dropped it",
        "issue.released": "sent it out: nobody held it",
        "issue.expired": "let it expire",
        "issue.edited": "edited it",
        "issue.story_dropped": "dropped a story",
        "issue.story_pinned": "put a story first",
        "issue.tested": "sent a test",
    }
)


def told_deed(deed: Deed) -> str:
    """Return what was done, in the past tense and without who: "held it"."""
    return _WORDS.get(deed.action, deed.action)


def told_details(deed: Deed) -> tuple[str, ...]:
    """Return what there is to add to a deed: the story, its successor, the words that were written."""
    said = deed.detail
    title, successor = said.get("title"), said.get("in_its_place")
    told = [f"“{title}”"] if title else []
    told += [f"in its place: “{successor}”"] if successor else []
    told += [f"subject: “{said['subject']}”"] if said.get("subject") else []
    if "intro" in said:
        told.append(f"introduction: “{said['intro']}”" if said["intro"] else "introduction: none")
    told += ["the order of the stories"] if said.get("order") else []
    return tuple(told)
