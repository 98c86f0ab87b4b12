"""Runs claimed together: in the same turn, within the same caps, with the same ends as one by one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from service.asking import all_runs, only_specification, rows
from service.conftest import MONDAY_NINE, SECOND, SUNDAY, Clock, apply, document, news
from service.feeds import Feeds
from service.scheduling import DAY, change, daily, notices, read
from service.test_fairness import places, queue, served, three
from sqlalchemy import update

from autopilot.domain.notice import Notice, NoticeKind
from autopilot.domain.run import Run, RunStatus
from autopilot.errors import StoreUnavailable
from autopilot.service import batch as batch_module
from autopilot.service import pace as pace_module
from autopilot.service import supply as supply_module
from autopilot.service import tick as module
from autopilot.service.batch import Batch
from autopilot.service.claim import claim_runs
from autopilot.service.context import App
from autopilot.service.lease import Lease, never
from autopilot.service.plan import plan
from autopilot.service.renewal import Renewal
from autopilot.service.rescue import rescue
from autopilot.service.shift import Shift
from autopilot.service.tick import tick
from autopilot.store import batches
from autopilot.store import notices as notice_store
from autopilot.store.tables import newsletter_runs

__all__ = ["three"]
TOMORROW = SUNDAY + DAY


def names(app: App, claimed: Any) -> list[str]:
    whose = {row.workspace_id: name for name, row in places(app).items()}
    return [whose[run.workspace_id] for run in claimed]


def many(app: App, clock: Clock, count: int) -> None:
    """Plans one run each of so many schedules without sources; each will be skipped at once."""
    for number in range(count):
        daily(app, f"Daily {number}")
    clock.now = TOMORROW
    plan(app, TOMORROW)


def statuses(app: App) -> list[str]:
    return [run.status.value for run in all_runs(app)]


def watch_sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Notes how many runs each claim of the tick got."""
    sizes: list[int] = []

    def noting(app: App, *, most: int) -> Any:
        claimed = claim_runs(app, most=most)
        sizes.append(len(claimed))
        return claimed

    monkeypatch.setattr(supply_module, "claim_runs", noting)
    return sizes


def succeed(lease: Lease) -> Run:
    """Ends a run without an effect, as a job of a benchmark does."""
    with lease:
        return lease.end(lease.run.succeed(lease.app.clock()))


def test_workspaces_take_turns_inside_a_batch(three: App) -> None:
    queue(three, "a", 50)
    queue(three, "b", 3)
    queue(three, "c", 3)
    order = names(three, claim_runs(three, most=12))
    for place in range(0, 9, 3):
        assert set(order[place : place + 3]) == {"a", "b", "c"}
    assert order[9:] == ["a", "a", "a"]


def test_the_turn_goes_on_after_a_batch(three: App, clock: Clock) -> None:
    queue(three, "a", 20)
    claimed = claim_runs(three, most=4)
    clock.pass_(SECOND)
    queue(three, "b", 2)
    assert names(three, claimed) == ["a"] * 4
    assert names(three, claim_runs(three, most=3)) == ["b", "a", "b"]


def test_the_most_urgent_come_first_inside_a_batch(three: App) -> None:
    queue(three, "a", 2)
    queue(three, "b", 1, priority=-1)
    queue(three, "c", 2, priority=5)
    queue(three, "a", 1, priority=9)
    order: list[str] = []
    while claimed := claim_runs(three, most=4):
        order += names(three, claimed)
    assert order == ["a", "c", "c", "a", "a", "b"]


@pytest.mark.parametrize("most", [1, 2, 3, 5, 8, 250])
def test_batches_of_any_size_serve_in_the_order_of_single_claims(
    three: App, clock: Clock, most: int
) -> None:
    for number, name in enumerate("abcabbaacbca"):
        queue(three, name, priority=number % 3, due_at=SUNDAY - number * SECOND)
    order: list[tuple[str, int]] = []
    while claimed := claim_runs(three, most=most):
        order += zip(names(three, claimed), (run.priority for run in claimed), strict=True)
        clock.pass_(SECOND)
    assert [priority for _, priority in order] == [2] * 4 + [1] * 4 + [0] * 4
    assert sorted(name for name, _ in order) == sorted("abcabbaacbca")


def test_a_batch_keeps_to_the_cap_of_all(three: App, new_app: Callable[..., App]) -> None:
    app = new_app(AUTOPILOT_MAX_RUNNING="5")
    queue(app, "a", 4)
    queue(app, "b", 4)
    assert len(claim_runs(app, most=3)) == 3
    assert sorted(names(app, claim_runs(app, most=250))) in (["a", "b"], ["b", "b"])
    assert claim_runs(app, most=250) == []


def test_a_batch_keeps_to_the_cap_of_a_workspace(three: App, new_app: Callable[..., App]) -> None:
    app = new_app(AUTOPILOT_MAX_RUNNING_PER_WORKSPACE="2")
    queue(app, "a", 5, priority=7)
    queue(app, "b", 1)
    assert names(app, claim_runs(app, most=1)) == ["a"]
    order: list[str] = []
    while claimed := claim_runs(app, most=250):
        order += names(app, claimed)
    assert order == ["a", "b"]


@pytest.mark.parametrize(("overlap", "together"), [("queue_one", 1), ("allow", 2)])
def test_two_runs_of_a_schedule_are_in_one_batch_only_where_it_allows_both(
    quiet: App, clock: Clock, overlap: str, together: int
) -> None:
    daily(quiet, overlap=overlap)
    daily(quiet, "Other")
    for day in (1, 2):
        clock.now = SUNDAY + day * DAY
        plan(quiet, clock.now)
    change_all(quiet, due_at=SUNDAY)
    seen = [run for run in all_runs(quiet) if run.status is RunStatus.QUEUED]
    claimed = [run for _ in range(3) for run in claim_runs(quiet, most=250)]
    twice = [run.schedule_id for run in seen]
    both = max(twice, key=twice.count)
    assert [run.schedule_id for run in claimed].count(both) == together
    assert len({run.schedule_id for run in claimed}) == 2


def change_all(app: App, **values: object) -> None:
    with app.database.begin() as connection:
        connection.execute(update(newsletter_runs).values(**values))


def test_a_run_that_lost_a_worker_is_claimed_alone(three: App) -> None:
    for place, deaths in enumerate((0, 0, 1, 0, 2, 1, 0)):
        queue(three, "a", deaths=deaths, due_at=SUNDAY - timedelta(minutes=10 - place))
    claimed = []
    while together := claim_runs(three, most=250):
        claimed.append([run.deaths for run in together])
    assert claimed == [[0, 0], [1], [0], [2], [1], [0]]


def test_after_quick_runs_more_are_claimed_at_a_time(
    quiet: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(quiet, clock, 12)
    sizes = watch_sizes(monkeypatch)
    monkeypatch.setattr(pace_module, "QUICK_BATCH_SECONDS", 60)
    monkeypatch.setattr(pace_module, "GROWTH", 2)
    monkeypatch.setattr(batch_module, "SLOW_RUN_SECONDS", 60)
    report = tick(quiet)
    assert sizes == [1, 2, 4, 5, 0]
    assert {run.status for run in report.runs} == {RunStatus.SKIPPED}
    assert statuses(quiet) == ["skipped"] * 12
    assert {run.attempt for run in all_runs(quiet)} == {1}


def test_a_worker_goes_on_at_the_pace_of_its_last_tick(
    quiet: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(quiet, clock, 5)
    sizes = watch_sizes(monkeypatch)
    monkeypatch.setattr(pace_module, "QUICK_BATCH_SECONDS", 60)
    with Shift(quiet) as shift:
        tick(quiet, shift=shift)
        clock.pass_(DAY)
        plan(quiet, clock.now)
        tick(quiet, shift=shift)
    assert sizes == [1, 4, 0, 5, 0]


def test_no_more_runs_are_claimed_than_the_tick_may_execute(quiet: App, clock: Clock) -> None:
    many(quiet, clock, 6)
    assert len(tick(quiet, limit=4).runs) == 4
    assert sorted(statuses(quiet)) == ["queued"] * 2 + ["skipped"] * 4


def test_a_slow_batch_does_not_grow(
    quiet: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(quiet, clock, 4)
    sizes = watch_sizes(monkeypatch)
    monkeypatch.setattr(pace_module, "QUICK_BATCH_SECONDS", 0)
    tick(quiet)
    assert sizes == [1, 1, 1, 1, 0]


@pytest.fixture
def mixed(app: App, feeds: Feeds, clock: Clock) -> App:
    """Seven quick runs of a workspace without sources, then one that makes an issue, then two more."""
    apply(app, document().split("    schedules:")[0])
    for number in range(7):
        daily(app, f"Early {number}")
    for number in range(2):
        daily(app, f"Late {number}", lead_minutes=0)
    change_priority(app, "Late", -5)
    url = feeds.serve("feed.xml", *news(SUNDAY - 2 * DAY))
    text = (
        document(url)
        .replace("workspace: acme", "workspace: real")
        .replace("slug: energy", "slug: real")
    )
    apply(app, text)
    change_priority(app, "Monday", -4)
    clock.now = MONDAY_NINE + 4 * timedelta(hours=1)
    plan(app, clock.now)
    return app


def change_priority(app: App, prefix: str, priority: int) -> None:
    for row in rows(app, "autopilot_schedules"):
        if row.schedule_name.startswith(prefix):
            change(app, row.id, policies={"priority": priority})


def test_before_slow_work_the_others_of_its_batch_go_back(
    mixed: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autopilot.service import making

    seen: list[list[tuple[str, int]]] = []
    collect = making.collect

    def looking(*given: Any) -> Any:
        seen.append(sorted((run.status.value, run.attempt) for run in all_runs(mixed)))
        return collect(*given)

    sizes = watch_sizes(monkeypatch)
    monkeypatch.setattr(pace_module, "QUICK_BATCH_SECONDS", 60)
    monkeypatch.setattr(pace_module, "GROWTH", 2)
    monkeypatch.setattr(batch_module, "SLOW_RUN_SECONDS", 60)
    monkeypatch.setattr(making, "collect", looking)
    report = tick(mixed)
    assert sizes == [1, 2, 4, 3, 1, 1, 0], "after an issue runs are claimed one by one again"
    assert seen == [[("queued", 0)] * 2 + [("running", 1)] + [("skipped", 1)] * 7]
    assert [run.status.value for run in report.runs] == ["skipped"] * 7 + ["succeeded"] + [
        "skipped"
    ] * 2
    assert {run.attempt for run in all_runs(mixed)} == {1}


def claimed_batch(app: App, most: int, renewal: Renewal) -> Batch:
    return Batch(app, claim_runs(app, most=most), never, renewal)


def test_what_was_not_begun_when_a_batch_is_left_goes_back(quiet: App, clock: Clock) -> None:
    many(quiet, clock, 5)
    with Renewal(quiet) as renewal, claimed_batch(quiet, 5, renewal) as batch:
        for _ in range(2):
            succeed(batch.next_lease())  # type: ignore[arg-type]
        assert statuses(quiet) == ["running"] * 5
    found = sorted((run.status.value, run.attempt, run.deaths) for run in all_runs(quiet))
    assert found == [("queued", 0, 0)] * 3 + [("succeeded", 1, 0)] * 2
    assert all(run.owner_token is None for run in all_runs(quiet))


def test_a_worker_asked_to_stop_gives_back_what_it_has_not_begun(
    quiet: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(quiet, clock, 12)
    stop = threading.Event()
    begun: list[UUID] = []

    def stopping(lease: Lease) -> Run:
        begun.append(lease.run.id)
        if len(begun) == 5:
            stop.set()
        return succeed(lease)

    monkeypatch.setattr(module, "execute", stopping)
    report = tick(quiet, stopping=stop.is_set)
    assert [run.id for run in report.runs] == begun
    assert sorted(statuses(quiet)) == ["queued"] * 7 + ["succeeded"] * 5


def test_an_error_leaves_no_run_of_its_batch_behind(
    quiet: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(quiet, clock, 7)
    begun: list[UUID] = []

    def stumbling(lease: Lease) -> Run:
        begun.append(lease.run.id)
        if len(begun) == 5:
            lease.give_back()
            raise StoreUnavailable("The server was restarted.")
        return succeed(lease)

    monkeypatch.setattr(module, "execute", stumbling)
    with pytest.raises(StoreUnavailable):
        tick(quiet)
    assert sorted(statuses(quiet)) == ["queued"] * 3 + ["succeeded"] * 4


def test_of_a_batch_only_the_run_whose_lease_was_lost_is_lost(
    quiet: App, clock: Clock, events: list[Any]
) -> None:
    many(quiet, clock, 4)
    with Renewal(quiet) as renewal, claimed_batch(quiet, 4, renewal) as batch:
        ended = [succeed(batch.next_lease()) for _ in range(4)]  # type: ignore[arg-type]
        lost = ended[2]
        with quiet.database.begin() as connection:
            connection.execute(
                update(newsletter_runs).where(newsletter_runs.c.id == lost.id).values(epoch=9)
            )
    assert [batch.is_ours(run) for run in ended] == [True, True, False, True]
    assert {run.id: run.status.value for run in all_runs(quiet)} == {
        run.id: "running" if run is lost else "succeeded" for run in ended
    }
    counts = {row.id: row.run_count for row in rows(quiet, "autopilot_schedules")}
    assert counts == {run.schedule_id: int(run is not lost) for run in ended}
    assert [event["run_id"] for event in events if event.get("action") == "lost"] == [str(lost.id)]


def test_what_was_not_begun_and_was_lost_stays_with_its_new_owner(quiet: App, clock: Clock) -> None:
    many(quiet, clock, 2)
    with Renewal(quiet) as renewal, claimed_batch(quiet, 2, renewal):
        clock.pass_(quiet.settings.lease + SECOND)
        assert rescue(quiet, clock()) == 2
        (other,) = claim_runs(quiet, most=1)
    found = {run.id: run for run in all_runs(quiet)}
    assert found.pop(other.id) == other
    assert [(run.status.value, run.deaths) for run in found.values()] == [("queued", 1)]


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one by one"])
@pytest.mark.parametrize("end", ["succeed", "skip"])
def test_ends_leave_the_same_figures_and_notices(
    quiet: App, clock: Clock, monkeypatch: pytest.MonkeyPatch, together: bool, end: str
) -> None:
    made = [daily(quiet, name, overlap="allow") for name in ("Well", "Ill", "Twice")]
    for day in (0, 1):
        plan(quiet, SUNDAY + day * DAY)
    fail_before(quiet, made[1].id)
    again = next(run for run in all_runs(quiet) if run.schedule_id == made[2].id)
    with quiet.database.begin() as connection:
        from uuid import uuid4

        from autopilot.store import runs

        second = replace(again, id=uuid4(), scheduled_for=SUNDAY - DAY)
        runs.add_run(connection, second)
    clock.now = TOMORROW

    def ending(lease: Lease) -> Run:
        with lease:
            run, now = lease.run, lease.app.clock()
            return lease.end(run.succeed(now) if end == "succeed" else run.skip("nothing", now))

    monkeypatch.setattr(module, "execute", ending)
    if not together:
        monkeypatch.setattr(pace_module, "QUICK_BATCH_SECONDS", 0)
    tick(quiet)
    well, ill, twice = (read(quiet, schedule) for schedule in made)
    succeeded = int(end == "succeed")
    assert (well.run_count, well.success_count, well.consecutive_failures) == (1, succeeded, 0)
    assert (ill.run_count, ill.success_count) == (1, succeeded)
    assert ill.consecutive_failures == (0 if succeeded else 2)
    assert (twice.run_count, twice.success_count) == (2, 2 * succeeded)
    assert [one.last_run_status for one in (well, ill, twice)] == [
        "succeeded" if succeeded else "skipped"
    ] * 3
    assert notices(quiet) == ["failed", "recovered"] if succeeded else ["failed"]
    assert {run.finished_at for run in all_runs(quiet)} == {TOMORROW}


def fail_before(app: App, schedule_id: UUID) -> None:
    """Lets a schedule be in an outage: two failures, told once."""
    row = only_specification(app)
    change(app, schedule_id, consecutive_failures=2)
    with app.database.begin() as connection:
        notice_store.add_notice(
            connection,
            Notice(
                workspace_id=row.workspace_id,
                specification_id=row.id,
                schedule_id=schedule_id,
                run_id=None,
                kind=NoticeKind.FAILED,
                message="it failed",
                at=SUNDAY,
            ),
        )


def test_a_failure_in_a_batch_is_told_at_once(
    quiet: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(quiet, clock, 3)
    with Renewal(quiet) as renewal, claimed_batch(quiet, 3, renewal) as batch:
        lease = batch.next_lease()
        assert lease is not None
        with lease:
            lease.end(lease.run.fail("it broke", clock()))
        assert notices(quiet) == ["failed"]
        assert sorted(statuses(quiet)) == ["failed", "running", "running"]
    assert sorted(statuses(quiet)) == ["failed", "queued", "queued"]


def test_checkpoints_of_an_earlier_attempt_are_dropped_with_the_batch(
    energy: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autopilot.service import making

    stop = threading.Event()
    collect = making.collect

    def collect_and_stop(*given: Any) -> Any:
        done = collect(*given)
        stop.set()
        return done

    clock.now = MONDAY_NINE + SECOND
    with monkeypatch.context() as stopped:
        stopped.setattr(making, "collect", collect_and_stop)
        tick(energy, stopping=stop.is_set)
    assert [row.output is None for row in rows(energy, "run_steps")] == [False]
    monkeypatch.setattr(module, "execute", succeed)
    (run,) = tick(energy).runs
    assert (run.epoch, statuses(energy)) == (2, ["succeeded"])
    assert [row.output is None for row in rows(energy, "run_steps")] == [True]


def test_one_thread_renews_all_leases_of_a_batch(quiet: App, clock: Clock) -> None:
    many(quiet, clock, 3)
    with Renewal(quiet) as renewal, claimed_batch(quiet, 3, renewal) as batch:
        succeed(batch.next_lease())  # type: ignore[arg-type]
        clock.pass_(20 * SECOND)
        renewal.renew()
        held = {run.lease_until for run in all_runs(quiet)}
        assert held == {TOMORROW + 20 * SECOND + quiet.settings.lease}
        renewing = [thread for thread in threading.enumerate() if thread.name == "lease"]
        assert len(renewing) == 1
    renewal.renew()
    assert {run.lease_until for run in all_runs(quiet)} == {None}


def test_renewing_leaves_alone_what_is_no_longer_held(quiet: App, clock: Clock) -> None:
    many(quiet, clock, 2)
    first, second = claim_runs(quiet, most=2)
    with quiet.database.begin() as connection:
        connection.execute(
            update(newsletter_runs).where(newsletter_runs.c.id == first.id).values(epoch=9)
        )
        assert batches.renew_runs(connection, (first, second), TOMORROW + DAY) == 1
        assert batches.release_runs(connection, (first, second)) == 1
        assert not batches.end_runs(connection, [(first, first.skip("late", TOMORROW))])


def test_two_claimers_of_one_queue_never_share_a_run(
    quiet: App, new_app: Callable[..., App], clock: Clock
) -> None:
    many(quiet, clock, 20)
    apps, got = [quiet, new_app()], []

    def claiming(app: App) -> None:
        while claimed := claim_runs(app, most=3):
            got.extend(run.id for run in claimed)

    threads = [threading.Thread(target=claiming, args=(app,)) for app in apps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == len(set(got))
    assert {run.attempt for run in all_runs(quiet)} <= {0, 1}
    assert statuses(quiet).count("running") == len(got)


def test_single_claims_and_batches_agree_on_the_turn(three: App, clock: Clock) -> None:
    queue(three, "a", 4)
    queue(three, "b", 4)
    queue(three, "c", 4)
    counted = names(three, claim_runs(three, most=6)) + served(three, clock, 6)
    assert sorted(counted) == ["a"] * 4 + ["b"] * 4 + ["c"] * 4
    assert sorted(counted[:3]) == sorted(counted[3:6]) == ["a", "b", "c"]
