"""Writes an issue from the sources' own words: the writer that needs no model and cannot invent.

A headline is the article's title, a summary its lead sentences, and every summary says that it is
an excerpt.
"""

from __future__ import annotations

import re

from autopilot.domain.content import Draft, DraftStory, Selection, Story
from autopilot.domain.specification import Specification
from autopilot.pipeline.write.extract import excerpt_sentences, joined
from autopilot.pipeline.write.one_line import one_line
from autopilot.pipeline.write.provenance import with_sources
from autopilot.pipeline.write.subject import preheader_of, subject_of

EXTRACTIVE = "extractive"
_SUFFIX = re.compile(r"^(?P<title>.*\S)\s+[-–—|·•»:]\s+(?P<source>\S.*)$")


def write_extractive(selection: Selection, specification: Specification, edition: str) -> Draft:
    """Return the draft of `selection` with extracts for summaries, stories in the order given.

    `edition` names the issue for people ("23 November 2026"); it fills a subject or preheader that
    the headlines alone leave too short.
    """
    stories = tuple(map(extract_story, selection.stories))
    subject = subject_of(stories, specification, edition)
    return Draft(
        subject=subject,
        preheader=preheader_of(stories, specification, edition, subject),
        stories=stories,
        writer=EXTRACTIVE,
    )


def headline_of(title: str, source: str) -> str:
    """Return the title on one line, without the " - Source" that some feeds hang on every title."""
    title = one_line(title)
    match = _SUFFIX.match(title)
    if match and match["source"].casefold() == one_line(source).casefold():
        return match["title"]
    return title


def extract_story(story: Story, note: str = "") -> DraftStory:
    """Return a story in its source's own words; `note` says why, where a model was to write it."""
    headline = headline_of(story.lead.title, story.lead.source)
    pieces = tuple(filter(None, map(one_line, excerpt_sentences(headline, story.lead.text))))
    return DraftStory(
        story=story,
        headline=headline,
        summary=joined(pieces),
        excerpt=True,
        sentences=with_sources(pieces, (story.lead,)),
        note=note,
    )
