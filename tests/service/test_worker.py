"""The worker: tick, sleep, tick again; whatever happens to the store."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from service.asking import all_runs, rows
from service.conftest import MONDAY_NINE, SECOND, Clock, apply, document, news
from service.feeds import Feeds

from autopilot.domain.run import RunStatus
from autopilot.drivers import worker as module
from autopilot.drivers.worker import run_worker
from autopilot.errors import StoreUnavailable
from autopilot.service import making
from autopilot.service.context import App
from autopilot.service.tick import TickReport
from autopilot.store.changes import watch
from autopilot.store.database import Database
from autopilot.wiring import now

PATIENCE_SECONDS = 20.0


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses between tries are short."""
    monkeypatch.setattr(module, "FIRST_RETRY_SECONDS", 0.02)
    monkeypatch.setattr(module, "LONGEST_RETRY_SECONDS", 0.1)


@contextmanager
def working(app: App, **how: Any) -> Iterator[threading.Event]:
    """Lets a worker work until the block ends, which must end in good time."""
    stop = threading.Event()
    faults: list[BaseException] = []

    def work() -> None:
        try:
            run_worker(app, stop=stop, **how)
        except BaseException as error:  # noqa: BLE001
            faults.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()
    assert faults == []


def wait_for(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def test_a_worker_makes_the_issue_of_a_slot_that_comes(
    new_app: Callable[..., App], feeds: Feeds
) -> None:
    """The worker's own clock: it sleeps until the slot, half a second ahead, and no longer."""
    ahead = MONDAY_NINE - timedelta(seconds=0.5) - now()
    app = new_app(clock=lambda: now() + ahead)
    apply(app, document(feeds.serve("feed.xml", *news(MONDAY_NINE - timedelta(days=2)))))
    with working(app):
        wait_for(lambda: [run.status for run in all_runs(app)] == [RunStatus.SUCCEEDED])
    (row,) = rows(app, "workers")
    assert row.last_tick_at is not None
    assert row.stopped_at is not None
    (run,) = all_runs(app)
    assert run.started_at is not None
    assert run.started_at - MONDAY_NINE < timedelta(seconds=5)


def test_a_worker_tells_of_each_tick(energy: App, clock: Clock) -> None:
    reports: list[TickReport] = []
    clock.now = MONDAY_NINE + SECOND
    with working(energy, on_tick=reports.append):
        wait_for(lambda: reports)
    assert [run.status for run in reports[0].runs] == [RunStatus.SUCCEEDED]


def test_an_idle_worker_does_not_spin(energy: App) -> None:
    reports: list[TickReport] = []
    with working(energy, on_tick=reports.append):
        wait_for(lambda: reports)
        time.sleep(0.2)
    assert len(reports) == 1


class Fragile(Database):
    """A store that can be down."""

    is_down = False

    def begin(self) -> Any:
        self._check()
        return super().begin()

    def read(self) -> Any:
        self._check()
        return super().read()

    def _check(self) -> None:
        if self.is_down:
            raise StoreUnavailable("The store cannot be reached: it is down")


def test_a_store_that_is_down_is_waited_for(energy: App, clock: Clock, events: list[Any]) -> None:
    store = Fragile(energy.database.engine)
    store.is_down = True
    clock.now = MONDAY_NINE + SECOND
    with working(replace(energy, database=store)):
        wait_for(lambda: [event for event in events if "does not answer" in event["event"]])
        store.is_down = False
        wait_for(lambda: [run.status for run in all_runs(energy)] == [RunStatus.SUCCEEDED])
        store.is_down = True
        wait_for(lambda: True)
    assert len(rows(energy, "workers")) == 1


def test_a_store_that_goes_away_in_between_is_waited_for(
    energy: App, clock: Clock, events: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    tick = module.tick
    faults: list[BaseException] = [
        StoreUnavailable("The store cannot be reached"),
        ZeroDivisionError("a fault of ours"),
    ]

    def stumbling(*given: Any, **named: Any) -> TickReport:
        if faults:
            raise faults.pop()
        return tick(*given, **named)

    monkeypatch.setattr(module, "tick", stumbling)
    clock.now = MONDAY_NINE + SECOND
    with working(energy):
        wait_for(lambda: [run.status for run in all_runs(energy)] == [RunStatus.SUCCEEDED])
    told = [event["event"] for event in events]
    assert any("A tick failed" in it for it in told)
    assert any("fault of Autopilot's own" in it for it in told)


def test_a_worker_that_is_stopped_gives_its_run_back(
    energy: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    collecting, go_on = threading.Event(), threading.Event()
    collect = making.collect

    def slowly(*given: Any) -> Any:
        collecting.set()
        go_on.wait(PATIENCE_SECONDS)
        return collect(*given)

    monkeypatch.setattr(making, "collect", slowly)
    clock.now = MONDAY_NINE + SECOND
    with working(energy) as stop:
        assert collecting.wait(PATIENCE_SECONDS)
        stop.set()
        go_on.set()
    (run,) = all_runs(energy)
    assert (run.status, run.owner_token, run.attempt) == (RunStatus.QUEUED, None, 0)
    monkeypatch.undo()
    with working(energy):
        wait_for(lambda: all_runs(energy)[0].status is RunStatus.SUCCEEDED)


def test_a_worker_stopped_before_the_store_answers_ends(energy: App) -> None:
    store = Fragile(energy.database.engine)
    store.is_down = True
    with working(replace(energy, database=store)):
        time.sleep(0.05)
    assert rows(energy, "workers") == []


def test_two_workers_share_the_work(
    new_app: Callable[..., App], feeds: Feeds, clock: Clock
) -> None:
    apps = [new_app() for _ in range(2)]
    text = document(feeds.serve("feed.xml", *news(MONDAY_NINE - timedelta(days=2))))
    one = '      - {name: Monday nine, type: weekly, config: {days: [mon], times: ["09:00"]}}\n'
    assert one in text
    many = "".join(one.replace("Monday nine", f"Monday {n}") for n in range(6))
    apply(apps[0], text.replace(one, many))
    clock.now = MONDAY_NINE + SECOND
    with working(apps[0]), working(apps[1]):
        wait_for(lambda: [run.has_ended for run in all_runs(apps[0])] == [True] * 6)
    runs = all_runs(apps[0])
    assert len({run.schedule_id for run in runs}) == 6
    assert {run.attempt for run in runs} == {1}
    assert len(rows(apps[0], "workers")) == 2


def test_a_clock_that_is_set_back_while_a_worker_ticks_does_not_let_it_sleep_until_then(
    energy: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    tick = module.tick
    clock.now = MONDAY_NINE + timedelta(days=400)

    def set_right_meanwhile(app: App, **named: Any) -> TickReport:
        report = tick(app, **named)
        clock.now = MONDAY_NINE + SECOND
        return report

    monkeypatch.setattr(module, "tick", set_right_meanwhile)
    reports: list[TickReport] = []
    with working(energy, on_tick=reports.append):
        wait_for(lambda: len(reports) > 1)
    assert reports[1].started_at == MONDAY_NINE + SECOND


@pytest.mark.parametrize(
    ("began_before_the_slot", "pauses"),
    [(True, False), (False, True)],
    ids=["came due during the tick", "was due when it began"],
)
def test_only_what_somebody_else_has_is_paused_for(
    energy: App,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    began_before_the_slot: bool,
    pauses: bool,
) -> None:
    monkeypatch.setattr(module, "IDLE_PAUSE_SECONDS", (60.0, 60.0))
    started = MONDAY_NINE - SECOND / 1000 if began_before_the_slot else MONDAY_NINE
    clock.now = MONDAY_NINE + SECOND / 1000
    report = TickReport(started_at=started, rescued=0, queued=0, skipped=0, runs=())
    stop = threading.Event()
    with closing(watch(energy.database, direct_url=None)) as changes:
        sleeping = threading.Thread(
            target=partial(module._sleep, on_change=lambda: None),
            args=(energy, report, changes, stop),
        )
        sleeping.start()
        sleeping.join(2.0)
        assert sleeping.is_alive() is pauses
        stop.set()
        sleeping.join()
