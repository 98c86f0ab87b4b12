"""Rules for the two lines an inbox shows, and for what a header must never hold."""

from __future__ import annotations

import re
from collections.abc import Iterator

from autopilot.domain.content import Draft, DraftStory
from autopilot.domain.gate import Severity
from autopilot.pipeline.check.checked import Checked
from autopilot.pipeline.check.found import Found, Mend
from autopilot.pipeline.check.page import Page, plain
from autopilot.pipeline.check.wording import content_words, folded

SUBJECT_CHARACTERS = (20, 60)
PREHEADER_CHARACTERS = (40, 100)
LAST_SUBJECTS = 10
PADDING = 60  # invisible characters after the preheader, so that the page's first words stay out
LEADS = 3
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_SHOUTED = re.compile(r"[^\W\d_]{5,}")
_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf\u2b50-\u2b55\u231a-\u23f3]")
_SPACERS = re.compile("[\u034f\u200b-\u200f\u2007\u00a0\u00ad\ufeff\u2060]")


def headers(issue: Checked) -> Iterator[Found]:
    """E5, in part: no line break and no control character can reach a header."""
    for name, line, mend in (
        ("subject", issue.subject, Mend.NEW_SUBJECT),
        ("preheader", issue.preheader, Mend.NEW_PREHEADER),
    ):
        if line is not None and _CONTROL.search(line):
            yield Found(
                rule="E5",
                message=f"the {name} holds a line break or a control character",
                where=f"{name}: {line[:60]!r}",
                advice="write it as one plain line",
                mend=mend,
            )


def subject(issue: Checked) -> Iterator[Found]:
    """W1: a subject of 20 to 60 characters that does not shout and is not one of the last ten."""
    if issue.subject is None:
        return
    line = issue.subject
    for message, advice in _subject_faults(line, issue.subjects[:LAST_SUBJECTS]):
        yield Found(
            rule="W1",
            message=message,
            where=f"subject: “{line[:80]}”",
            advice=advice,
            severity=Severity.WARNING,
            mend=Mend.NEW_SUBJECT,
        )


def _subject_faults(line: str, earlier: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    fewest, most = SUBJECT_CHARACTERS
    if not fewest <= len(line) <= most:
        yield f"the subject has {len(line)} characters", f"write {fewest} to {most}"
    shouted = [word for word in _SHOUTED.findall(line) if word.isupper() and word != word.lower()]
    if shouted:
        yield f"the subject shouts: {shouted[0]}", "write words in small letters"
    if len(_EMOJI.findall(line)) > 1:
        yield "the subject has more than one emoji", "leave one, or none"
    if len(re.findall("[!！]", line)) > 1:
        yield "the subject has more than one exclamation mark", "leave one, or none"
    if folded(line) in map(folded, earlier):
        yield "the subject is that of one of the last ten issues", "name what is new"


def preheader(issue: Checked, page: Page) -> Iterator[Found]:
    """W2: 40 to 100 characters, not the subject; in a hidden, padded block at the top."""
    for message, where, advice, mend in _preheader_faults(issue, page):
        yield Found(
            rule="W2",
            message=message,
            where=where,
            advice=advice,
            severity=Severity.WARNING,
            mend=mend,
        )


def _preheader_faults(issue: Checked, page: Page) -> Iterator[tuple[str, str, str, Mend | None]]:
    line = issue.preheader
    fewest, most = PREHEADER_CHARACTERS
    if line is not None:
        where = f"preheader: “{line[:100]}”"
        if not fewest <= len(line) <= most:
            told = f"the preheader has {len(line)} characters"
            yield told, where, f"write {fewest} to {most}", Mend.NEW_PREHEADER
        if issue.subject is not None and folded(line) == folded(issue.subject):
            told = "the preheader repeats the subject"
            yield told, where, "go on where the subject ends", Mend.NEW_PREHEADER
    first = next((place for place in page.flow if plain(place[1]) and _in_body(place[0])), None)
    if first is None:
        return
    box, text = first
    if not box.face.hidden or (line and folded(plain(text)) != folded(line)):
        told = "there is no hidden preheader at the top of the page"
        advice = "begin the body with a hidden block that holds the preheader"
        yield told, box.where, advice, None
    elif len(_SPACERS.findall(text)) < PADDING:
        told = "the preheader is not padded: an inbox shows the page's first words after it"
        yield told, box.where, f"add {PADDING} or more invisible spaces after it", None


def _in_body(box: object) -> bool:
    return getattr(box, "tag", "") not in ("title", "head", "html")


def names_a_fact(issue: Checked) -> Iterator[Found]:
    """E6: the subject names a fact of a lead story."""
    if issue.subject is None or issue.draft is None or not issue.draft.stories:
        return
    said = content_words(issue.subject)
    if any(_shares(said, story) for story in lead_stories(issue.draft)):
        return
    yield Found(
        rule="E6",
        message="the subject names nothing of a lead story",
        where=f"subject: “{issue.subject[:80]}”",
        advice="name a fact of the first or the best story",
        mend=Mend.NEW_SUBJECT,
    )


def lead_stories(draft: Draft) -> list[DraftStory]:
    """Return the stories that may be called leading: the three best, and the first of each section."""
    best = sorted(draft.stories, key=lambda written: -written.story.score)[:LEADS]
    first: dict[str, DraftStory] = {}
    for written in draft.stories:
        first.setdefault(written.story.category, written)
    return [*best, *first.values()]


def _shares(said: frozenset[str], written: DraftStory) -> bool:
    """Whether two of the subject's words, or its only one, are the story's."""
    story = content_words(f"{written.headline} {written.summary} {written.story.lead.title}")
    return len(said & story) >= min(2, max(len(said), 1))
