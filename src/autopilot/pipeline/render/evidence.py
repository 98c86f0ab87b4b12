"""Shows where each sentence of a story comes from: the stored passages, with their articles."""

from __future__ import annotations

from dataclasses import dataclass

from autopilot.domain.content import Article, DraftStory
from autopilot.domain.provenance import Passage, Sentence
from autopilot.pipeline.render.item import HEADLINE_CHARACTERS, Item, name_of
from autopilot.pipeline.render.links import safe_link
from autopilot.pipeline.write.one_line import cut_at_word, one_line

QUOTE_CHARACTERS = 400  # enough to check a sentence, and no republishing


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A passage word for word, and the article it stands in; `url` is "" where there is no link."""

    words: str
    source: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A printed sentence and the passages it rests on, the nearest first."""

    sentence: str
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """A story as it is printed, with what a reader who doubts it wants to see.

    `original` is the article's own headline where the printed one differs, otherwise "".
    """

    item: Item
    original: str
    reason: str
    note: str
    origins: tuple[Origin, ...]


def traced(item: Item, written: DraftStory) -> Traced:
    """Return the printed story with its origins, every string one line."""
    articles = {article.key: article for article in (written.story.lead, *written.story.also)}
    title = cut_at_word(one_line(written.story.lead.title), HEADLINE_CHARACTERS)
    return Traced(
        item=item,
        original="" if title == item.headline else title,
        reason=one_line(written.story.reason),
        note=one_line(written.note),
        origins=tuple(_origin(sentence, articles) for sentence in written.sentences),
    )


def _origin(sentence: Sentence, articles: dict[str, Article]) -> Origin:
    quotes = (_quote(passage, articles.get(passage.article)) for passage in sentence.passages)
    return Origin(sentence=one_line(sentence.text), quotes=tuple(quotes))


def _quote(passage: Passage, article: Article | None) -> Quote:
    return Quote(
        words=cut_at_word(one_line(passage.quote), QUOTE_CHARACTERS),
        source=name_of(article) if article else one_line(passage.article),
        url=safe_link(article.url) if article else "",
    )
