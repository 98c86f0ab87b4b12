"""Mends a draft by what the gate found: the mildest change that takes the reason for it away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from autopilot.domain.content import Article, Draft, DraftStory
from autopilot.domain.specification import Specification
from autopilot.pipeline.check.found import Found, Mend
from autopilot.pipeline.collect.canonical import clean_url
from autopilot.pipeline.write.draft import headline_of
from autopilot.pipeline.write.extract import excerpt
from autopilot.pipeline.write.one_line import one_line
from autopilot.pipeline.write.subject import preheader_of, subject_of

DONE = {
    Mend.CLEAN_LINK: "the tracker was taken off",
    Mend.DROP_ALSO: "the link was dropped",
    Mend.NEW_SUBJECT: "the subject was written anew",
    Mend.NEW_PREHEADER: "the preheader was written anew",
    Mend.DROP_INTRO: "the introduction was dropped",
    Mend.EXTRACT: "the source's own words were taken",
    Mend.DROP_SUMMARY: "the summary was dropped",
    Mend.SHRINK: "the lowest-ranked stories were shortened",
    Mend.DROP_REPEAT: "the repeated story was dropped",
    Mend.DROP_STORY: "the story was dropped",
}
NOTE = "the gate replaced a model's words by the source's own"
SHRINKS = 3  # a third of the stories loses its summary at a time


def mended(
    draft: Draft, found: Iterable[Found], *, specification: Specification, edition: str
) -> Draft:
    """Return the draft with everything done that the findings ask for; unchanged if nothing can be.

    `edition` names the issue for people, as for the writer. The last story is never dropped.
    """
    asked = [each for each in found if each.mend is not None]
    stories = _mended_stories(draft.stories, asked)
    if not stories:
        return draft
    kinds = {each.mend for each in asked}
    if Mend.SHRINK in kinds:
        stories = _shrunk(stories)
    result = replace(draft, stories=stories)
    if Mend.DROP_INTRO in kinds:
        result = replace(result, intro="")
    if Mend.NEW_SUBJECT in kinds:
        result = replace(result, subject=subject_of(stories, specification, edition))
    if Mend.NEW_PREHEADER in kinds:
        line = preheader_of(stories, specification, edition, result.subject)
        result = replace(result, preheader=line)
    return result


def _mended_stories(stories: tuple[DraftStory, ...], asked: list[Found]) -> tuple[DraftStory, ...]:
    wanted: dict[str, dict[Mend | None, set[str]]] = {}
    for each in asked:
        wanted.setdefault(each.story, {}).setdefault(each.mend, set()).add(each.url)
    kept: list[DraftStory] = []
    seen: set[str] = set()
    for written in stories:
        key = written.story.lead.key
        mine = wanted.get(key, {})
        repeated = key in seen and Mend.DROP_REPEAT in mine
        seen.add(key)
        if not repeated and Mend.DROP_STORY not in mine:
            kept.append(_mended_story(written, mine))
    return tuple(kept)


def _mended_story(written: DraftStory, asked: Mapping[Mend | None, set[str]]) -> DraftStory:
    dropped, unclean = asked.get(Mend.DROP_ALSO, set()), asked.get(Mend.CLEAN_LINK, set())
    story = written.story
    also = (article for article in story.also if article.url not in dropped)
    story = replace(
        story,
        lead=_cleaned(story.lead, unclean),
        also=tuple(_cleaned(article, unclean) for article in also),
    )
    result = replace(written, story=story)
    if Mend.EXTRACT in asked:
        result = in_its_sources_words(result)
    if Mend.DROP_SUMMARY in asked:
        result = replace(result, summary="", sentences=())
    return result


def in_its_sources_words(written: DraftStory) -> DraftStory:
    """Return the story with its source's title and lead sentences for headline and summary."""
    lead = written.story.lead
    headline = headline_of(lead.title, lead.source)
    return replace(
        written,
        headline=headline,
        summary=one_line(excerpt(headline, lead.text)),
        excerpt=True,
        sentences=(),
        note=NOTE,
    )


def _cleaned(article: Article, urls: set[str]) -> Article:
    return replace(article, url=clean_url(article.url)) if article.url in urls else article


def _shrunk(stories: tuple[DraftStory, ...]) -> tuple[DraftStory, ...]:
    """The lowest-ranked third that has summaries loses them; where none has, the third goes."""
    ranked = sorted(stories, key=lambda written: written.story.score)
    told = [written for written in ranked if written.summary]
    lowest = (told or ranked)[: max(len(stories) // SHRINKS, 1)]
    chosen = set(map(id, lowest))
    if told:
        return tuple(
            replace(written, summary="", sentences=()) if id(written) in chosen else written
            for written in stories
        )
    return tuple(written for written in stories if id(written) not in chosen) or stories[:1]
