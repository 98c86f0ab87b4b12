"""What flows through the pipeline: entries, articles, stories, a selection, a draft, an issue.

Every value is frozen and can be stored as JSON, so that a step's output can be kept and a resumed
run goes on from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from autopilot.domain.provenance import Sentence
from autopilot.domain.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The half-open span [start, end) of publication times an issue covers, in UTC."""

    start: datetime
    end: datetime

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item as its feed states it: plain text, entities decoded, markup removed.

    `link` is absolute, or "" where the feed gives none; `published` is None where the feed gives
    no date that can be read (it is never invented).
    """

    title: str
    link: str
    summary: str
    published: datetime | None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A parsed feed. `problem` says why nothing could be read; entries are then empty.

    `site` is the address of the site it belongs to; `ttl_seconds` and `skip_hours` (UTC) are the
    feed's own word on when it is to be asked.
    """

    title: str
    entries: tuple[Entry, ...]
    language: str | None = None
    problem: str | None = None
    site: str = ""
    ttl_seconds: int | None = None
    skip_hours: tuple[int, ...] = ()


class SourceStatus(StrEnum):
    """How one source answered in one run."""

    OK = "ok"
    UNCHANGED = "unchanged"
    EMPTY = "empty"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRequest:
    """What to ask for; the validators of the last answer make it a conditional request."""

    url: str
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """One source's answer. A failure is a value: `error` is a sentence for people, body is empty.

    `body` holds the bytes after content decoding; `unchanged` is True for HTTP 304, `etag` and
    `last_modified` are what to send next time, `seconds` the time from first connect to last byte.
    `status` is the HTTP status of a failure, 0 where nothing answered (`unknown_host`: no name server
    knows the host). `answered_by` is the address that gave the body in the end, `moved_to` the same
    where every redirect on the way was permanent. `wait_seconds` is the server's own word on when to
    ask again: Retry-After of a failure, else the age up to which the answer is fresh.
    """

    url: str
    body: bytes = b""
    content_type: str = ""
    unchanged: bool = False
    etag: str | None = None
    last_modified: str | None = None
    error: str | None = None
    seconds: float = 0.0
    status: int = 0
    unknown_host: bool = False
    answered_by: str = ""
    moved_to: str | None = None
    wait_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """What one source gave to one run; `entries` counts all entries, in or out of the window."""

    url: str
    name: str
    status: SourceStatus
    entries: int = 0
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One dated article from one source.

    `key` is the canonical URL (scheme-less, no tracking parameters); two articles with one key are
    copies. `text` is plain text, whatever the feed gave; `extracted` says that it was read from the
    article's page. `published` is the feed's date or, where `dated` is False, the time the article
    was first seen. `region` is the source's region id and `local` says whether that region always
    applies; `weight` is the source's.
    """

    key: str
    url: str
    title: str
    text: str
    published: datetime
    dated: bool
    source: str
    source_url: str
    region: str | None = None
    local: bool = False
    language: str | None = None
    extracted: bool = False
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """All articles a run may choose from, what each source gave, and what fell outside the window."""

    articles: tuple[Article, ...]
    reports: tuple[SourceReport, ...]
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One event: the article to show, the same event elsewhere, where it belongs, and why it is in.

    `category` and `region` are ids of the specification; `region` is None where no region fits.
    `score` grows with relevance and is comparable within one selection only. `update_of` is the day
    of the earlier issue that had the story, where it returns with something new.
    """

    lead: Article
    also: tuple[Article, ...]
    category: str
    region: str | None
    score: float
    reason: str
    update_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """An article that is not in the issue, the sentence that says why, and its score (0 where it
    was never scored).
    """

    title: str
    url: str
    reason: str
    score: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Stories in reading order (category by category, best first) and every article left out."""

    stories: tuple[Story, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A story readers had: the ISO day of its issue, its headline, and all that was told or stored
    of it (summary, the titles and texts of its articles).
    """

    day: str
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What readers have had already: article keys and normalised titles -> the day of that issue,
    and the stories themselves, oldest first.
    """

    keys: dict[str, str]
    titles: dict[str, str]
    stories: tuple[Remembered, ...] = ()


NOTHING_SENT = Memory(keys={}, titles={})


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftStory:
    """A story with its words. `excerpt` is True where the words are the source's own, verbatim.

    `sentences` are those of the summary with the passages they rest on, `note` says what happened
    where a model's words were not taken.
    """

    story: Story
    headline: str
    summary: str
    excerpt: bool
    sentences: tuple[Sentence, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """What reviewers did to a draft: which lines are theirs, and the keys of the articles of stories
    that they took out.
    """

    subject: bool = False
    intro: bool = False
    dropped: tuple[str, ...] = ()


UNEDITED = Edits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A written issue before it gets its look: subject, preheader and stories in reading order.

    `writer` names who wrote ("extractive" or a model), `notes` what readers should know about it,
    `usage` what it took, `edits` what reviewers changed.
    """

    subject: str
    preheader: str
    stories: tuple[DraftStory, ...]
    writer: str
    intro: str = ""
    notes: tuple[str, ...] = ()
    usage: tuple[Usage, ...] = ()
    edits: Edits = UNEDITED


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The issue as a reader gets it: an email-safe HTML page and the text part of the same content."""

    subject: str
    preheader: str
    html: str
    text: str
