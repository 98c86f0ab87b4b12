"""Arranges one story for reading: its facts as words, its links checked, its language marked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from autopilot.domain.content import Article, DraftStory, Story
from autopilot.pipeline.render.figures import Piece, pieces_of
from autopilot.pipeline.render.languages import (
    day_of,
    direction_of_language,
    direction_of_text,
    short_date,
)
from autopilot.pipeline.render.links import safe_link
from autopilot.pipeline.render.look import Look
from autopilot.pipeline.render.phrases import Phrases
from autopilot.pipeline.render.translations import phrases_for
from autopilot.pipeline.write.one_line import cut_at_word, one_line
from autopilot.pipeline.write.sentences import each_sentence

HEADLINE_CHARACTERS = 300
NAME_CHARACTERS = 120
SUMMARY_CHARACTERS = 1_500  # an issue points to articles, it never replaces them
BRIEF_CHARACTERS = 220
MOST_ALSO = 5
TIMES_UP_TO = timedelta(days=2)  # in a longer window the hour of a story does not matter


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A name and where it leads; `url` is "" where the address could not be used."""

    name: str
    url: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A story as it is printed. `lang` and `dir` are "" where they are those of the page.

    `pieces` are the summary cut at its figures; `brief` are the first of its sentences, and
    `brief_pieces` these cut at theirs. `news` is the line of a story that returns, `read_at` the
    words of a link to its article, and `index` counts stories in reading order from 0.
    """

    index: int
    headline: str
    url: str
    summary: str
    pieces: tuple[Piece, ...]
    brief: str
    brief_pieces: tuple[Piece, ...]
    facts: tuple[str, ...]
    news: str
    read_at: str
    also: tuple[Link, ...]
    unnamed_also: int
    lang: str
    dir: str
    score: float


def item_of(written: DraftStory, look: Look, index: int) -> Item:
    """Return the story as it is printed, every string one line without control characters."""
    story, words = written.story, phrases_for(look.language)
    also = list(_also(story))
    headline = cut_at_word(one_line(written.headline), HEADLINE_CHARACTERS)
    summary = cut_at_word(one_line(written.summary), SUMMARY_CHARACTERS)
    brief = shortened(summary, BRIEF_CHARACTERS)
    page_dir = direction_of_language(look.language)
    direction = direction_of_text(headline, page_dir)
    return Item(
        index=index,
        headline=headline,
        url=safe_link(story.lead.url),
        summary=summary,
        pieces=pieces_of(summary),
        brief=brief,
        brief_pieces=pieces_of(brief),
        facts=tuple(_facts(written, look)),
        news=_news(story, look, words),
        read_at=words.read_at.format(source=name_of(story.lead)),
        also=tuple(also[:MOST_ALSO]),
        unnamed_also=max(len(also) - MOST_ALSO, 0),
        lang=_foreign(story.lead.language, look.language),
        dir="" if direction == page_dir else direction,
        score=story.score,
    )


def shortened(text: str, most: int) -> str:
    """Return the first whole sentences of the text that fit, or the first one cut at a word."""
    kept = ""
    for sentence in each_sentence(text):
        longer = f"{kept} {sentence}" if kept else sentence
        if len(longer) > most:
            break
        kept = longer
    return kept or cut_at_word(text, most)


def name_of(article: Article) -> str:
    """Return what readers call the article's source."""
    return cut_at_word(one_line(article.source), NAME_CHARACTERS)


def _facts(written: DraftStory, look: Look) -> Iterator[str]:
    """Source, date, region, and what has to be said about them."""
    words, story = phrases_for(look.language), written.story
    yield name_of(story.lead)
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


def _news(story: Story, look: Look, words: Phrases) -> str:
    if story.update_of is None:
        return ""
    return one_line(words.update.format(date=day_of(story.update_of, look.language, look.zone)))


def _also(story: Story) -> Iterator[Link]:
    """The same event elsewhere: one link a source, and none to the lead itself."""
    seen = {story.lead.key, story.lead.source}
    for article in story.also:
        url = safe_link(article.url)
        if url and article.key not in seen and article.source not in seen:
            seen |= {article.key, article.source}
            title = cut_at_word(one_line(article.title), HEADLINE_CHARACTERS)
            yield Link(name=name_of(article), url=url, title=title)


def _foreign(language: str | None, page_language: str) -> str:
    if language is None or _primary(language) == _primary(page_language):
        return ""
    plain = all(part.isascii() and part.isalnum() for part in _parts(language))
    return "-".join(_parts(language)) if plain else ""


def _primary(language: str) -> str:
    return _parts(language)[0].lower()


def _parts(language: str) -> list[str]:
    return language.strip().replace("_", "-").split("-")
