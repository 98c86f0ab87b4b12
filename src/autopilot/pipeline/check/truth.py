"""Rules for what an issue says: its stories' facts, and a model's words against their sources."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from autopilot.domain.content import DraftStory
from autopilot.pipeline.check.checked import Checked
from autopilot.pipeline.check.found import Found, Mend
from autopilot.pipeline.check.page import Page
from autopilot.pipeline.check.size import story_place
from autopilot.pipeline.check.wording import folded, piece

MOST_QUOTED_WORDS = 50
MOST_SUMMARY_WORDS = 200
LONG_ENOUGH_TO_BE_LATIN = 3
_QUOTE = re.compile(r"[\"“„«]([^\"“”„«»]{20,})[\"”“»]")
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


def facts(issue: Checked, page: Page) -> Iterator[Found]:
    """E18: every story shows source, headline, date, category and region, and says when it is late."""
    if issue.draft is None:
        return
    blocks = _blocks(issue, page)
    printed = folded(page.words_between(0, None))
    for written in issue.draft.stories:
        block = blocks.get(written.story.lead.key)
        if block is None:
            # A story cut for size is in the text part only; E7 sees to that.
            if issue.text is None or piece(written.headline) not in folded(issue.text):
                yield _lacks(written, "a story's headline is not in the issue")
            continue
        yield from _lacking(issue, written, *block, printed)


def _blocks(issue: Checked, page: Page) -> dict[str, tuple[str, bool]]:
    """Each story's printed words from its headline to the next one, and whether it is in full."""
    assert issue.draft is not None
    wanted = {piece(written.headline): written.story.lead.key for written in issue.draft.stories}
    places: list[tuple[int, str, bool]] = []
    for box in page.boxes:
        if (box.tag not in _HEADINGS and box.tag != "a") or box.face.hidden:
            continue
        key = wanted.get(piece(page.words_of(box)))
        if key is not None:
            places.append((box.first, key, _in_heading(box)))
    starts = [start for start, _, _ in places]
    found: dict[str, tuple[str, bool]] = {}
    for start, key, is_full in places:
        after = next((s for s in starts[bisect_right(starts, start) :] if s > start), None)
        words = folded(page.words_between(start, after))
        if key not in found or (is_full and not found[key][1]):
            found[key] = (words, is_full)
    return found


def _in_heading(box: object) -> bool:
    tags = {getattr(box, "tag", "")} | {each.tag for each in getattr(box, "around", ())}
    return bool(tags & _HEADINGS)


def _lacking(
    issue: Checked, written: DraftStory, words: str, is_full: bool, printed: str
) -> Iterator[Found]:
    lead, story = written.story.lead, written.story
    if piece(lead.source) not in words:
        yield _lacks(written, "a story does not show its source")
    if not is_full:
        return  # in a list of bare titles the source is all that is shown
    if not _shows_day(issue, written, words):
        yield _lacks(written, "a story does not show its date in the zone of the issue")
    if (category := _category_name(issue, story.category)) and category not in printed:
        yield _lacks(written, "a story does not show its category")
    region = _region_name(issue, story.region)
    if region and folded(region) not in words:
        yield _lacks(written, "a story does not show its region")
    late = issue.window is not None and lead.published not in issue.window
    if late and issue.late_label and folded(issue.late_label) not in words:
        yield _lacks(written, "a story from outside the issue's period is not marked as late")


def _shows_day(issue: Checked, written: DraftStory, words: str) -> bool:
    """Whether the day of the month is there, in whatever digits the language has."""
    day = written.story.lead.published.astimezone(ZoneInfo(issue.zone)).day
    digits = "".join(
        str(unicodedata.digit(character, 0)) if character.isdigit() else character
        for character in words
    )
    return re.search(rf"(?<!\d)0?{day}(?!\d)", digits) is not None


def _category_name(issue: Checked, category: str) -> str:
    if issue.specification is None:
        return ""
    names = {each.id: each.name for each in issue.specification.categories}
    return folded(names.get(category, ""))


def _region_name(issue: Checked, region: str | None) -> str:
    if region is None or issue.specification is None:
        return ""
    names = {each.id: each.name for each in issue.specification.regions}
    return names.get(region, "")


def _lacks(written: DraftStory, message: str) -> Found:
    return Found(
        rule="E18", message=message, where=story_place(written), advice="mend the template"
    )


def faithful(issue: Checked) -> Iterator[Found]:
    """E19: what a model says is in the story's sources, excerpts are verbatim, nothing is too long."""
    if issue.draft is None:
        return
    for written in issue.draft.stories:
        yield from _too_long(written)
        if written.excerpt:
            yield from _not_verbatim(written)
        elif issue.faults is not None:
            for fault in issue.faults(written):
                yield _untrue(written, f"a summary says what its sources do not: {fault}")


def _too_long(written: DraftStory) -> Iterator[Found]:
    words = len(written.summary.split())
    if words > MOST_SUMMARY_WORDS:
        yield _untrue(written, f"a summary has {words} words; an issue does not replace articles")
    if not written.excerpt:
        for quoted in _QUOTE.findall(written.summary):
            if len(quoted.split()) > MOST_QUOTED_WORDS:
                told = f"a quotation has {len(quoted.split())} words; {MOST_QUOTED_WORDS} at most"
                yield _untrue(written, told)


def _not_verbatim(written: DraftStory) -> Iterator[Found]:
    """An excerpt's sentences, each of which must stand in one of the story's articles."""
    articles = (written.story.lead, *written.story.also)
    texts = [_joined(f"{article.title} {article.text}") for article in articles]
    for sentence in _sentences(written.summary):
        if not any(sentence in text for text in texts):
            yield _untrue(written, "an excerpt is not what its source says, word for word")
            return


def _sentences(summary: str) -> Iterator[str]:
    for sentence in re.split(r"(?<=[.!?。！？…])\s*", summary):
        bare = _joined(sentence.rstrip(" …"))
        if bare:
            yield bare


def _joined(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def _untrue(written: DraftStory, message: str) -> Found:
    return Found(
        rule="E19",
        message=message,
        where=story_place(written),
        advice="take the story's words from its source",
        mend=Mend.DROP_SUMMARY if written.excerpt else Mend.EXTRACT,
        story=written.story.lead.key,
    )
