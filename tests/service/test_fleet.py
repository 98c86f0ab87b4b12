"""The fleet's verbs: prepared, handed out in turn, and executed by whoever claims first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from service.asking import all_runs
from service.conftest import MONDAY_NINE, SECOND, Clock
from service.feeds import Feeds
from service.test_fairness import places, queue, three

from autopilot.domain.run import RunStatus
from autopilot.service.claim import claim_next, claim_run
from autopilot.service.context import App
from autopilot.service.fleet import execute_run, has_rest, prepare, queued_in_turn
from autopilot.service.passing import do_rest

__all__ = ["three"]


def test_preparing_queues_what_is_due_and_executes_nothing(energy: App, clock: Clock) -> None:
    assert prepare(energy).queued == 0
    clock.now = MONDAY_NINE
    assert prepare(energy).queued == 1
    assert prepare(energy).queued == 0
    (run,) = all_runs(energy)
    assert run.status == RunStatus.QUEUED
    assert [it.id for it in queued_in_turn(energy, most=10)] == [run.id]


def test_a_run_is_executed_once_however_often_its_id_comes(
    energy: App, new_app: Callable[..., App], clock: Clock
) -> None:
    clock.now = MONDAY_NINE
    prepare(energy)
    (run,) = queued_in_turn(energy, most=10)
    ended = execute_run(energy, run.id)
    assert ended is not None
    assert ended.status == RunStatus.SUCCEEDED
    assert execute_run(energy, run.id) is None
    assert execute_run(new_app(), run.id) is None
    assert execute_run(energy, uuid4()) is None
    assert queued_in_turn(energy, most=10) == ()


def test_a_run_that_somebody_has_is_left_to_them(
    energy: App, new_app: Callable[..., App], clock: Clock
) -> None:
    clock.now = MONDAY_NINE
    prepare(energy)
    (run,) = queued_in_turn(energy, most=10)
    lease = claim_next(new_app())
    assert lease is not None
    assert execute_run(energy, run.id) is None
    clock.pass_(timedelta(minutes=2))
    assert execute_run(energy, run.id) is None  # its worker died, and nobody took it back yet
    assert prepare(energy).rescued == 1
    ended = execute_run(energy, run.id)
    assert ended is not None
    assert (ended.status, ended.deaths) == (RunStatus.SUCCEEDED, 1)


def test_a_run_that_is_not_due_yet_waits(three: App, clock: Clock) -> None:
    queue(three, "a", due_at=clock.now + SECOND)
    (run,) = all_runs(three)
    assert queued_in_turn(three, most=10) == ()
    assert claim_run(three, run.id) is None
    clock.pass_(SECOND)
    assert claim_run(three, run.id) is not None


def test_runs_are_handed_out_in_the_order_in_which_they_are_claimed(
    three: App, clock: Clock
) -> None:
    queue(three, "a", 4)
    queue(three, "b", 2, deaths=1)
    queue(three, "c", 1, priority=3)
    in_turn = queued_in_turn(three, most=5)
    names = {row.workspace_id: name for name, row in places(three).items()}
    first, *others = [names[it.workspace_id] for it in in_turn]
    assert first == "c"
    assert others in (["a", "b"] * 2, ["b", "a"] * 2)
    assert len(queued_in_turn(three, most=100)) == 7
    lease = claim_next(three)
    assert lease is not None
    assert lease.run.id == in_turn[0].id


@pytest.mark.parametrize(
    ("cap", "handed_out", "claimed"),
    [
        ({"AUTOPILOT_MAX_RUNNING": "3"}, 3, 3),
        ({"AUTOPILOT_MAX_RUNNING_PER_WORKSPACE": "1"}, 2, 2),
    ],
    ids=["of all", "of a workspace"],
)
def test_the_caps_hold_for_what_is_handed_out_and_for_what_is_claimed(
    three: App, new_app: Callable[..., App], cap: dict[str, str], handed_out: int, claimed: int
) -> None:
    queue(three, "a", 5)
    queue(three, "b", 5)
    everything = queued_in_turn(three, most=100)
    capped = new_app(**cap)
    assert len(queued_in_turn(capped, most=100)) == handed_out
    assert sum(claim_run(capped, run.id) is not None for run in everything) == claimed
    assert not queued_in_turn(capped, most=100)


def test_the_rest_is_errands_and_the_watcher(
    quiet: App, new_app: Callable[..., App], feeds: Feeds, clock: Clock
) -> None:
    do_rest(quiet, deadline=clock.now + SECOND)
    assert not has_rest(quiet)
    watched = new_app(AUTOPILOT_PING_URL=feeds.serve("ping"))
    assert has_rest(watched)
    do_rest(watched, deadline=clock.now + SECOND)
    assert feeds.hits["ping"] == 1
