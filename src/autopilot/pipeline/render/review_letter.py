"""Draws the letter that asks a reviewer to look at an issue: as mail programs need it, and as text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from autopilot.pipeline.render.html import environment, inliner
from autopilot.pipeline.render.links import safe_link
from autopilot.pipeline.render.palette import palette_of
from autopilot.pipeline.write.one_line import one_line

WIDTH = 76


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterStory:
    """A story of the draft; `drop_url` is "" where there are no links."""

    number: int
    title: str
    url: str
    summary: str
    facts: str
    section: str
    drop_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterAction:
    """Something the reviewer can do: the words of its link, its address, and what it does."""

    name: str
    url: str
    effect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPage:
    """All that the letter says. `state` are sentences, `alarms` what needs care first; `actions` come
    with the main one first, and where there are none `without_links` says what to do instead.
    """

    title: str
    newsletter: str
    color: str
    language: str
    state: tuple[str, ...]
    alarms: tuple[str, ...]
    actions: tuple[LetterAction, ...]
    without_links: str
    subject: str
    preheader: str
    intro: str
    stories: tuple[LetterStory, ...]
    notes: tuple[str, ...]


def review_letter_html(page: ReviewPage) -> str:
    """Return the letter as one HTML document with its styles inlined."""
    palette = palette_of(page.color)
    html = (
        environment()
        .get_template("review_letter.html.j2")
        .render(page=page, light=palette.light, dark=palette.dark, safe_link=safe_link)
    )
    return inliner().inline(html)


def review_letter_text(page: ReviewPage) -> str:
    """Return the letter as plain text, wrapped at 76 characters, addresses whole on their own lines."""
    return "\n".join([*_asking(page), *_draft(page), *_foot(page)]) + "\n"


def _asking(page: ReviewPage) -> Iterator[str]:
    yield from _wrapped(page.title)
    for line in (*page.alarms, *page.state):
        yield ""
        yield from _wrapped(line)
    for action in page.actions:
        yield ""
        yield from _wrapped(f"{action.name}: {action.effect}")
        yield action.url
    if page.without_links:
        yield ""
        yield from _wrapped(page.without_links)


def _draft(page: ReviewPage) -> Iterator[str]:
    yield ""
    yield "-" * 40
    yield from _wrapped(f"Subject: {page.subject}")
    yield from _wrapped(f"Preview: {page.preheader}")
    for line in page.intro.splitlines():
        yield ""
        yield from _wrapped(line)
    section = ""
    for story in page.stories:
        if story.section != section:
            section = story.section
            yield ""
            yield from _wrapped(section.upper())
        yield ""
        yield from _story(story)


def _story(story: LetterStory) -> Iterator[str]:
    yield from _wrapped(f"{story.number}. {story.title}")
    yield from _wrapped(story.facts)
    yield from _wrapped(story.summary)
    if url := safe_link(story.url):
        yield url
    if story.drop_url:
        yield f"Drop story {story.number}:"
        yield story.drop_url


def _foot(page: ReviewPage) -> Iterator[str]:
    yield ""
    yield "-" * 40
    for line in page.notes:
        yield from _wrapped(line)


def _wrapped(line: str) -> list[str]:
    return textwrap.wrap(one_line(line), WIDTH, break_long_words=False, break_on_hyphens=False)
