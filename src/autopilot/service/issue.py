"""The issue: stored content first, then issue, stories and the run's end in one transaction."""

from __future__ import annotations

import time
from dataclasses import asdict

from sqlalchemy import Connection

from autopilot.domain.content import Article, Draft, DraftStory
from autopilot.domain.instants import iso
from autopilot.domain.issue import IssueStatus
from autopilot.domain.run import Run, Step
from autopilot.pipeline.check import report_values
from autopilot.service.checking import Vetted, held_notice
from autopilot.service.checkpoint import pack
from autopilot.service.edition import issue_id_of
from autopilot.service.job import Job
from autopilot.service.lease import Lease
from autopilot.service.sending import start_sending
from autopilot.service.standing import standing
from autopilot.store import issues, notices, review_letters, steps

HTML, TEXT = "text/html; charset=utf-8", "text/plain; charset=utf-8"
PACKED = "application/octet-stream"


def publish(lease: Lease, job: Job, vetted: Vetted) -> Run:
    """Store a checked issue and end its run as succeeded; a crash before the end leaves no issue.

    One that did not pass the gate is held and its owner told why, unless a person asked for it:
    that one is a draft, and its report says what is wrong. Where its schedule asks for a review, it
    waits, and its reviewers are to be written to.

    The content is addressed by its hash, so writing it again after a crash changes nothing.
    """
    started = time.perf_counter()
    draft, rendered, report = vetted
    html = lease.app.artifacts.put(rendered.html.encode(), HTML)
    text = lease.app.artifacts.put(rendered.text.encode(), TEXT)
    kept = lease.app.artifacts.put(pack(draft), PACKED)
    now = lease.app.clock()
    stands = standing(lease.app, job, report, now)
    issue = issues.IssueRow(
        id=issue_id_of(job.run.id),
        workspace_id=job.workspace.id,
        specification_id=job.run.specification_id,
        run_id=job.run.id,
        scheduled_for=job.run.scheduled_for,
        status=stands.status.value,
        subject=rendered.subject,
        preheader=rendered.preheader,
        writer=draft.writer,
        html_sha256=html,
        text_sha256=text,
        draft_sha256=kept,
        created_at=now,
        intro=draft.intro,
        notes=list(draft.notes),
        report=report_values(report),
        review=None if stands.review is None else stands.review.model_dump(mode="json"),
        release_at=stands.release_at,
    )
    notice = held_notice(job, report, now) if issue.status == "held" else None
    stories = story_rows(draft)

    def store(connection: Connection) -> None:
        issues.add_issue(connection, issue, stories)
        if stands.status is IssueStatus.APPROVED:
            start_sending(connection, lease.app, issue, now=now)
        if stands.review is not None:
            review_letters.add_letters(connection, issue.id, stands.review.reviewers, now)
        if notice is not None:
            notices.add_notice(connection, notice)
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


def story_rows(draft: Draft) -> list[issues.StoryRow]:
    """Return the stories of a draft as they are kept, in reading order."""
    return [_row(written) for written in draft.stories]


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
        "sentences": [
            {
                "text": sentence.text,
                "passages": [asdict(passage) for passage in sentence.passages],
            }
            for sentence in written.sentences
        ],
        "note": written.note,
        "update_of": story.update_of,
        "score": story.score,
        "excerpt": written.excerpt,
        "published": iso(story.lead.published),
        "keys": [article.key for article in articles],
    }
    return issues.StoryRow(key=story.lead.key, document=document)


def _sources(articles: tuple[Article, ...]) -> list[str]:
    return list(dict.fromkeys(article.source for article in articles))
