"""Arranges a draft for reading: sections in order, dates and names as words, unsafe links dropped.

Both parts of an issue, HTML and text, are drawn from this one page, so that they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from autopilot.domain.content import Article, Draft, DraftStory, Story
from autopilot.pipeline.render.about import about_lines
from autopilot.pipeline.render.languages import (
    direction_of_language,
    direction_of_text,
    long_date,
    short_date,
    span,
)
from autopilot.pipeline.render.links import safe_link
from autopilot.pipeline.render.look import Look
from autopilot.pipeline.render.phrases import Phrases, has_phrases, phrases_for
from autopilot.pipeline.write.one_line import cut_at_word, one_line

HEADLINE_CHARACTERS = 300
NAME_CHARACTERS = 120
SUMMARY_CHARACTERS = 1_500  # an issue points to articles, it never replaces them
MOST_ALSO = 5
CONTENTS_FROM_STORIES = 6  # a shorter issue is its own table of contents
TIMES_UP_TO = timedelta(days=2)  # in a longer window the hour of a story does not matter


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A name and where it leads; `url` is "" where the address could not be used."""

    name: str
    url: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A story as it is printed. `lang` and `dir` are "" where they are those of the page."""

    headline: str
    url: str
    summary: str
    facts: tuple[str, ...]
    also: tuple[Link, ...]
    unnamed_also: int
    lang: str
    dir: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A category with its stories in reading order."""

    name: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An issue ready to be printed; every string is one line without control characters."""

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
    has_contents: bool
    sections: tuple[Section, ...]
    about: tuple[str, ...]
    footer: tuple[str, ...]

    @property
    def items(self) -> tuple[Item, ...]:
        """All stories in reading order."""
        return tuple(item for section in self.sections for item in section.items)


def page_of(draft: Draft, look: Look) -> Page:
    """Return the page of a draft; nothing on it was written by this function but names and dates."""
    words = phrases_for(look.language)
    sections = tuple(_sections(draft, look))
    stories = sum(len(section.items) for section in sections)
    return Page(
        lang=look.language,
        dir=direction_of_language(look.language),
        words=words,
        brand=one_line(look.brand.name or ""),
        logo=_logo(look),
        name=one_line(look.name),
        date=long_date(look.edition, look.language, look.zone),
        stories_from=_stories_from(look, words),
        subject=one_line(draft.subject),
        preheader=one_line(draft.preheader),
        has_contents=stories >= CONTENTS_FROM_STORIES and len(sections) > 1,
        sections=sections,
        about=about_lines(draft, look, words),
        footer=tuple(filter(None, map(one_line, look.brand.footer.splitlines()))),
    )


def _stories_from(look: Look, words: Phrases) -> str:
    """The window in words; bare where they would be English beside a date of another language."""
    window = span(look.window, look.language, look.zone)
    return words.stories_from.format(window=window) if has_phrases(look.language) else window


def _logo(look: Look) -> str:
    """The logo if it is HTTPS; mail programs show no other, and the name stands in for it."""
    link = safe_link(look.brand.logo or "")
    return link if link.lower().startswith("https:") else ""


def _sections(draft: Draft, look: Look) -> Iterator[Section]:
    found = dict.fromkeys([*look.categories, *(each.story.category for each in draft.stories)])
    for category in found:
        members = [each for each in draft.stories if each.story.category == category]
        if members:
            name = one_line(look.categories.get(category, category))
            yield Section(name=name, items=tuple(_item(each, look) for each in members))


def _item(written: DraftStory, look: Look) -> Item:
    story = written.story
    also = list(_also(story))
    headline = cut_at_word(one_line(written.headline), HEADLINE_CHARACTERS)
    page_dir = direction_of_language(look.language)
    direction = direction_of_text(headline, page_dir)
    return Item(
        headline=headline,
        url=safe_link(story.lead.url),
        summary=cut_at_word(one_line(written.summary), SUMMARY_CHARACTERS),
        facts=tuple(_facts(written, look)),
        also=tuple(also[:MOST_ALSO]),
        unnamed_also=max(len(also) - MOST_ALSO, 0),
        lang=_foreign(story.lead.language, look.language),
        dir="" if direction == page_dir else direction,
        score=story.score,
    )


def _facts(written: DraftStory, look: Look) -> Iterator[str]:
    """Source, date, region, and what has to be said about them."""
    words, story = phrases_for(look.language), written.story
    yield _name(story.lead)
    yield _date(story.lead, look, words)
    if story.lead.published not in look.window:
        yield words.late
    if story.region is not None:
        yield one_line(look.regions.get(story.region, story.region))
    if written.excerpt and written.summary:
        yield words.excerpt


def _date(article: Article, look: Look, words: Phrases) -> str:
    with_time = look.window.end - look.window.start <= TIMES_UP_TO
    date = short_date(
        article.published, look.language, look.zone, near=look.edition, with_time=with_time
    )
    return date if article.dated else words.first_seen.format(date=date)


def _also(story: Story) -> Iterator[Link]:
    """The same event elsewhere: one link a source, and none to the lead itself."""
    seen = {story.lead.key, story.lead.source}
    for article in story.also:
        url = safe_link(article.url)
        if url and article.key not in seen and article.source not in seen:
            seen |= {article.key, article.source}
            title = cut_at_word(one_line(article.title), HEADLINE_CHARACTERS)
            yield Link(name=_name(article), url=url, title=title)


def _name(article: Article) -> str:
    return cut_at_word(one_line(article.source), NAME_CHARACTERS)


def _foreign(language: str | None, page_language: str) -> str:
    if language is None or _primary(language) == _primary(page_language):
        return ""
    plain = all(part.isascii() and part.isalnum() for part in _parts(language))
    return "-".join(_parts(language)) if plain else ""


def _primary(language: str) -> str:
    return _parts(language)[0].lower()


def _parts(language: str) -> list[str]:
    return language.strip().replace("_", "-").split("-")


def lowest_ranked(items: Iterable[Item]) -> list[Item]:
    """Return the stories an issue can best do without, the first to go first."""
    last_first = tuple(items)[::-1]
    return sorted(last_first, key=lambda item: item.score)
