"""Rules for links: absolute, public, without trackers, answered, and no story twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from autopilot.domain.content import DraftStory
from autopilot.domain.gate import Severity
from autopilot.pipeline.check.checked import Checked
from autopilot.pipeline.check.found import Found, Mend, warning
from autopilot.pipeline.check.page import Box, Page, shown
from autopilot.pipeline.check.size import story_place
from autopilot.pipeline.check.wording import folded

LOCAL_NAMES = ("localhost", ".local", ".localhost", ".internal", ".lan", ".home.arpa", ".intranet")
_TRACKER = re.compile(
    r"(?i)[?&#](utm_\w+|fbclid|gclid|dclid|msclkid|mc_cid|mc_eid|igshid|yclid|_hsenc|_hsmi|mkt_tok)="
)
_OTHER_SCHEMES = ("mailto:", "tel:")


def addresses(issue: Checked, page: Page) -> Iterator[Found]:
    """E17, first part: links are absolute http(s), public, and carry no tracking parameters."""
    stories = _stories_by_url(issue)
    for box in page.tagged("a", "area"):
        url = (box.attributes.get("href") or "").strip()
        if url.lower().startswith(_OTHER_SCHEMES) or "href" not in box.attributes:
            continue
        place = f"line {box.line} “{shown(page.words_of(box))}” {shown(url)}"
        for message, advice, mend, severity in _address_faults(url, issue.allowed_places):
            yield Found(
                rule="E17",
                message=message,
                where=place,
                advice=advice,
                severity=severity,
                mend=mend if url in stories else None,
                story=stories.get(url, ""),
                url=url,
            )


def _stories_by_url(issue: Checked) -> dict[str, str]:
    """The key of the story that each of its addresses belongs to."""
    stories = issue.draft.stories if issue.draft else ()
    return {
        article.url: written.story.lead.key
        for written in reversed(stories)
        for article in (*written.story.also, written.story.lead)
    }


def _address_faults(
    url: str, allowed: frozenset[str]
) -> Iterator[tuple[str, str, Mend | None, Severity]]:
    host, place = _place_of(url)
    if not host:
        told = "a link is not an absolute web address"
        yield told, "write it whole, with https://", Mend.DROP_STORY, Severity.ERROR
    elif is_private(host) and place not in allowed:
        told = "a link leads to a private address that no reader can reach"
        yield told, "link a public page", Mend.DROP_STORY, Severity.ERROR
    if found := _TRACKER.search(url):
        told = f"a link carries the tracking parameter {found[1]}"
        yield told, "take it off the address", Mend.CLEAN_LINK, Severity.WARNING


def _place_of(url: str) -> tuple[str, str]:
    """The host of a web address, and its host:port; "" where it is none."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip(".").lower(), parts.port
    except ValueError:
        return "", ""
    scheme = parts.scheme.lower()
    if scheme not in ("http", "https"):
        return "", ""
    return host, f"{host}:{port or (443 if scheme == 'https' else 80)}"


def is_private(host: str) -> bool:
    """Return whether a host's name or literal address is no public one."""
    try:
        return not ip_address(host.strip("[]")).is_global
    except ValueError:
        pass
    if re.fullmatch(r"(?:0x)?[\da-f]+", host) and host[0].isdigit():
        return True  # an IPv4 address written as one number
    return host.endswith(LOCAL_NAMES) or "." not in host


def answers(issue: Checked) -> Iterator[Found]:
    """E17, second part: what the links answered when they were asked at build time."""
    stories = issue.draft.stories if issue.draft else ()
    leads = {written.story.lead.url: written for written in stories}
    owners = _stories_by_url(issue)
    for url, answer in issue.links.items():
        written = leads.get(url)
        place = (story_place(written) + " " if written else "") + url
        if answer.is_gone:
            yield Found(
                rule="E17",
                message=f"a link answers {answer.status}: its page is gone",
                where=place,
                advice="drop the story, or link another page" if written else "drop the link",
                # What belongs to no story, a logo for example, must not hold back every issue.
                severity=Severity.ERROR if url in owners else Severity.WARNING,
                mend=Mend.DROP_STORY if written else Mend.DROP_ALSO if url in owners else None,
                story=owners.get(url, ""),
                url=url,
            )
    yield from _unsure(issue)


def _unsure(issue: Checked) -> Iterator[Found]:
    """One warning for all links that were not seen to be good, with the first reason."""
    unsure = [each for each in issue.links.values() if not each.is_good and not each.is_gone]
    if unsure:
        first = unsure[0]
        reason = first.problem or f"it answers {first.status}"
        yield warning(
            "E17",
            f"{len(unsure)} of {len(issue.links)} links could not be seen to work",
            where=f"{shown(first.url)}: {reason}",
            advice="open them yourself if they matter",
        )


def repeats(issue: Checked) -> Iterator[Found]:
    """E17, third part: no story twice in one issue, nor again without being an update."""
    if issue.draft is None:
        return
    yield from _twice(issue.draft.stories, _key, "address", Mend.DROP_REPEAT)
    yield from _twice(issue.draft.stories, _headline, "headline", Mend.DROP_STORY)
    for written in issue.draft.stories:
        day = issue.sent.get(written.story.lead.key)
        if day is not None and not written.story.update_of:
            yield Found(
                rule="E17",
                message=f"a story was in the issue of {day} already",
                where=story_place(written),
                advice="drop it, or tell what is new",
                mend=Mend.DROP_STORY,
                story=written.story.lead.key,
            )


def _key(written: DraftStory) -> str:
    return written.story.lead.key


def _headline(written: DraftStory) -> str:
    return folded(written.headline)


def _twice(
    stories: tuple[DraftStory, ...], name: Callable[[DraftStory], str], what: str, mend: Mend
) -> Iterator[Found]:
    seen: set[str] = set()
    keys: set[str] = set()
    for written in stories:
        key = _key(written)
        # One address twice is told once, as such: its second headline is no further fault.
        if name(written) in seen and (mend is Mend.DROP_REPEAT or key not in keys):
            yield Found(
                rule="E17",
                message=f"a story is in the issue twice: the same {what}",
                where=story_place(written),
                advice="drop one of them",
                mend=mend,
                story=key,
            )
        seen.add(name(written))
        keys.add(key)


def sanitised(issue: Checked, page: Page) -> Iterator[Found]:
    """E20: nothing on the page runs, and every link is one that the draft or the brand knows."""
    for box in page.boxes:
        for message in _active(box):
            advice = "text from outside must be sanitised before it is printed"
            yield Found(
                rule="E20", message=message, where=f"line {box.line} <{box.tag}>", advice=advice
            )
    if issue.draft is None:
        return
    known = {*_stories_by_url(issue), *issue.known_urls, issue.unsubscribe_url}
    for box in page.tagged("a", "area"):
        url = (box.attributes.get("href") or "").strip()
        if url and url not in known and not url.startswith("#"):
            yield Found(
                rule="E20",
                message="a link leads where no story of this issue does",
                where=f"line {box.line} “{shown(page.words_of(box))}” {shown(url)}",
                advice="it came from an article or a model; take it out",
            )
    yield from _smuggled(issue, known)


def _active(box: Box) -> Iterator[str]:
    if box.tag in ("script", "iframe", "object", "embed", "form", "base", "frame"):
        yield f"<{box.tag}> could run or send something"
    for name, value in box.attributes.items():
        plain = re.sub(r"[\x00-\x20]", "", value[:200]).lower()
        if name.lower().startswith("on") and name.isalpha():
            yield f"the attribute {name.lower()[:20]} could run something"
        elif name in ("href", "src", "action", "background") and plain.startswith(
            ("javascript:", "vbscript:", "data:text")
        ):
            yield f"the attribute {name} could run something"
        elif name == "http-equiv" and plain == "refresh":
            yield "the page sends its reader elsewhere by itself"


_WRITTEN_ADDRESS = re.compile(r"(?i)\b(?:https?://|www\.)[^\s<>\"'“”]+")


def _smuggled(issue: Checked, known: set[str | None]) -> Iterator[Found]:
    """Addresses in a model's words: mail programs make links of them."""
    assert issue.draft is not None
    told = "a model's words hold an address that no story of this issue has"
    advice = "mail programs would make it a link; take the words from the source"
    for written in issue.draft.stories:
        words = "" if written.excerpt else f"{written.headline} {written.summary}"
        for found in _WRITTEN_ADDRESS.findall(words):
            if found.rstrip(".,;:!?)") not in known:
                yield Found(
                    rule="E20",
                    message=told,
                    where=f"{story_place(written)}: {shown(found)}",
                    advice=advice,
                    mend=Mend.EXTRACT,
                    story=written.story.lead.key,
                )
    for line, mend in (
        (issue.draft.intro, Mend.DROP_INTRO),
        (issue.subject or "", Mend.NEW_SUBJECT),
        (issue.preheader or "", Mend.NEW_PREHEADER),
    ):
        for found in _WRITTEN_ADDRESS.findall(line):
            yield Found(rule="E20", message=told, where=shown(found), advice=advice, mend=mend)
