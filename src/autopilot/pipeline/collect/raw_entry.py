"""One entry as its feed wrote it, and the rules that turn it into an Entry, the same for all formats."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from autopilot.domain.content import Entry
from autopilot.pipeline.collect.dates import read_date
from autopilot.pipeline.collect.links import absolute_link
from autopilot.pipeline.collect.plain_text import MAX_TEXT, one_line, plain_text, shortened

MAX_ENTRIES = 5_000
"""Entries read per feed, from its top; real feeds hold tens, archives a few thousand."""

ENOUGH_TEXT = 2_000
"""Characters of summary that make reading the full content needless."""

_LANGUAGE = re.compile(r"(?i)[a-z]{2,3}(?:[-_][a-z0-9]{2,8})*")
_CUT_OFF = re.compile(
    r"(?i)(?:…|\.\.\.|\[…\]|\[\.\.\.\]|(?:read|learn) more|continue reading)\W*\Z"
)


@dataclass(slots=True, kw_only=True)
class RawEntry:
    """Text, links and dates as written; filled while one entry is read, then built once.

    `link`, `permalink` (a guid or id that is an address) and `origin` (FeedBurner's original link)
    are in order of preference, as are `published` and `updated`. The `*_markup` flags say whether
    the feed declares HTML; text is searched for known tags in any case. `stand_in` describes the
    entry's sound or film, for want of better.
    """

    base: str
    title: str = ""
    title_markup: bool = False
    link: str | None = None
    origin: str | None = None
    permalink: str | None = None
    summary: str = ""
    summary_markup: bool = True
    content: str = ""
    content_markup: bool = True
    stand_in: str = ""
    published: str | None = None
    updated: str | None = None
    language: str | None = None

    def build(self) -> Entry:
        """Return the entry with plain text, an absolute link and a date where one can be read."""
        return Entry(
            title=one_line(self.title, markup=self.title_markup) if self.title else "",
            link=_first_link((self.link, self.origin, self.permalink), self.base),
            summary=self._text(),
            published=read_date(self.published) or read_date(self.updated),
            language=language_of(self.language),
        )

    def _text(self) -> str:
        if not self.summary and not self.content:
            return plain_text(self.stand_in) if self.stand_in else ""
        summary = plain_text(self.summary, markup=self.summary_markup) if self.summary else ""
        if not self.content or len(summary) >= ENOUGH_TEXT:
            return summary
        return joined(summary, plain_text(self.content, markup=self.content_markup))


def joined(summary: str, content: str) -> str:
    """Return one text of both: the summary leads unless it is only the content's cut-off beginning."""
    if not summary or not content:
        return summary or content
    opening = summary[:60].rstrip("….[] ")
    if content.startswith(opening) or (is_cut_off(summary) and len(content) > 60):
        return content if len(content) >= len(summary) else summary
    return shortened(f"{summary}\n{content}", MAX_TEXT)


def is_cut_off(text: str) -> bool:
    """Say whether a text ends in an ellipsis or an invitation to read on."""
    end = text[-40:]
    may_be = "…" in end or "..." in end or "more" in (lower := end.lower()) or "read" in lower
    return may_be and _CUT_OFF.search(end) is not None


def language_of(value: str | None) -> str | None:
    """Return a language tag in lower case ("en-us"), or None for anything that is not one."""
    text = (value or "").strip()
    return text.lower().replace("_", "-") if len(text) < 36 and _LANGUAGE.fullmatch(text) else None


def _first_link(candidates: Iterable[str | None], base: str) -> str:
    for candidate in candidates:
        if candidate and (link := absolute_link(candidate, base)):
            return link
    return ""
