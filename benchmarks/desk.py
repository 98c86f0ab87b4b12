"""Desk: two parts of making an issue alone, choosing from all articles and the page of 30 stories."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from autopilot.domain.content import Article, Draft, Window
from autopilot.domain.specification import Brand, Source, Specification
from autopilot.pipeline.check.checked import Checked
from autopilot.pipeline.check.gate import check
from autopilot.pipeline.collect.articles import articles_of
from autopilot.pipeline.collect.feeds import parse_feed
from autopilot.pipeline.render import Look, draw
from autopilot.pipeline.select import select
from autopilot.pipeline.write.draft import write_extractive

STORIES = 30
CHOICES, PAGES = 2, 5
"""Passes; the first page of a process also reads the templates and is not counted."""
KEYWORDS = {
    "grid": ("grid", "cable", "voltage", "outage"),
    "storage": ("storage", "battery", "hydrogen"),
}


def desk_figures(bodies: Sequence[bytes]) -> dict[str, float]:
    """Return CPU seconds to choose from these feeds' articles, and CPU milliseconds to draw and
    check the page of the chosen stories.
    """
    now = datetime.now(UTC)
    given = _articles(bodies, now)
    wanted = _specification()
    chosen = select(given, wanted)
    draft = write_extractive(chosen, wanted, "today")
    look = _look(wanted, now)
    _page(draft, wanted, look)
    return {
        "choose_seconds": _best(lambda: select(given, wanted), CHOICES),
        "page_ms": 1000 * _best(lambda: _page(draft, wanted, look), PAGES),
    }


def _articles(bodies: Sequence[bytes], now: datetime) -> list[Article]:
    found: list[Article] = []
    for number, body in enumerate(bodies):
        url = f"https://paper-{number}.example/feed"
        found += articles_of(parse_feed(body, url), Source(url=url), now, {})
    return found


def _specification() -> Specification:
    categories = [
        {"id": name, "name": name.title(), "keywords": words, "max_stories": STORIES // 2}
        for name, words in KEYWORDS.items()
    ]
    return Specification.model_validate(
        {
            "slug": "bench",
            "name": "Bench",
            "categories": categories,
            "sources": [{"url": "https://paper-0.example/feed"}],
        }
    )


def _look(wanted: Specification, now: datetime) -> Look:
    return Look(
        brand=Brand(),
        name=wanted.name,
        categories={category.id: category.name for category in wanted.categories},
        language=wanted.language,
        zone="UTC",
        window=Window(start=now - timedelta(days=7), end=now),
        edition=now,
    )


def _page(draft: Draft, wanted: Specification, look: Look) -> None:
    """Draw, inline and check: what the steps render and check do without a network."""
    rendered = draw(draft, look).rendered
    issue = Checked(
        html=rendered.html,
        text=rendered.text,
        subject=rendered.subject,
        preheader=rendered.preheader,
        draft=draft,
        specification=wanted,
        window=look.window,
        sender=(wanted.name,),
    )
    if not check(issue).passes:
        raise RuntimeError("the gate holds the benchmark's issue back")


def _best(work: Callable[[], object], passes: int) -> float:
    best = float("inf")
    for _ in range(passes):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return best
