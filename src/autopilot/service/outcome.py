"""Outcome: how a run ended and what its readers got, in one word; never good with nobody reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Connection

from autopilot.domain.issue import IssueStatus
from autopilot.domain.run import Run, RunStatus
from autopilot.store import deliveries
from autopilot.store.issues import IssueRow

GOOD = frozenset({"succeeded", "sent"})
BAD = frozenset({"failed", "not_sent"})


def outcomes_of(connection: Connection, runs: Sequence[Run]) -> Mapping[UUID, str]:
    """Return the outcome of each run: its status, and once it has an issue that of the issue.

    "succeeded" is an issue that is stored and has no channel to go over; "to_be_sent" one whose
    deliveries are written down.
    """
    return outcomes_by_id(connection, {run.id: run.status for run in runs})


def outcomes_by_id(connection: Connection, runs: Mapping[UUID, RunStatus]) -> Mapping[UUID, str]:
    """Return the outcome of each run, given by its status, in the words of `outcomes_of`."""
    made = [run_id for run_id, status in runs.items() if status is RunStatus.SUCCEEDED]
    standing = deliveries.standing_of_runs(connection, made)
    return {
        run_id: _told(*standing[run_id]) if run_id in standing else status.value
        for run_id, status in runs.items()
    }


def outcomes_of_issues(connection: Connection, issues: Sequence[IssueRow]) -> Mapping[UUID, str]:
    """Return the outcome of each issue, in the words of `outcomes_of`."""
    standing = deliveries.standing_of_runs(connection, [issue.run_id for issue in issues])
    return {issue.id: _told(*standing[issue.run_id]) for issue in issues}


def _told(status: IssueStatus, has_deliveries: bool) -> str:
    if status is not IssueStatus.APPROVED:
        return status.value
    return "to_be_sent" if has_deliveries else RunStatus.SUCCEEDED.value


def is_good(outcome: str) -> bool | None:
    """Whether an outcome is good (True), bad (False) or neither."""
    return True if outcome in GOOD else False if outcome in BAD else None
