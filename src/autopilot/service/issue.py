"""The issue: stored content first, then issue, stories and the run's end in one transaction."""

from __future__ import annotations

import time
from uuid import uuid4

from sqlalchemy import Connection

from autopilot.domain.content import Article, Draft, DraftStory, Rendered
from autopilot.domain.instants import iso
from autopilot.domain.run import Run, Step, Trigger
from autopilot.service.job import Job
from autopilot.service.lease import Lease
from autopilot.store import issues, steps

HTML, TEXT = "text/html; charset=utf-8", "text/plain; charset=utf-8"


def publish(lease: Lease, job: Job, draft: Draft, rendered: Rendered) -> Run:
    """Store a rendered issue and end its run as succeeded; a crash before the end leaves no issue.

    The content is addressed by its hash, so writing it again after a crash changes nothing.
    """
    started = time.perf_counter()
    html = lease.app.artifacts.put(rendered.html.encode(), HTML)
    text = lease.app.artifacts.put(rendered.text.encode(), TEXT)
    now = lease.app.clock()
    issue = issues.IssueRow(
        id=uuid4(),
        workspace_id=job.workspace.id,
        specification_id=job.run.specification_id,
        run_id=job.run.id,
        scheduled_for=job.run.scheduled_for,
        status="draft" if job.run.trigger is Trigger.MANUAL else "approved",
        subject=rendered.subject,
        preheader=rendered.preheader,
        writer=draft.writer,
        html_sha256=html,
        text_sha256=text,
        created_at=now,
    )
    stories = [_row(story) for story in draft.stories]

    def store(connection: Connection) -> None:
        issues.add_issue(connection, issue, stories)
        steps.keep_step(
            connection,
            steps.StepRow(
                run_id=lease.run.id,
                step=Step.STORE,
                epoch=lease.run.epoch,
                count_in=2,
                count_out=1,
                seconds=time.perf_counter() - started,
                finished_at=now,
            ),
        )

    return lease.end(lease.run.succeed(now), store)


def _row(written: DraftStory) -> issues.StoryRow:
    """A story as people and programs read it later: `runs show`, the archive, the memory."""
    story = written.story
    articles = (story.lead, *story.also)
    document = {
        "title": written.headline,
        "url": story.lead.url,
        "also": [article.url for article in story.also],
        "category": story.category,
        "region": story.region,
        "sources": _sources(articles),
        "reason": story.reason,
        "summary": written.summary,
        "excerpt": written.excerpt,
        "published": iso(story.lead.published),
        "keys": [article.key for article in articles],
    }
    return issues.StoryRow(key=story.lead.key, document=document)


def _sources(articles: tuple[Article, ...]) -> list[str]:
    return list(dict.fromkeys(article.source for article in articles))
