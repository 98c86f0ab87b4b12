"""Rules for octets: the HTML under Gmail's limit, and a text part that says the same."""

from __future__ import annotations

from collections.abc import Iterator

from autopilot.domain.content import DraftStory
from autopilot.pipeline.check.checked import Checked
from autopilot.pipeline.check.found import Found, Mend, warning
from autopilot.pipeline.check.page import DEEPEST, MOST_CHARACTERS, MOST_ELEMENTS, Page
from autopilot.pipeline.check.wording import folded, piece

MOST_OCTETS, MANY_OCTETS = 102_400, 80_000
MOST_LINE_OCTETS = 998  # RFC 5322


def html_size(issue: Checked, page: Page) -> Iterator[Found]:
    """E8: under 102,400 octets, where Gmail cuts a message; a warning from 80,000 on."""
    octets = len(issue.html.encode("utf-8", "replace"))
    if octets >= MOST_OCTETS:
        yield Found(
            rule="E8",
            message=f"the page has {octets:,} octets; Gmail cuts it at {MOST_OCTETS:,}",
            advice="move the lowest-ranked stories to the web page",
            mend=Mend.SHRINK,
        )
    elif octets >= MANY_OCTETS:
        told = f"the page has {octets:,} octets of {MOST_OCTETS:,}; what delivery adds may not fit"
        yield warning("E8", told, advice="have fewer or shorter stories")
    if page.is_cut:
        told = (
            f"the page is too large to be read whole: at most {MOST_CHARACTERS:,} characters,"
            f" {MOST_ELEMENTS:,} elements and {DEEPEST} levels are checked"
        )
        yield Found(rule="E8", message=told, advice="make it smaller")


def text_part(issue: Checked) -> Iterator[Found]:
    """E7: a text part with every story's title and address, in lines that mail can carry."""
    if issue.text is None:
        return
    if not issue.text.strip():
        yield Found(rule="E7", message="the text part is empty", advice="render it again")
    yield from _lines(issue.text)
    flowing = folded(issue.text)
    for written in issue.draft.stories if issue.draft else ():
        yield from _in_text(written, issue.text, flowing)
    if issue.unsubscribe_url and issue.unsubscribe_url not in issue.text:
        told = "the text part has no unsubscribe address"
        yield Found(rule="E7", message=told, advice="print it on a line of its own")


def _lines(text: str) -> Iterator[Found]:
    for number, line in enumerate(text.splitlines(), start=1):
        if len(line.encode("utf-8", "replace")) > MOST_LINE_OCTETS:
            told = f"a line of the text part has more than {MOST_LINE_OCTETS} octets"
            where = f"text line {number} “{line[:40]}…”"
            yield Found(rule="E7", message=told, where=where, advice="break it")
    try:
        text.encode()
    except UnicodeEncodeError:
        told = "the text part holds half a character, which UTF-8 cannot carry"
        yield Found(rule="E7", message=told, advice="clean the source's text")


def _in_text(written: DraftStory, text: str, flowing: str) -> Iterator[Found]:
    where = story_place(written)
    if piece(written.headline) not in flowing:
        told = "the text part lacks a story's title"
        yield Found(rule="E7", message=told, where=where, advice="render it again")
    url = written.story.lead.url
    if url and url not in text:
        yield Found(
            rule="E7",
            message="the text part lacks a story's address",
            where=where,
            advice="the address is no plain web address; drop the story",
            mend=Mend.DROP_STORY,
            story=written.story.lead.key,
        )


def story_place(written: DraftStory) -> str:
    """Return a story as a place for people."""
    headline = written.headline
    return f"story “{headline if len(headline) <= 60 else headline[:59] + '…'}”"
