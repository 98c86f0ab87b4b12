"""Thresholds: what passes one is told with since when and what to do; what does not is silent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from service.conftest import MONDAY_NINE, SUNDAY, Clock, apply, document, energy
from sqlalchemy import insert, select, text, update
from store.rows import SOUND
from store.test_query_plans import explained

from autopilot.service.attendance import arrive, note_tick
from autopilot.service.context import App
from autopilot.service.findings import Finding, Level
from autopilot.service.needs import needs_of
from autopilot.service.status import read_status
from autopilot.service.thresholds import findings_of, measure, span
from autopilot.service.tick import tick
from autopilot.store import last_day, stretches, workers
from autopilot.store.tables import autopilot_schedules, newsletter_runs
from autopilot.store.tables import workers as worker_rows
from autopilot.store.workspaces import list_workspaces

__all__ = ["energy"]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def found(app: App, workspace_id: UUID | None = None, *, is_on: bool = True) -> Sequence[Finding]:
    with app.database.read() as connection:
        measured = measure(connection, app.settings, app.clock(), workspace_id)
    return findings_of(measured, app.settings, is_on=is_on)


def only(app: App) -> Finding:
    (finding,) = found(app)
    assert finding.level is Level.WARNING
    return finding


def owner(app: App) -> dict[str, Any]:
    """A schedule, as the columns of its runs."""
    it = autopilot_schedules.c
    with app.database.read() as connection:
        row = connection.execute(select(it.id, it.workspace_id, it.specification_id)).first()
    assert row is not None
    return {
        "autopilot_schedule_id": row.id,
        "workspace_id": row.workspace_id,
        "specification_id": row.specification_id,
    }


def add_runs(app: App, count: int, *, every: timedelta = MINUTE, **given: Any) -> None:
    """Stores ended runs of the only schedule, each a while before the one before."""
    now, whose = app.clock(), owner(app)
    rows = []
    for place in range(count):
        at = now - (place + 1) * every
        ended = {"status": "succeeded", "created_at": at, "due_at": at, "scheduled_for": at}
        ended |= {"started_at": at, "finished_at": at, "id": uuid4(), "epoch": 1}
        rows.append(SOUND["newsletter_runs"] | ended | whose | given)
    with app.database.begin() as connection:
        connection.execute(insert(newsletter_runs), rows)


def test_a_store_in_which_nothing_happened_has_no_finding(energy: App) -> None:
    assert found(energy) == ()


def test_good_work_is_no_finding(energy: App, clock: Clock) -> None:
    clock.now = MONDAY_NINE
    worker = arrive(energy)
    report = tick(energy)
    note_tick(energy, worker, seconds=report.seconds)
    assert [run.status.value for run in report.runs] == ["succeeded"]
    assert 0 < report.seconds < 30
    assert found(energy) == ()


def test_a_slow_tick_is_told_for_a_day(energy: App, clock: Clock) -> None:
    worker = arrive(energy)
    note_tick(energy, worker, seconds=30.0)
    assert found(energy) == ()
    clock.pass_(MINUTE)
    note_tick(energy, worker, seconds=42.4)
    slow = clock.now
    clock.pass_(MINUTE)
    note_tick(energy, worker, seconds=0.1)
    told = only(energy)
    assert (told.check, told.since) == ("tick", slow)
    assert told.message == "A tick took 42 s beside the issues it made, more than 30 s."
    assert "autopilot doctor" in (told.fix or "")
    clock.pass_(DAY)
    note_tick(energy, worker, seconds=0.1)
    assert "tick" not in {one.check for one in found(energy)}


def test_the_making_of_an_issue_is_not_the_tick(
    energy: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autopilot.service import tick as module

    def slow(lease: Any) -> Any:
        seconds[0] += 100.0
        return execute(lease)

    execute, seconds = module._execute, [0.0]
    monkeypatch.setattr(module, "_execute", slow)
    monkeypatch.setattr(module.time, "perf_counter", lambda: seconds[0])
    clock.now = MONDAY_NINE
    report = tick(energy)
    assert (len(report.runs), report.seconds) == (1, 0.0)


def test_slots_that_began_late_are_told(energy: App) -> None:
    add_runs(energy, 9)
    assert found(energy) == ()
    begun = energy.clock() - HOUR
    add_runs(energy, 1, every=HOUR, due_at=begun - 12 * MINUTE, scheduled_for=begun - 12 * MINUTE)
    told = only(energy)
    assert (told.check, told.since) == ("late", begun - 12 * MINUTE)
    assert told.message == "1 of 10 slots began over 5 min late, one of them 12 min."


def test_a_run_that_was_tried_again_was_not_late_for_that(energy: App) -> None:
    begun = energy.clock() - HOUR
    add_runs(energy, 1, every=HOUR, due_at=begun + 30 * MINUTE, attempt=2)
    assert found(energy) == ()


def test_slots_that_wait_are_told_planned_or_not(energy: App, clock: Clock) -> None:
    clock.now = MONDAY_NINE + 4 * MINUTE
    assert found(energy) == ()
    clock.now = MONDAY_NINE + 6 * MINUTE
    unplanned = only(energy)
    assert (unplanned.check, unplanned.since) == ("waiting", MONDAY_NINE)
    assert unplanned.message == "1 run waits for more than 5 min to be begun."
    tick(energy, limit=0)
    planned = only(energy)
    assert (planned.message, planned.since) == (unplanned.message, MONDAY_NINE)
    tick(energy)
    assert [one.check for one in found(energy)] == ["late"]


def test_more_than_one_failure_in_a_hundred_is_told(energy: App, clock: Clock) -> None:
    add_runs(energy, 99)
    failed = {"status": "failed", "reason": "no source answered"}
    add_runs(energy, 1, every=2 * HOUR, **failed)
    assert found(energy) == ()  # one in a hundred is not more
    add_runs(energy, 1, every=3 * HOUR, **failed)
    told = only(energy)
    assert (told.check, told.since) == ("failed", clock.now - 3 * HOUR)
    assert told.message == "2 of 101 runs failed in 24 hours: 2.0%, more than 1%."
    clock.pass_(DAY)
    assert "failed" not in {one.check for one in found(energy)}


def test_what_is_open_or_was_skipped_is_neither_good_nor_bad(energy: App) -> None:
    add_runs(energy, 1, status="failed", reason="broken")
    add_runs(energy, 300, every=2 * MINUTE, status="skipped", reason="nothing new", started_at=None)
    assert "1 of 1 runs failed" in only(energy).message


def test_an_absent_worker_is_told_only_where_a_schedule_is_on(energy: App, clock: Clock) -> None:
    note_tick(energy, arrive(energy))
    clock.pass_(HOUR)
    told = only(energy)
    assert (told.check, told.since) == ("uptime", SUNDAY)
    assert told.message == "A worker was there 0% of the time since 2026-11-22, not 99%."
    assert found(energy, is_on=False) == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUTOPILOT_ALERT_TICK_SECONDS", "60"),
        ("AUTOPILOT_ALERT_LATE_SECONDS", "7200"),
        ("AUTOPILOT_ALERT_FAILED_PERCENT", "100"),
        ("AUTOPILOT_ALERT_UPTIME_PERCENT", "0"),
    ],
)
def test_each_threshold_is_a_setting(
    energy: App, clock: Clock, new_app: Callable[..., App], name: str, value: str
) -> None:
    note_tick(energy, arrive(energy), seconds=59)
    clock.pass_(HOUR)
    late = energy.clock() - 90 * MINUTE
    add_runs(energy, 1, status="failed", reason="broken", due_at=late, scheduled_for=late)
    before = {one.check for one in found(energy)}
    assert before == {"tick", "late", "failed", "uptime"}
    silenced = {name.split("_")[2].lower()}
    assert {one.check for one in found(new_app(**{name: value}))} == before - silenced


def test_a_workspace_is_told_of_its_own_runs_only(energy: App, clock: Clock) -> None:
    mine = owner(energy)["workspace_id"]
    apply(energy, document().replace("workspace: acme", "workspace: other"))
    (other,) = set(workspace_ids(energy)) - {mine}
    clock.now = MONDAY_NINE + HOUR
    with energy.database.begin() as connection:
        connection.execute(
            update(autopilot_schedules)
            .where(autopilot_schedules.c.workspace_id == other)
            .values(next_run_at=MONDAY_NINE + DAY)
        )
    assert [one.check for one in found(energy, mine)] == ["waiting"]
    assert found(energy, other) == ()
    assert [one.check for one in found(energy)] == ["waiting"]


def test_status_and_home_tell_the_same(energy: App, clock: Clock) -> None:
    from service.test_overview import looked

    note_tick(energy, arrive(energy), seconds=42)
    clock.pass_(MINUTE)
    (told,) = read_status(energy).findings
    seen = looked(energy)
    assert tuple(seen.findings) == (told,)
    (need,) = needs_of(seen)
    assert (need.what, need.is_urgent) == (told.message, False)
    assert "Since 2026-11-22 12:00 UTC." in need.advice
    assert seen.uptime is not None


@pytest.mark.parametrize(
    ("length", "told"),
    [(40, "40 s"), (119, "119 s"), (120, "2 min"), (3 * 3600, "3 h"), (200_000, "2 days")],
)
def test_a_span_is_told_in_one_unit(length: int, told: str) -> None:
    assert span(timedelta(seconds=length)) == told


QUESTIONS: dict[str, tuple[Callable[..., object], str]] = {
    "ended": (
        lambda it, who: last_day.count_ended(it, SUNDAY, who),
        "ix_newsletter_runs_without_issue",
    ),
    "starts": (
        lambda it, who: last_day.starts_since(it, SUNDAY, who, most=9),
        "ix_newsletter_runs_workspace",
    ),
    "waiting": (lambda it, who: last_day.waiting_since(it, SUNDAY, who), "ix_newsletter_runs_"),
}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("whose", ["one", "all"])
def test_what_is_measured_reads_no_more_than_a_day(energy: App, question: str, whose: str) -> None:
    ask, index = QUESTIONS[question]
    apply(energy, document().replace("workspace: acme", "workspace: other"))
    for workspace_id in workspace_ids(energy):
        add_runs(energy, 1_500, every=HOUR, workspace_id=workspace_id, autopilot_schedule_id=None)
    with energy.database.begin() as connection:
        connection.execute(text("ANALYZE"))
        if energy.database.is_postgres:  # so few schedules are read as they lie
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        who = workspace_ids(energy)[:1] if whose == "one" else workspace_ids(energy)
        plans = explained_all(connection, lambda it: ask(it, who))
    assert index in plans
    assert "SCAN newsletter_runs\n" not in plans + "\n"
    assert "Seq Scan on newsletter_runs" not in plans


def workspace_ids(app: App) -> Sequence[UUID]:
    with app.database.read() as connection:
        return [row.id for row in list_workspaces(connection)]


def explained_all(connection: Any, ask: Callable[[Any], object]) -> str:
    """The plans of every statement that this asks, one after the other."""
    asked: list[str] = []

    class Recorder:
        """Explains each statement before it is answered."""

        dialect = connection.dialect

        def execute(self, statement: Any) -> Any:
            asked.append(explained(connection, lambda it: it.execute(statement)))
            return connection.execute(statement)

    ask(Recorder())
    return "\n".join(asked)


def test_ticks_and_stretches_of_a_busy_month_are_read_quickly(energy: App, clock: Clock) -> None:
    """1,440 ticks from outside in a day are the most rows there can be for long."""
    row = {"hostname": "box", "pid": 1, "version": "1", "slowest_tick_seconds": 0.1}
    rows = []
    for minute in range(1_440):
        at = clock.now - minute * MINUTE
        times = dict.fromkeys(("started_at", "last_seen_at", "last_tick_at", "stopped_at"), at)
        rows.append(row | times | {"id": uuid4(), "slowest_tick_at": at, "last_tick_seconds": 0.1})
    with energy.database.begin() as connection:
        connection.execute(insert(worker_rows), rows)
    with energy.database.read() as connection:
        assert len(stretches.stretches(connection)) == 1_440
        assert workers.tick_times(connection, clock.now - DAY).slowest == 0.1
    assert found(energy) == ()
    assert replace(only_uptime(energy), until=clock.now).ratio == 1.0


def only_uptime(app: App) -> Any:
    with app.database.read() as connection:
        return measure(connection, app.settings, app.clock()).uptime
