"""Memory: what a run knows from before: the stories readers had, and what the archive teaches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Connection

from autopilot.domain.content import Article, Memory, Remembered, Story, Window
from autopilot.domain.recurrence.civil_time import zone_of
from autopilot.domain.specification import Specification
from autopilot.service.context import App
from autopilot.store import archive, articles, issues, sources

if TYPE_CHECKING:
    from autopilot.pipeline.select.learn import Model

ISSUES_REMEMBERED = 10
ARTICLES_LEARNED_FROM = 5_000
LESSON_LASTS = timedelta(days=1)
MODELS_KEPT = 16


def memory_before(
    connection: Connection,
    specification_id: UUID,
    slot: datetime,
    zone: str,
    rows: Sequence[sources.SourceRow],
) -> Memory:
    """Return what readers had from the last scheduled issues before a slot; days are local to `zone`."""
    from autopilot.pipeline.select.words import normalised_title

    sent = issues.stories_sent_before(
        connection, specification_id, slot, issues_back=ISSUES_REMEMBERED
    )
    place = zone_of(zone).info
    days = [(slot.astimezone(place).date().isoformat(), story.document) for slot, story in sent]
    texts = archive.texts_of(
        connection, rows, (key for _, document in days for key in document["keys"])
    )
    return Memory(
        keys={key: day for day, document in days for key in document["keys"]},
        titles={normalised_title(document["title"]): day for day, document in days},
        stories=tuple(
            Remembered(
                day=day,
                title=document["title"],
                text="\n".join(
                    [
                        document.get("summary") or "",
                        *(texts[key] for key in document["keys"] if key in texts),
                    ]
                ),
            )
            for day, document in days
        ),
    )


def remembering(memory: Memory, day: str, stories: Iterable[Story]) -> Memory:
    """Return a memory with the stories of one more issue, as it will be after that issue was sent."""
    from autopilot.pipeline.select.words import normalised_title

    told = [(story, (story.lead, *story.also)) for story in stories]
    return Memory(
        keys=memory.keys | {item.key: day for _, given in told for item in given},
        titles=memory.titles | {normalised_title(story.lead.title): day for story, _ in told},
        stories=memory.stories
        + tuple(
            Remembered(day=day, title=story.lead.title, text=_text(given)) for story, given in told
        ),
    )


def _text(given: Iterable[Article]) -> str:
    return "\n".join(f"{item.title}\n{item.text[: archive.LONGEST_TEXT]}" for item in given)


class _Lessons:
    """Models by specification, each with what it was learnt for and when; the oldest go first."""

    def __init__(self) -> None:
        self._models: dict[UUID, tuple[object, datetime, Model | None]] = {}
        self._lock = Lock()

    def find(
        self, specification_id: UUID, wanted: object, now: datetime
    ) -> tuple[Model | None, ...]:
        """Return the model in a tuple, or an empty tuple where it has to be learnt (again)."""
        with self._lock:
            learnt_for, at, model = self._models.get(specification_id, (None, now, None))
        fresh = learnt_for == wanted and timedelta(0) <= now - at < LESSON_LASTS
        return (model,) if fresh else ()

    def keep(
        self, specification_id: UUID, wanted: object, now: datetime, model: Model | None
    ) -> None:
        with self._lock:
            self._models.pop(specification_id, None)
            self._models[specification_id] = (wanted, now, model)
            while len(self._models) > MODELS_KEPT:
                del self._models[next(iter(self._models))]


_lessons = _Lessons()


def learned(
    app: App,
    specification_id: UUID,
    specification: Specification,
    rows: Sequence[sources.SourceRow],
    window: Window,
) -> Model | None:
    """Return what the articles stored up to a window's end teach, or None where they are too few.

    Too few are fewer than 1,000 from before the window: what an issue has to choose from teaches
    nothing of itself that its keywords do not say. It is learnt once a day for a specification, and
    anew when its categories or language change.
    """
    from autopilot.pipeline.select.learn import MIN_ARTICLES, learn

    wanted = (specification.categories, specification.language, frozenset(row.id for row in rows))
    now = app.clock()
    known = _lessons.find(specification_id, wanted, now)
    if known:
        return known[0]
    with app.database.read() as connection:
        stored: Sequence[Article] = ()
        if articles.reach_back(connection, rows, window.start, least=MIN_ARTICLES):
            stored = archive.articles_before(
                connection, rows, window.end, limit=ARTICLES_LEARNED_FROM
            )
    model = learn(stored, specification.categories, language=specification.language)
    _lessons.keep(specification_id, wanted, now, model)
    return model
