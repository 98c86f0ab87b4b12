"""Arranges a draft for reading: sections in order, dates and names as words, unsafe links dropped.

All parts of an issue, mail, text and web, are drawn from this one page, so that they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from autopilot.domain.content import Draft
from autopilot.pipeline.render.about import about_lines
from autopilot.pipeline.render.item import Item, Link, item_of
from autopilot.pipeline.render.languages import (
    direction_of_language,
    long_date,
    number,
    span,
)
from autopilot.pipeline.render.links import safe_link
from autopilot.pipeline.render.look import Look
from autopilot.pipeline.render.phrases import Phrases
from autopilot.pipeline.render.translations import has_phrases, phrases_for
from autopilot.pipeline.write.one_line import one_line

CONTENTS_FROM_STORIES = 6  # a shorter issue is its own table of contents


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A category with its stories in reading order."""

    name: str
    stories: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An issue ready to be printed; every string is one line without control characters.

    `counts` are stories, sources and sections in words. `why` and what follows is printed where it
    is not empty; of the links, those with an address.
    """

    lang: str
    dir: str
    words: Phrases
    brand: str
    logo: str
    name: str
    date: str
    stories_from: str
    subject: str
    preheader: str
    intro: tuple[str, ...]
    counts: tuple[str, ...]
    has_contents: bool
    sections: tuple[Section, ...]
    about: tuple[str, ...]
    footer: tuple[str, ...]
    why: str
    postal_address: tuple[str, ...]
    unsubscribe: Link
    web: Link
    sources: Link

    @property
    def items(self) -> tuple[Item, ...]:
        """All stories in reading order."""
        return tuple(item for section in self.sections for item in section.stories)


def page_of(draft: Draft, look: Look, *, said: tuple[str, ...] = ()) -> Page:
    """Return the page of a draft; nothing on it was written by this function but names and dates.

    `said` are further sentences for its foot, about how it was drawn.
    """
    words = phrases_for(look.language)
    name = one_line(look.name)
    sections = tuple(_sections(draft, look))
    return Page(
        lang=look.language,
        dir=direction_of_language(look.language),
        words=words,
        brand=one_line(look.brand.name or ""),
        logo=_logo(look),
        name=name,
        date=long_date(look.edition, look.language, look.zone),
        stories_from=_stories_from(look, words),
        subject=one_line(draft.subject),
        preheader=one_line(draft.preheader),
        intro=_lines(draft.intro),
        counts=tuple(_counts(draft, look, len(sections))),
        has_contents=len(draft.stories) >= CONTENTS_FROM_STORIES and len(sections) > 1,
        sections=sections,
        about=(*about_lines(draft, look, words), *map(one_line, said)),
        footer=_lines(look.brand.footer),
        why=one_line(look.why),
        postal_address=_lines(look.postal_address),
        unsubscribe=_link(words.unsubscribe.format(name=name), look.unsubscribe_url),
        web=_link(words.on_the_web, look.web_url),
        sources=_link(words.traced, look.sources_url),
    )


def lowest_ranked(items: Iterable[Item]) -> list[Item]:
    """Return the stories an issue can best do without, the first to go first."""
    last_first = tuple(items)[::-1]
    return sorted(last_first, key=lambda item: item.score)


def _sections(draft: Draft, look: Look) -> Iterator[Section]:
    found = dict.fromkeys([*look.categories, *(each.story.category for each in draft.stories)])
    index = 0
    for category in found:
        members = [each for each in draft.stories if each.story.category == category]
        if members:
            name = one_line(look.categories.get(category, category))
            stories = tuple(item_of(each, look, at) for at, each in enumerate(members, index))
            yield Section(name=name, stories=stories)
        index += len(members)


def _stories_from(look: Look, words: Phrases) -> str:
    """The window in words; bare where they would be English beside a date of another language."""
    window = span(look.window, look.language, look.zone)
    return words.stories_from.format(window=window) if has_phrases(look.language) else window


def _counts(draft: Draft, look: Look, sections: int) -> Iterator[str]:
    words = phrases_for(look.language)
    for count, one, many in (
        (len(draft.stories), words.stories_one, words.stories_many),
        (look.sources, words.sources_one, words.sources_many),
        (sections, words.sections_one, words.sections_many),
    ):
        if count:
            yield (one if count == 1 else many).format(count=number(count, look.language))


def _logo(look: Look) -> str:
    """The logo if it is HTTPS; mail programs show no other, and the name stands in for it."""
    link = safe_link(look.brand.logo or "")
    return link if link.lower().startswith("https:") else ""


def _link(words: str, url: str) -> Link:
    return Link(name=words, url=safe_link(url))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(filter(None, map(one_line, text.splitlines())))
