"""Who is served next: the most urgent, then workspace by workspace, within the caps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from service.asking import all_runs
from service.conftest import SECOND, SUNDAY, Clock, apply, document

from autopilot.domain.content import Window
from autopilot.domain.run import Run, RunStatus, Trigger
from autopilot.service.claim import claim_next
from autopilot.service.context import App
from autopilot.service.lease import Lease
from autopilot.store import runs, specifications

WEEK = timedelta(days=7)


@pytest.fixture
def three(app: App) -> App:
    """Three workspaces with a specification each, called a, b and c."""
    for name in "abc":
        text = document().split("    schedules:")[0]
        apply(app, text.replace("workspace: acme", f"workspace: {name}"))
    return app


def places(app: App) -> dict[str, specifications.SpecificationRow]:
    from autopilot.store.workspaces import list_workspaces

    with app.database.read() as connection:
        slugs = {item.id: item.slug for item in list_workspaces(connection)}
        found = specifications.list_specifications(connection)
    return {slugs[row.workspace_id]: row for row in found}


def queue(app: App, workspace: str, count: int = 1, **changes: object) -> None:
    """Queues runs of a workspace, all due now."""
    row = places(app)[workspace]
    run = Run(
        id=uuid4(),
        workspace_id=row.workspace_id,
        specification_id=row.id,
        schedule_id=None,
        trigger=Trigger.MANUAL,
        scheduled_for=None,
        zone="UTC",
        window=Window(start=SUNDAY - WEEK, end=SUNDAY),
        due_at=SUNDAY,
        status=RunStatus.QUEUED,
        created_by="ann@example.org",
        created_at=SUNDAY,
    )
    with app.database.begin() as connection:
        for _ in range(count):
            runs.add_run(connection, replace(run, id=uuid4(), **changes))  # type: ignore[arg-type]


def served(app: App, clock: Clock, most: int, *, end: bool = True) -> list[str]:
    """Claims one run after the other; returns whose they were."""
    names = {row.workspace_id: name for name, row in places(app).items()}
    found: list[str] = []
    for _ in range(most):
        lease = claim_next(app)
        if lease is None:
            break
        found.append(names[lease.run.workspace_id])
        clock.pass_(SECOND)
        if end:
            lease.end(lease.run.succeed(clock.now))
    return found


def test_a_workspace_with_fifty_runs_takes_its_turn(three: App, clock: Clock) -> None:
    queue(three, "a", 50)
    queue(three, "b", 3)
    queue(three, "c", 3)
    order = served(three, clock, 12)
    for place in range(0, 9, 3):
        assert set(order[place : place + 3]) == {"a", "b", "c"}
    assert order[9:] == ["a", "a", "a"]


def test_a_workspace_that_comes_late_is_served_next(three: App, clock: Clock) -> None:
    queue(three, "a", 10)
    served(three, clock, 4)
    queue(three, "b", 2)
    assert served(three, clock, 3) == ["b", "a", "b"]


def test_the_most_urgent_is_served_before_whose_turn_it_is(three: App, clock: Clock) -> None:
    queue(three, "a", 2)
    queue(three, "b", 1)
    queue(three, "c", 2, priority=5)
    order = served(three, clock, 5)
    assert order[:2] == ["c", "c"]
    assert Counter(order) == {"a": 2, "b": 1, "c": 2}


def test_in_a_workspace_the_most_urgent_then_the_longest_due(three: App, clock: Clock) -> None:
    queue(three, "a", due_at=SUNDAY - SECOND)
    queue(three, "a", due_at=SUNDAY - 2 * SECOND)
    queue(three, "a", priority=1)
    queue(three, "a", priority=-1, due_at=SUNDAY - WEEK)
    queue(three, "a", priority=9, due_at=SUNDAY + WEEK)
    claimed = []
    while (lease := claim_next(three)) is not None:
        claimed.append((lease.run.priority, (SUNDAY - lease.run.due_at).total_seconds()))
    assert claimed == [(1, 0), (0, 2), (0, 1), (-1, WEEK.total_seconds())]


def test_no_more_runs_than_the_cap_of_all(
    three: App, new_app: Callable[..., App], clock: Clock, store_url: str
) -> None:
    app = new_app(AUTOPILOT_MAX_RUNNING="2")
    queue(app, "a", 3)
    queue(app, "b", 3)
    assert sorted(served(app, clock, 9, end=False)) == ["a", "b"]
    assert [run.status for run in all_runs(app)].count(RunStatus.RUNNING) == 2


def test_no_more_runs_than_the_cap_of_a_workspace(
    three: App, new_app: Callable[..., App], clock: Clock
) -> None:
    app = new_app(AUTOPILOT_MAX_RUNNING_PER_WORKSPACE="1")
    queue(app, "a", 3, priority=7)
    queue(app, "b", 3)
    assert served(app, clock, 9, end=False) == ["a", "b"]


def test_a_run_that_ended_makes_room(three: App, new_app: Callable[..., App], clock: Clock) -> None:
    app = new_app(AUTOPILOT_MAX_RUNNING="1")
    queue(app, "a", 2)
    lease = claim_next(app)
    assert isinstance(lease, Lease)
    assert claim_next(app) is None
    lease.end(lease.run.succeed(clock.now))
    assert claim_next(app) is not None


def test_without_caps_everything_runs(three: App, clock: Clock) -> None:
    queue(three, "a", 5)
    queue(three, "b", 5)
    assert len(served(three, clock, 20, end=False)) == 10


def test_a_workspace_whose_runs_must_wait_does_not_hold_up_the_others(
    three: App, clock: Clock
) -> None:
    """Its most urgent run waits for another of its schedule; that is nobody else's concern."""
    from service.scheduling import DAY

    from autopilot.service.plan import plan
    from autopilot.service.schedules import create_autopilot_schedule

    row = places(three)["a"]
    policies = {"overlap": "queue_one", "priority": 50}
    create_autopilot_schedule(
        row.id,
        row.workspace_id,
        "ann@example.org",
        "Daily",
        "daily",
        {"times": ["09:00"]},
        timezone="UTC",
        policies=policies,
        app=three,
    )
    for day in (1, 2):
        clock.now = SUNDAY + day * DAY
        plan(three, clock.now)
        claim_next(three)
    queue(three, "a")
    queue(three, "b")
    assert sorted(served(three, clock, 5)) == ["a", "b"]


def test_ids_of_workspaces_do_not_decide(three: App, clock: Clock) -> None:
    """Over many claims each has its share, whoever comes first in the alphabet."""
    for name in "abc":
        queue(three, name, 20)
    counted = Counter(served(three, clock, 30))
    assert counted == {"a": 10, "b": 10, "c": 10}
    assert isinstance(places(three)["a"].id, UUID)
