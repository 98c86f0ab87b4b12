"""Standing: whether a new issue may go out, waits for people, or is held; who is asked, until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from autopilot.domain.gate import Report
from autopilot.domain.issue import IssueStatus
from autopilot.domain.review import Review, ReviewMode
from autopilot.domain.run import Trigger
from autopilot.service.context import App
from autopilot.service.job import Job
from autopilot.store import schedules

LEAST_LOOK = timedelta(minutes=30)
"""What reviewers have of an issue that was made too late for its hold, be it past its slot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A new issue's status, and its review where people see it before its readers do.

    `release_at` is when a waiting one goes out by itself, or can no longer be approved.
    """

    status: IssueStatus
    review: Review | None = None
    release_at: datetime | None = None


def standing(app: App, job: Job, report: Report, now: datetime) -> Standing:
    """Return where an issue stands that was just made; what a person asked for is a draft."""
    if job.run.trigger is Trigger.MANUAL:
        return Standing(status=IssueStatus.DRAFT)
    review = review_of(app, job)
    if not report.passes:
        return Standing(status=IssueStatus.HELD, review=review)
    if review is None:
        return Standing(status=IssueStatus.APPROVED)
    slot = job.run.scheduled_for or now
    return Standing(
        status=IssueStatus.WAITING, review=review, release_at=release_at(review, slot, now)
    )


def review_of(app: App, job: Job) -> Review | None:
    """Return the review that the run's schedule asks for; None where issues are published at once.

    A schedule that is gone asks for none. Where it names no reviewers, the owners are asked.
    """
    if job.run.schedule_id is None:
        return None
    with app.database.read() as connection:
        schedule = schedules.get_schedule(connection, job.run.schedule_id)
    if schedule is None or schedule.policy.review.mode is ReviewMode.PUBLISH:
        return None
    review = schedule.policy.review
    return review.model_copy(update={"reviewers": review.reviewers or job.workspace.owners})


def release_at(review: Review, slot: datetime, now: datetime) -> datetime:
    """Return when an issue made now goes out by itself (hold) or expires (approve)."""
    if review.mode is ReviewMode.APPROVE:
        return max(slot, now) + review.expiry
    return max(slot, now + min(review.hold, LEAST_LOOK))
