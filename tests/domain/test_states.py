"""The state machines: what the documentation draws is what the code allows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from uuid import uuid4

import pytest

from autopilot.domain import run as runs
from autopilot.domain import schedule as schedules
from autopilot.domain.content import Window
from autopilot.domain.run import MAX_ATTEMPTS, Run, RunStatus, Trigger
from autopilot.domain.schedule import Schedule, ScheduleStatus
from autopilot.errors import Conflict

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "states.md"
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
LEASE = timedelta(seconds=60)


def drawn(heading: str) -> dict[str, set[str]]:
    """The moves in the table under a heading of the page."""
    section = PAGE.read_text(encoding="utf-8").split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    table = section.split("| from | to |", 1)[1].split("\n\n", 1)[0]
    rows = re.findall(r"^\| (\w+) \|(.*)\|$", table, flags=re.MULTILINE)
    return {state: {move for move in re.split(r"[,\s]+", moves) if move} for state, moves in rows}


def coded(moves: Mapping[StrEnum, frozenset[StrEnum]]) -> dict[str, set[str]]:
    return {str(state): {str(move) for move in allowed} for state, allowed in moves.items()}


@pytest.mark.parametrize(("heading", "moves"), [("Run", runs.MOVES), ("Schedule", schedules.MOVES)])
def test_the_page_draws_what_the_code_allows(
    heading: str, moves: Mapping[StrEnum, frozenset[StrEnum]]
) -> None:
    assert drawn(heading) == coded(moves)


@pytest.mark.parametrize(
    ("moves", "states"), [(runs.MOVES, RunStatus), (schedules.MOVES, ScheduleStatus)]
)
def test_every_state_has_its_moves(
    moves: Mapping[StrEnum, frozenset[StrEnum]], states: type[StrEnum]
) -> None:
    assert set(moves) == set(states)


def a_run(status: RunStatus = RunStatus.QUEUED, **changes: object) -> Run:
    values: dict[str, object] = {
        "id": uuid4(),
        "workspace_id": uuid4(),
        "specification_id": uuid4(),
        "schedule_id": None,
        "trigger": Trigger.MANUAL,
        "scheduled_for": None,
        "zone": "UTC",
        "window": Window(start=NOW - timedelta(days=7), end=NOW),
        "due_at": NOW,
        "status": status,
        "created_by": "test",
        "created_at": NOW,
    }
    return Run(**(values | changes))  # type: ignore[arg-type]


def test_a_claim_sets_owner_lease_epoch_and_attempt() -> None:
    owner = uuid4()
    claimed = a_run().claim(owner, NOW, LEASE)
    assert (claimed.owner_token, claimed.lease_until) == (owner, NOW + LEASE)
    assert (claimed.epoch, claimed.attempt, claimed.started_at) == (1, 1, NOW)


def test_a_run_given_back_does_not_count_the_attempt() -> None:
    returned = a_run().claim(uuid4(), NOW, LEASE).release(NOW)
    assert (returned.status, returned.attempt, returned.epoch) == (RunStatus.QUEUED, 0, 1)
    assert (returned.owner_token, returned.lease_until) == (None, None)


def test_a_run_that_loses_its_worker_three_times_is_poison() -> None:
    run = a_run()
    for death in range(1, MAX_ATTEMPTS + 1):
        run = run.claim(uuid4(), NOW, LEASE).rescue(NOW + LEASE)
        assert run.status is (RunStatus.FAILED if death == MAX_ATTEMPTS else RunStatus.QUEUED)
    assert run.reason is not None
    assert run.reason.startswith("poison")


@pytest.mark.parametrize("status", sorted(runs.ENDS))
def test_an_ended_run_never_moves_again(status: RunStatus) -> None:
    ended = a_run(status)
    assert ended.has_ended
    for move in (
        lambda: ended.claim(uuid4(), NOW, LEASE),
        lambda: ended.succeed(NOW),
        lambda: ended.fail("x", NOW),
        lambda: ended.cancel("x", NOW),
    ):
        with pytest.raises(Conflict):
            move()


def test_a_lease_expires_at_its_very_end() -> None:
    claimed = a_run().claim(uuid4(), NOW, LEASE)
    assert not claimed.has_expired(NOW + LEASE - timedelta(microseconds=1))
    assert claimed.has_expired(NOW + LEASE)
    assert not a_run().has_expired(NOW)


def a_schedule(status: ScheduleStatus = ScheduleStatus.ACTIVE) -> Schedule:
    return Schedule(
        id=uuid4(),
        workspace_id=uuid4(),
        specification_id=uuid4(),
        created_by="test",
        name="Monday nine",
        type="weekly",
        config={"days": ["mon"], "times": ["09:00"]},
        timezone="Europe/Berlin",
        status=status,
        next_run_at=NOW if status is ScheduleStatus.ACTIVE else None,
    )


def test_a_rule_without_a_slot_left_is_finished() -> None:
    finished = a_schedule().advance(None)
    assert (finished.status, finished.next_run_at, finished.enabled) == ("finished", None, False)


def test_a_pause_keeps_its_reason_until_somebody_resumes() -> None:
    paused = a_schedule().pause("holidays")
    assert (paused.status_reason, paused.next_run_at) == ("holidays", None)
    resumed = paused.resume(NOW + LEASE)
    assert (resumed.status_reason, resumed.next_run_at, resumed.enabled) == (
        None,
        NOW + LEASE,
        True,
    )


def test_a_cancelled_schedule_stays_cancelled() -> None:
    cancelled = a_schedule().cancel()
    with pytest.raises(Conflict, match="cancelled"):
        cancelled.resume(NOW)


def test_only_an_active_schedule_is_due() -> None:
    assert a_schedule().is_due(NOW)
    assert not a_schedule().is_due(NOW - timedelta(seconds=1))
    assert not a_schedule(ScheduleStatus.PAUSED).is_due(NOW)
