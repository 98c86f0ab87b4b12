"""What the gate is given: a rendered issue, and whatever is known of how it came about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from autopilot.domain.content import Draft, DraftStory, Window
from autopilot.domain.link import LinkAnswer
from autopilot.domain.specification import Specification

Faults = Callable[[DraftStory], tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """An issue before the gate. What is None or empty is not known; its rules are then not run.

    `zone` is an IANA name; `subjects` are the last ten, newest first; `sent` maps the keys of
    stories in earlier issues to the day of the issue; `links` are answers by address; `known_urls`
    may be linked besides the stories' own, and `allowed_places` are private `host:port` that the
    operator has allowed; `sender` are the lines that say who sends;
    `late_label` marks a story from outside the window; `faults` says what in a model's summary is
    not in its sources, and `unsubscribe_url` is known once a mail is made.
    """

    html: str
    text: str | None = None
    subject: str | None = None
    preheader: str | None = None
    draft: Draft | None = None
    specification: Specification | None = None
    window: Window | None = None
    zone: str = "UTC"
    subjects: tuple[str, ...] = ()
    sent: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, LinkAnswer] = field(default_factory=dict)
    known_urls: frozenset[str] = frozenset()
    allowed_places: frozenset[str] = frozenset()
    sender: tuple[str, ...] = ()
    late_label: str = ""
    faults: Faults | None = None
    unsubscribe_url: str | None = None
