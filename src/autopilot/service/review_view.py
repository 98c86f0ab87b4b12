"""The review view: all that a person needs to decide about an issue, for letters, pages and commands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from autopilot.domain.issue import IssueStatus
from autopilot.domain.recurrence.civil_time import zone_of
from autopilot.domain.review import Review, ReviewMode
from autopilot.domain.specification import Specification
from autopilot.errors import NotFound
from autopilot.service.context import App
from autopilot.service.reviewing import ends_at, existing, review_of
from autopilot.service.sending import Audience, audience_of
from autopilot.store import audit, issues, review_letters, runs, specifications, workspaces
from autopilot.store.audit import Deed
from autopilot.store.issues import IssueRow
from autopilot.store.review_letters import ReviewLetter
from autopilot.store.workspaces import Workspace

REVIEWABLE = (
    IssueStatus.WAITING,
    IssueStatus.HELD,
    IssueStatus.DRAFT,
    IssueStatus.APPROVED,
)
SHORT = timedelta(minutes=1)
_CHANNELS = {
    "archive": "the archive",
    "folder": "a folder",
    "slack": "Slack",
    "webhook": "a webhook",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewStory:
    """A story as reviewers see it; `number` counts from 1 in reading order, `key` is its article's."""

    number: int
    key: str
    title: str
    url: str
    summary: str
    source: str
    category: str
    region: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewView:
    """An issue, its stories, who would get it, what the gate found, who was asked and did what."""

    now: datetime
    issue: IssueRow
    newsletter: str
    slug: str
    language: str
    zone: str
    workspace: Workspace
    stories: tuple[ReviewStory, ...]
    audience: Audience
    review: Review | None
    ends_at: datetime | None
    letters: Sequence[ReviewLetter]
    deeds: Sequence[Deed]

    @property
    def errors(self) -> tuple[str, ...]:
        """What keeps it from being sent, each with what to do."""
        return tuple(self._findings("error"))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the gate found and lets pass."""
        return tuple(self._findings("warning"))

    @property
    def status(self) -> IssueStatus:
        """Where it stands."""
        return IssueStatus(self.issue.status)

    @property
    def sends_at(self) -> datetime | None:
        """When it would leave if it were approved now; None for at once."""
        slot = self.issue.scheduled_for
        return slot if slot is not None and slot > self.now else None

    @property
    def lost(self) -> timedelta:
        """By how much its reviewers have less time than its schedule gives; zero where they do not."""
        if self.review is None or self.review.mode is not ReviewMode.HOLD:
            return timedelta(0)
        left = (self.issue.release_at or self.issue.created_at) - self.issue.created_at
        short = self.review.hold - left
        return short if self.issue.release_at is not None and short > SHORT else timedelta(0)

    def local(self, moment: datetime) -> str:
        """Return an instant as its readers' zone has it, with the zone named."""
        return f"{moment.astimezone(zone_of(self.zone).info):%a %Y-%m-%d %H:%M} {self.zone}"

    def _findings(self, severity: str) -> Iterator[str]:
        for finding in (self.issue.report or {}).get("findings", ()):
            if finding["severity"] == severity:
                where = f" ({finding['where']})" if finding["where"] else ""
                advice = f": {finding['advice']}" if finding["advice"] else ""
                yield f"{finding['rule']}, {finding['message']}{where}{advice}"


def review_view(app: App, issue_id: UUID) -> ReviewView:
    """Return the view of an issue; raises NotFound where it or its newsletter is gone."""
    now = app.clock()
    with app.database.read() as connection:
        issue = existing(connection, issue_id)
        row = specifications.get_specification(connection, issue.specification_id)
        workspace = workspaces.get_workspace(connection, issue.workspace_id)
        run = runs.get_run(connection, issue.run_id)
        if row is None or workspace is None or run is None:
            raise NotFound(f"The newsletter of issue {issue_id} is gone.")
        return ReviewView(
            now=now,
            issue=issue,
            newsletter=row.document.name,
            slug=row.slug,
            language=row.document.language,
            zone=run.zone,
            workspace=workspace,
            stories=_stories(connection, issue, row.document),
            audience=audience_of(connection, issue, now),
            review=review_of(issue),
            ends_at=ends_at(issue),
            letters=review_letters.letters_of(connection, issue.id),
            deeds=audit.deeds_on(connection, issue.workspace_id, issue.id),
        )


def issues_to_review(
    app: App, *, workspace_id: UUID | None = None, specification_id: UUID | None = None, limit: int
) -> Sequence[IssueRow]:
    """Return the issues that no reader has had and that somebody may still send, newest first."""
    with app.database.read() as connection:
        return issues.list_issues(
            connection,
            statuses=REVIEWABLE[:3],
            workspace_id=workspace_id,
            specification_id=specification_id,
            limit=limit,
        )


def told_audience(audience: Audience) -> str:
    """Return who would get it in words: "214 people and the archive"."""
    people = f"{audience.people:,} {'person' if audience.people == 1 else 'people'}"
    others = [_CHANNELS.get(key.partition(":")[0], key) for key in audience.channels]
    parts = [*([people] if audience.people or not others else []), *others]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def told_sending(view: ReviewView) -> str:
    """Return what an approval would do in words: "sends it to 214 people now"."""
    if not view.audience.people and not view.audience.channels:
        return "sends it to nobody: this newsletter has no channel, or no reader"
    return f"sends it to {_to_whom_and_when(view)}"


def send_label(view: ReviewView) -> str:
    """Return the words of the button that does it: "Send to 214 people now"."""
    if not view.audience.people and not view.audience.channels:
        return "Approve it; nobody gets it"
    return f"Send to {_to_whom_and_when(view)}"


def _to_whom_and_when(view: ReviewView) -> str:
    when = "now" if view.sends_at is None else f"at {view.local(view.sends_at)}"
    return f"{told_audience(view.audience)} {when}"


def told_state(view: ReviewView) -> str:
    """Return where it stands and what happens next, in sentences for people."""
    release = view.issue.release_at
    is_hold = view.review is not None and view.review.mode is ReviewMode.HOLD
    if view.status is IssueStatus.WAITING and release is not None and is_hold:
        to = told_audience(view.audience)
        return f"It goes out to {to} at {view.local(release)}, unless somebody holds it."
    if view.status is IssueStatus.WAITING and release is not None:
        return f"Nothing is sent until somebody approves it. It expires at {view.local(release)}."
    return _STATES[view.status]


_STATES: Mapping[IssueStatus, str] = {
    IssueStatus.DRAFT: "It is a draft that somebody asked for. No reader gets it unless it is approved.",
    IssueStatus.HELD: "It is held. No reader gets it until somebody approves it.",
    IssueStatus.WAITING: "It waits. No reader gets it until somebody approves it.",
    IssueStatus.APPROVED: "It is approved.",
    IssueStatus.SENDING: "It is on its way to its readers.",
    IssueStatus.SENT: "Its readers have it.",
    IssueStatus.PARTLY_SENT: "It was sent; some deliveries failed or are unknown.",
    IssueStatus.NOT_SENT: "It was to be sent; no delivery arrived.",
    IssueStatus.EXPIRED: "It expired: its time is over, and no reader gets it.",
    IssueStatus.WITHDRAWN: "It was dropped. No reader gets it.",
}


def _stories(
    connection: Connection, issue: IssueRow, document: Specification
) -> tuple[ReviewStory, ...]:
    categories = {item.id: item.name for item in document.categories}
    regions = {item.id: item.name for item in document.regions}
    return tuple(
        _story(number, story.key, story.document, categories, regions)
        for number, story in enumerate(issues.stories_of(connection, issue.id), start=1)
    )


def _story(
    number: int,
    key: str,
    told: Mapping[str, Any],
    categories: Mapping[str, str],
    regions: Mapping[str, str],
) -> ReviewStory:
    return ReviewStory(
        number=number,
        key=key,
        title=told["title"],
        url=told["url"],
        summary=told.get("summary") or "",
        source=", ".join(told["sources"]),
        category=categories.get(told["category"], told["category"]),
        region=regions.get(told["region"] or "", told["region"] or ""),
        reason=told["reason"],
    )
