"""The state machines: what the documentation draws is what the code allows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from uuid import uuid4

import pytest

from autopilot.domain import delivery as deliveries
from autopilot.domain import issue as issues
from autopilot.domain import run as runs
from autopilot.domain import schedule as schedules
from autopilot.domain import subscriber as subscribers
from autopilot.domain.content import Window
from autopilot.domain.run import MAX_DEATHS, Run, RunStatus, Trigger
from autopilot.domain.schedule import Schedule, ScheduleStatus, Upcoming
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


@pytest.mark.parametrize(
    ("heading", "moves"),
    [
        ("Run", runs.MOVES),
        ("Schedule", schedules.MOVES),
        ("Issue", issues.MOVES),
        ("Delivery", deliveries.MOVES),
        ("Subscriber", subscribers.MOVES),
    ],
)
def test_the_page_draws_what_the_code_allows(
    heading: str, moves: Mapping[StrEnum, frozenset[StrEnum]]
) -> None:
    assert drawn(heading) == coded(moves)


@pytest.mark.parametrize(
    ("moves", "states"),
    [
        (runs.MOVES, RunStatus),
        (schedules.MOVES, ScheduleStatus),
        (issues.MOVES, issues.IssueStatus),
        (deliveries.MOVES, deliveries.DeliveryStatus),
        (subscribers.MOVES, subscribers.SubscriberStatus),
    ],
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
    returned = a_run().claim(uuid4(), NOW, LEASE).release()
    assert (returned.status, returned.attempt, returned.epoch) == (RunStatus.QUEUED, 0, 1)
    assert (returned.owner_token, returned.lease_until) == (None, None)


def test_a_run_that_loses_its_worker_three_times_is_poison() -> None:
    run = a_run()
    for death in range(1, MAX_DEATHS + 1):
        run = run.claim(uuid4(), NOW, LEASE).rescue(NOW + LEASE)
        assert run.status is (RunStatus.FAILED if death == MAX_DEATHS else RunStatus.QUEUED)
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
    resumed = paused.resume(Upcoming(at=NOW + LEASE, due_at=None, computed_with="test"))
    assert (resumed.status_reason, resumed.next_run_at, resumed.enabled) == (
        None,
        NOW + LEASE,
        True,
    )


def test_a_cancelled_schedule_stays_cancelled() -> None:
    cancelled = a_schedule().cancel()
    with pytest.raises(Conflict, match="cancelled"):
        cancelled.resume(Upcoming(at=NOW, due_at=None, computed_with="test"))


def test_only_an_active_schedule_is_due() -> None:
    assert a_schedule().is_due(NOW)
    assert not a_schedule().is_due(NOW - timedelta(seconds=1))
    assert not a_schedule(ScheduleStatus.PAUSED).is_due(NOW)


def running(**changes: object) -> Run:
    return a_run(**changes).claim(uuid4(), NOW, LEASE)


def test_pauses_before_a_retry_double_to_an_hour() -> None:
    run, pauses = running(retries=10), []
    while (moment := run.retry_at(NOW)) is not None:
        pauses.append(moment - NOW)
        run = run.retry("it broke", moment).claim(uuid4(), moment, LEASE)
    assert len(pauses) == run.failures == 10
    for number, pause in enumerate(pauses):
        middle = min(timedelta(seconds=30) * 2**number, timedelta(hours=1))
        assert 0.8 * middle <= pause <= 1.2 * middle


def test_a_pause_is_the_same_whenever_it_is_asked_and_another_for_another_run() -> None:
    run = running(retries=1)
    assert run.retry_at(NOW) == run.retry_at(NOW)
    assert len({running(retries=1).retry_at(NOW) for _ in range(8)}) > 4


def test_nothing_is_tried_again_at_or_past_its_end() -> None:
    moment = running(retries=1, id=(identity := uuid4())).retry_at(NOW)
    assert moment is not None
    for until, expected in ((moment, None), (moment + timedelta(microseconds=1), moment)):
        assert running(retries=1, id=identity, retry_until=until).retry_at(NOW) == expected


def test_a_retry_is_an_attempt_and_no_death() -> None:
    queued = running(retries=3).retry("it broke", NOW + LEASE)
    assert (queued.status, queued.due_at, queued.reason) == ("queued", NOW + LEASE, "it broke")
    assert (queued.failures, queued.deaths, queued.attempt) == (1, 0, 1)
    assert (queued.owner_token, queued.lease_until) == (None, None)


def test_a_run_brought_back_begins_anew_and_keeps_its_epoch() -> None:
    failed = replace(running(retries=1), failures=1, deaths=2).fail("it broke", NOW)
    revived = failed.revive(NOW + LEASE)
    assert (revived.status, revived.due_at, revived.finished_at) == ("queued", NOW + LEASE, None)
    assert (revived.failures, revived.deaths, revived.reason) == (0, 0, None)
    assert revived.epoch == failed.epoch


@pytest.mark.parametrize("status", sorted(set(RunStatus) - {RunStatus.FAILED, RunStatus.RUNNING}))
def test_only_a_failed_run_is_brought_back(status: RunStatus) -> None:
    with pytest.raises(Conflict):
        a_run(status).revive(NOW)


def test_a_schedule_with_a_lead_is_due_before_its_slot() -> None:
    early = replace(a_schedule(), due_at=NOW - LEASE)
    assert early.is_due(NOW - LEASE)
    assert not early.is_due(NOW - LEASE - timedelta(microseconds=1))
    late = replace(a_schedule(), due_at=NOW + LEASE)
    assert not late.is_due(NOW)
