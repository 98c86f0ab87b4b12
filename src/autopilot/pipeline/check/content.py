"""Rules for the whole of an issue: not empty, sections as asked, nothing left over, its language."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from autopilot.domain.content import Draft, DraftStory
from autopilot.domain.specification import Specification
from autopilot.pipeline.check.checked import Checked
from autopilot.pipeline.check.found import Found, Mend, warning
from autopilot.pipeline.check.page import Page, plain
from autopilot.pipeline.check.size import story_place
from autopilot.pipeline.check.tongues import tongue_of

_BRACES = re.compile(r"\{\{|\}\}|\{%|%\}|\$\{|<%|%>|\*\|[A-Z_:]+\|\*|\[\[[a-z_ ]+\]\]")
_LEFT_OVER = re.compile(r"(?i)lorem ipsum|\[object Object\]|\[insert [^\]]*\]|\bplaceholder text\b")
_TODO = re.compile(r"\b(?:TODO|FIXME|TBD|XXX)\b(?=\s*:|\s*$)")
_NOTHING = frozenset(
    {"none", "nan", "null", "undefined", "nil", "nat", "n/a", "#n/a", "todo", "tbd"}
)
_BETWEEN = re.compile(r"\s[·|•]\s")


def not_empty(issue: Checked, page: Page) -> Iterator[Found]:
    """E21, first part: there is a story, and something to read."""
    has_words = any(box.has_words for box in page.boxes)
    if not has_words or (issue.draft is not None and not issue.draft.stories):
        told = "the issue is empty"
        yield Found(rule="E21", message=told, advice="look at its sources and keywords")


def sections(issue: Checked, page: Page) -> Iterator[Found]:
    """E21, second part: sections in the order of the specification, each with its share."""
    if issue.draft is None or issue.specification is None:
        return
    yield from _order(issue.specification, page)
    yield from _shares(issue.draft, issue.specification)


def _order(specification: Specification, page: Page) -> Iterator[Found]:
    names = {plain(each.name): place for place, each in enumerate(specification.categories)}
    found = [
        names[words] for box in page.tagged("h2", "h3") if (words := page.words_of(box)) in names
    ]
    if found != sorted(found):
        told = "the sections are not in the order of the specification"
        yield Found(rule="E21", message=told, advice="render it again")


def _shares(draft: Draft, specification: Specification) -> Iterator[Found]:
    counted = Counter(written.story.category for written in draft.stories)
    for category in specification.categories:
        number = counted[category.id]
        if number > category.max_stories:
            told = f"the section has {number} stories, {category.max_stories} at most"
            spare = _lowest(draft, category.id)
            yield _too_many(told, category.name, spare)
        elif number < category.min_stories:
            told = f"the section has {number} of at least {category.min_stories} stories"
            yield warning("E21", told, where=category.name, advice="add sources or keywords")
    cells = Counter((each.story.category, each.story.region) for each in draft.stories)
    for cell in specification.cells:
        number = cells[cell.category, cell.region]
        place = f"{cell.category} x {cell.region}"
        if number > cell.max:
            told = f"the cell has {number} stories, {cell.max} at most"
            yield _too_many(told, place, _lowest(draft, cell.category, cell.region))
        elif number < cell.min:
            told = f"the cell has {number} of at least {cell.min} stories"
            yield warning("E21", told, where=place, advice="add sources or keywords")


def _lowest(draft: Draft, category: str, region: str | None = None) -> DraftStory:
    members = [
        each
        for each in draft.stories
        if each.story.category == category and region in (None, each.story.region)
    ]
    return min(members, key=lambda written: written.story.score)


def _too_many(message: str, place: str, spare: DraftStory) -> Found:
    return Found(
        rule="E21",
        message=message,
        where=place,
        advice="drop the lowest-ranked",
        mend=Mend.DROP_STORY,
        story=spare.story.lead.key,
    )


def left_over(issue: Checked, page: Page) -> Iterator[Found]:
    """E21, third part: no placeholder, and no value that was never filled in."""
    stories = (
        {written.story.lead.key: written for written in issue.draft.stories} if issue.draft else {}
    )
    for key, written in stories.items():
        for words, mend in (
            (written.headline, Mend.DROP_STORY),
            (written.summary, _milder(written)),
            (written.story.lead.source, Mend.DROP_STORY),
        ):
            if told := placeholder_in(words):
                yield _unfilled(told, story_place(written), mend, key)
        for other in written.story.also:
            if told := placeholder_in(other.source):
                yield _unfilled(told, story_place(written), Mend.DROP_ALSO, key, other.url)
    for name, line, mend in (
        ("subject", issue.subject, Mend.NEW_SUBJECT),
        ("preheader", issue.preheader, Mend.NEW_PREHEADER),
        ("intro", issue.draft.intro if issue.draft else None, Mend.DROP_INTRO),
    ):
        if line and (told := placeholder_in(line)):
            yield _unfilled(told, f"{name}: “{line[:60]}”", mend, "")
    owned = " ".join(f"{each.headline} {each.summary}" for each in stories.values())
    for box in page.boxes:
        told = placeholder_in(box.text) if box.has_words or _BRACES.search(box.text) else ""
        if told and box.tag != "style" and plain(box.text) not in owned:
            yield _unfilled(told, box.where, None, "")


def _milder(written: DraftStory) -> Mend:
    return Mend.DROP_SUMMARY if written.excerpt else Mend.EXTRACT


def _unfilled(told: str, where: str, mend: Mend | None, key: str, url: str = "") -> Found:
    message = f"a placeholder was left: {told}"
    return Found(
        rule="E21", message=message, where=where, advice="fill it in", mend=mend, story=key, url=url
    )


def placeholder_in(text: str) -> str:
    """Return what in a text was never filled in, or ""."""
    for pattern in (_BRACES, _LEFT_OVER, _TODO):
        if found := pattern.search(text):
            return found.group()
    for part in _BETWEEN.split(text.strip()):
        if part.strip(" .:;()[]").casefold() in _NOTHING:
            return part.strip()
    return ""


def language(issue: Checked, page: Page) -> Iterator[Found]:
    """E21, last part: page and model speak the language of the specification."""
    if issue.specification is None:
        return
    wanted = _primary(issue.specification.language)
    told = page.root.attributes.get("lang", "") if page.root else ""
    if told and _primary(told) != wanted:
        message = f"the page says that its language is {told}, not {issue.specification.language}"
        yield Found(rule="E21", message=message, advice="render it again")
    for written in issue.draft.stories if issue.draft else ():
        spoken = None if written.excerpt else tongue_of(written.summary, wanted)
        if spoken is not None and spoken != wanted:
            yield Found(
                rule="E21",
                message=f"a summary is written in {spoken}, not {wanted}",
                where=story_place(written),
                advice="have it written again, or take the source's words",
                mend=Mend.EXTRACT,
                story=written.story.lead.key,
            )


def sender(issue: Checked, page: Page) -> Iterator[Found]:
    """E3, in part: who sends stands on the page, and with a mail the link to leave."""
    whole = plain(" ".join(text for box, text in page.flow if not box.face.hidden))
    for line in issue.sender:
        if plain(line) not in whole:
            told = "the page does not show who sends it"
            yield Found(rule="E3", message=told, where=f"“{line[:60]}”", advice="mend the template")
    if issue.unsubscribe_url is not None and not any(
        box.attributes.get("href") == issue.unsubscribe_url and not box.face.hidden
        for box in page.tagged("a")
    ):
        told = "the page has no visible link to unsubscribe"
        yield Found(rule="E3", message=told, advice="put it into the foot of the template")


def _primary(language: str) -> str:
    return language.replace("_", "-").split("-")[0].lower()
