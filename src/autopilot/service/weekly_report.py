"""The weekly report: one letter per workspace, on Monday morning in its own zone, to its owners.

What was made and sent, what failed, how the sources are, what it cost, and what nothing was
written of for long. It is drawn from the store anew at each try; a week is reported once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from autopilot.domain.instants import as_utc
from autopilot.domain.letter import Letter, Verdict
from autopilot.domain.recurrence.civil_time import zone_of
from autopilot.service.budget import month_start
from autopilot.service.context import App
from autopilot.service.owner_letters import HEADERS, identity_of, one_line, why
from autopilot.service.sending_guard import may_send
from autopilot.service.telling import claimed
from autopilot.store import specifications, weekly
from autopilot.store.specifications import SpecificationRow
from autopilot.store.weekly import Counts
from autopilot.store.workspaces import Workspace

MORNING = time(8)
WEEK = timedelta(days=7)
EASTERNMOST = timedelta(hours=14)  # where a Monday begins first
ISSUES_BACK = 12
SOURCES_NAMED = 10
MICRO = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """A week in a zone: from Monday to Monday, and when its report is due."""

    monday: date
    since: datetime
    until: datetime
    due_at: datetime

    @property
    def name(self) -> str:
        """The Monday that the report is for, as it is kept."""
        return self.monday.isoformat()


def week_before(now: datetime, zone: str) -> Week:
    """Return the last whole week of a zone."""
    info = zone_of(zone).info
    today = now.astimezone(info).date()
    monday = today - timedelta(days=today.weekday())
    begin = datetime.combine(monday, time(0), info)
    return Week(
        monday=monday,
        since=as_utc(datetime.combine(monday - WEEK, time(0), info)),
        until=as_utc(begin),
        due_at=as_utc(datetime.combine(monday, MORNING, info)),
    )


def has_reports(app: App, now: datetime) -> bool:
    """Whether some workspace is due; a look at few rows, and at none in most of the week."""
    return bool(_due(app, now))


def report_weeks(app: App, now: datetime) -> int:
    """Report every week that is due; return how many reports left."""
    sent = 0
    for workspace_id in _due(app, now):
        with claimed(app, workspace_id, now) as workspace:
            if workspace is not None:
                sent += _report(app, workspace, week_before(now, workspace.timezone), now)
    return sent


def _due(app: App, now: datetime) -> Sequence[UUID]:
    earliest = (now + EASTERNMOST).date()
    monday = earliest - timedelta(days=earliest.weekday())
    with app.database.read() as connection:
        waiting = weekly.unreported(connection, monday.isoformat())
    return [key for key, zone, last in waiting if _is_due(week_before(now, zone), last, now)]


def _is_due(week: Week, last: str | None, now: datetime) -> bool:
    return week.due_at <= now and (last is None or last < week.name)


def _report(app: App, workspace: Workspace, week: Week, now: datetime) -> bool:
    with app.database.read() as connection:
        before = weekly.reported(connection, workspace.id)
    if not _is_due(week, before.week, now):
        return False  # somebody else was faster
    is_new = before.week is None and before.created_at >= week.until
    if is_new or app.post is None or not workspace.owners:
        return _end(app, workspace, week)
    if may_send(app) is not None:
        return False
    subject, text = drawn(app, workspace, week, now)
    heard = set(before.to)
    for owner in workspace.owners:
        if owner not in heard and _send(app, workspace, week, owner, subject, text):
            heard.add(owner)
            with app.database.begin() as connection:
                weekly.add_reported(connection, workspace.id, heard)
    if heard >= set(workspace.owners):
        _end(app, workspace, week)
    return bool(heard - before.to)


def _end(app: App, workspace: Workspace, week: Week) -> bool:
    with app.database.begin() as connection:
        weekly.end_reported(connection, workspace.id, week.name)
    return False


def _send(app: App, workspace: Workspace, week: Week, owner: str, subject: str, text: str) -> bool:
    letter = Letter(
        identity=identity_of("week", str(workspace.id), week.name, owner),
        to=owner,
        subject=subject,
        text=text,
        headers=HEADERS,
    )
    return app.post is not None and app.post.send(letter).verdict is not Verdict.LATER


def drawn(app: App, workspace: Workspace, week: Week, now: datetime) -> tuple[str, str]:
    """Return subject and text of a workspace's report."""
    with app.database.read() as connection:
        span = (connection, workspace.id, week.since, week.until)
        rows = specifications.list_specifications(connection, workspace_id=workspace.id)
        made = weekly.issue_counts(*span)
        ran = weekly.run_counts(*span)
        gone = weekly.delivery_counts(*span)
        spent = weekly.spent_between(*span)
        since = as_utc(month_start(now, workspace.timezone))
        month = weekly.spent_between(connection, workspace.id, since, now)
    last_day = week.monday - timedelta(days=1)
    head = f"{workspace.name}, {week.monday - WEEK} to {last_day} ({workspace.timezone})"
    lines = [head, ""]
    for row in rows:
        lines += [row.slug, *_newsletter(app, row, made, ran, gone, now), ""]
    lines += [_money(app, workspace, spent, month), "", "Now: autopilot status", why(workspace)]
    return one_line(_subject(workspace, week, made, ran)), "\n".join(lines) + "\n"


def _subject(workspace: Workspace, week: Week, made: Counts, ran: Counts) -> str:
    issues = sum(made.values())
    failed = sum(count for (_, status), count in ran.items() if status == "failed")
    told = f"{workspace.name}: {issues} issue{'s' * (issues != 1)}, {failed} failed"
    return f"{told}, week of {week.monday - WEEK}"


def _newsletter(
    app: App, row: SpecificationRow, made: Counts, ran: Counts, gone: Counts, now: datetime
) -> Iterator[str]:
    yield f"  Issues      {_told(made, row.id) or 'none'}"
    ended = {key: count for key, count in ran.items() if key[1] in ("failed", "skipped")}
    if told := _told(ended, row.id):
        yield f"  Runs        {told}"
    yield f"  Deliveries  {_told(gone, row.id) or 'none'}"
    yield from _sources(app, row, now)
    yield from _gaps(app, row)


def _told(counts: Mapping[tuple[UUID, str], int], specification_id: UUID) -> str:
    own = sorted(
        (status, count) for (key, status), count in counts.items() if key == specification_id
    )
    return ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in own)


def _sources(app: App, row: SpecificationRow, now: datetime) -> Iterator[str]:
    from autopilot.service.source_health import NEEDS_CARE, source_facts

    facts = source_facts(app, row.id, now)
    ill = [one for one in facts if one.health.state in NEEDS_CARE]
    yield f"  Sources     {len(facts) - len(ill)} of {len(facts)} are well"
    for one in ill[:SOURCES_NAMED]:
        name = one.row.source.name or one.row.state.title or one.row.source.url
        advice = f"; {one.health.advice}" if one.health.advice else ""
        yield f"              {one_line(name)}: {one_line(one.health.sentence + advice)}"
    if len(ill) > SOURCES_NAMED:
        yield f"              and {len(ill) - SOURCES_NAMED} more: autopilot sources list {row.slug}"


def _gaps(app: App, row: SpecificationRow) -> Iterator[str]:
    from autopilot.pipeline.select import coverage_gaps

    with app.database.read() as connection:
        last = weekly.last_places(connection, row.id, issues_back=ISSUES_BACK)
    for place, gap in enumerate(coverage_gaps(last, row.document)):
        yield f"  {'Gaps' if place == 0 else '':<10}  {one_line(gap.sentence)}"


def _money(app: App, workspace: Workspace, spent: int, month: int) -> str:
    cap = workspace.budget.month_usd
    cap = app.settings.monthly_budget if cap is None else cap
    of = "" if cap is None else f" of {cap:.2f}"
    told = f"{spent / MICRO:.2f} US dollars for model calls in the week"
    return f"Money         {told}, {month / MICRO:.2f}{of} this month"
