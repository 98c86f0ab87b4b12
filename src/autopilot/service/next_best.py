"""The next best: the story that takes the place of one that a reviewer dropped."""

from __future__ import annotations

from sqlalchemy import Connection

from autopilot.domain.content import Article, Draft, DraftStory, Selection, Story
from autopilot.domain.run import Run, Step
from autopilot.service.checkpoint import unpack
from autopilot.service.context import App
from autopilot.service.job import Job
from autopilot.service.memory import learned
from autopilot.store import articles, steps

WHY = "it took the place of a story that a reviewer dropped, in its source's own words"


def next_best(app: App, job: Job, draft: Draft, category: str) -> DraftStory | None:
    """Return what the selection would have taken next for a section, as an extract; None for nothing.

    The run's window is chosen from once more, as its articles are stored, without those of stories
    that were taken out before. No model is asked: none is paid twice.
    """
    from autopilot.pipeline.select.choose import select
    from autopilot.pipeline.write.draft import extract_story

    with app.database.read() as connection:
        stored = articles.articles_in(connection, job.sources, job.content_window)
        gone = _taken_out(connection, job.run, draft)
    left = [article for article in stored if article.key not in gone]
    model = learned(app, job.run.specification_id, job.specification, job.sources, job.run.window)
    told = {article.key for written in draft.stories for article in _articles(written.story)}
    for story in select(left, job.specification, job.memory, model).stories:
        is_new = not any(article.key in told for article in _articles(story))
        if story.category == category and is_new:
            return extract_story(story, note=WHY)
    return None


def _taken_out(connection: Connection, run: Run, draft: Draft) -> set[str]:
    """The keys of what reviewers dropped, and of what the gate had dropped before them."""
    gone = set(draft.edits.dropped)
    kept = steps.get_step(connection, run.id, Step.SELECT)
    if kept is not None and kept.output is not None:
        selected = unpack(Selection, kept.output).stories
        present = {written.story.lead.key for written in draft.stories}
        gone |= {
            article.key
            for story in selected
            if story.lead.key not in present
            for article in _articles(story)
        }
    return gone


def _articles(story: Story) -> tuple[Article, ...]:
    return (story.lead, *story.also)
