"""Outcome: how a run ended and what its readers got, in one word; never good with nobody reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Connection

from autopilot.domain.issue import IssueStatus
from autopilot.domain.run import Run, RunStatus
from autopilot.store import deliveries

GOOD = frozenset({"succeeded", "sent"})
BAD = frozenset({"failed", "not_sent"})


def outcomes_of(connection: Connection, runs: Sequence[Run]) -> Mapping[UUID, str]:
    """Return the outcome of each run: its status, and once it has an issue that of the issue.

    "succeeded" is an issue that is stored and has no channel to go over; "to_be_sent" one whose
    deliveries are written down.
    """
    made = [run.id for run in runs if run.status is RunStatus.SUCCEEDED]
    standing = deliveries.standing_of_runs(connection, made)
    return {run.id: _outcome(run, standing.get(run.id)) for run in runs}


def _outcome(run: Run, standing: tuple[IssueStatus, bool] | None) -> str:
    if standing is None:
        return run.status.value
    status, has_deliveries = standing
    if status is not IssueStatus.APPROVED:
        return status.value
    return "to_be_sent" if has_deliveries else run.status.value


def is_good(outcome: str) -> bool | None:
    """Whether an outcome is good (True), bad (False) or neither."""
    return True if outcome in GOOD else False if outcome in BAD else None
