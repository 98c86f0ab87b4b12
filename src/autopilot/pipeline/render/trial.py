"""Tries a workspace's own template on an invented issue, before readers get one that it drew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from autopilot.domain.content import Article, Draft, DraftStory, Story, Window
from autopilot.domain.specification import Brand
from autopilot.pipeline.render.custom import TemplateFailed, draw_custom
from autopilot.pipeline.render.look import Look
from autopilot.pipeline.render.page import page_of
from autopilot.pipeline.render.palette import palette_of

_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
_TITLES = ("A line is opened", "A second line is planned", "Storage doubles in a year")


def template_fault(template: str) -> str:
    """Return what is wrong with a template's text, as a sentence, or "" where it draws an issue.

    It is drawn twice, in the sandbox: with all that an issue can have, and with the least.
    """
    try:
        for page in (page_of(_full(), _look()), page_of(_least(), _bare())):
            draw_custom(page, palette_of("#0f766e"), template)
    except TemplateFailed as failed:
        return failed.message
    return ""


def _look() -> Look:
    return Look(
        brand=Brand(name="Example Media", footer="Example Media, Example Street 1"),
        name="Example Weekly",
        categories={"first": "First", "second": "Second"},
        regions={"DE": "Germany"},
        language="en",
        zone="Europe/Berlin",
        window=Window(start=_NOON - timedelta(days=7), end=_NOON),
        edition=_NOON,
        sources=3,
        failed=("Example Radio",),
        why="You asked for it.",
        postal_address="Example Street 1",
        unsubscribe_url="https://example.org/unsubscribe",
        web_url="https://example.org/issue",
        sources_url="https://example.org/sources",
    )


def _bare() -> Look:
    return Look(
        brand=Brand(),
        name="Example Weekly",
        categories={"first": "First"},
        language="en",
        zone="UTC",
        window=Window(start=_NOON - timedelta(days=1), end=_NOON),
        edition=_NOON,
    )


def _full() -> Draft:
    stories = tuple(_story(number, title) for number, title in enumerate(_TITLES))
    return Draft(
        subject=_TITLES[0],
        preheader=f"{_TITLES[1]} · {_TITLES[2]}",
        stories=stories,
        writer="example-model",
        intro="A week in three stories.",
        notes=("A note for readers.",),
    )


def _least() -> Draft:
    article = _article(0, _TITLES[0])
    story = Story(lead=article, also=(), category="first", region=None, score=1.0, reason="")
    written = DraftStory(story=story, headline=article.title, summary="", excerpt=False)
    return Draft(subject=_TITLES[0], preheader="", stories=(written,), writer="extractive")


def _story(number: int, title: str) -> DraftStory:
    story = Story(
        lead=_article(number, title),
        also=(_article(number + 10, f"{title}, too"),),
        category="second" if number else "first",
        region="DE",
        score=float(number),
        reason="fits",
        update_of="2026-11-16" if number else None,
    )
    summary = "It carries 1,400 MW, the operator said. The second half follows in spring."
    return DraftStory(story=story, headline=title, summary=summary, excerpt=number == 0)


def _article(number: int, title: str) -> Article:
    return Article(
        key=f"example.org/{number}",
        url=f"https://example.org/{number}",
        title=title,
        text="",
        published=_NOON - timedelta(hours=number),
        dated=number != 1,
        source=f"Source {number}",
        source_url="https://example.org/feed.xml",
    )
