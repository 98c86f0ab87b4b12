"""Says honestly how an issue came about: from what, by whom, at what cost, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from autopilot.domain.content import Draft
from autopilot.domain.usage import Usage
from autopilot.pipeline.render.languages import dollars, number
from autopilot.pipeline.render.look import Look
from autopilot.pipeline.render.phrases import Phrases
from autopilot.pipeline.write.draft import EXTRACTIVE
from autopilot.pipeline.write.one_line import one_line

MOST_NAMES = 10


def about_lines(draft: Draft, look: Look, words: Phrases) -> tuple[str, ...]:
    """Return the sentences for the foot of the page, one paragraph each."""
    return tuple(filter(None, (one_line(line) for line in _lines(draft, look, words))))


def _lines(draft: Draft, look: Look, words: Phrases) -> Iterator[str]:
    yield " ".join(_making(draft, look, words))
    for used in draft.usage:
        yield _spent(used, look.language, words)
    if look.failed:
        phrase = words.unreached_one if len(look.failed) == 1 else words.unreached_many
        names = _listed(look.failed, words)
        yield phrase.format(
            failed=len(look.failed), count=max(look.sources, len(look.failed)), names=names
        )
    filled = {written.story.category for written in draft.stories}
    empty = [name for category, name in look.categories.items() if category not in filled]
    if empty:
        yield words.nothing_for.format(names=_listed(empty, words))
    yield from dict.fromkeys([*draft.notes, *look.notes])
    yield words.zone.format(zone=look.zone)


def _making(draft: Draft, look: Look, words: Phrases) -> Iterator[str]:
    if look.sources:
        made = words.made_one if look.sources == 1 else words.made_many
        yield made.format(count=look.sources)
    if draft.writer != EXTRACTIVE:
        yield words.model.format(writer=draft.writer)
    if any(written.excerpt and written.summary for written in draft.stories):
        yield words.excerpts


def _spent(used: Usage, language: str, words: Phrases) -> str:
    phrase = words.usage_one if used.calls == 1 else words.usage_many
    known = used.micro_usd is not None
    return phrase.format(
        model=used.model,
        calls=number(used.calls, language),
        tokens=number(used.tokens, language),
        price=dollars(used.micro_usd or 0, language) if known else words.price_unknown,
    )


def _listed(names: Iterable[str], words: Phrases) -> str:
    cleaned = [one_line(name) for name in names]
    more = len(cleaned) - MOST_NAMES
    rest = [words.and_more.format(count=more)] if more > 0 else []
    return ", ".join([*cleaned[:MOST_NAMES], *rest])
