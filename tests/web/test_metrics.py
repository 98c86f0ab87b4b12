"""/metrics: what a watcher reads of an installation; it names nobody, and not everybody may ask."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from service.conftest import MONDAY_NINE, energy
from sqlalchemy import update
from starlette.requests import Request
from web.conftest import clock_of, delivery, issue, served

from autopilot.domain.run import Run
from autopilot.http.routes.metrics import is_from_here
from autopilot.service.attendance import arrive, leave, note_tick
from autopilot.service.context import App
from autopilot.service.metering import Figures, Gauge, read_figures
from autopilot.service.tick import tick
from autopilot.store import usage
from autopilot.store.tables import sources

__all__ = ["energy"]
SECRET = "a-secret-for-ticks-0123456789"


def numbers(text: str) -> dict[str, float]:
    """Every sample by its name and labels."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = "".join(f" {key}={value}" for key, value in sorted(sample.labels.items()))
            found[sample.name + labels] = sample.value
    return found


def test_an_empty_installation_has_numbers(web: httpx2.Client) -> None:
    answer = web.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = numbers(answer.text)
    assert found["autopilot_things kind=specifications"] == 3
    assert found["autopilot_slots_due"] == found["autopilot_runs_queued"] == 0
    assert found["autopilot_workers"] == 0
    assert not any(name.startswith("autopilot_last_tick") for name in found)


def test_due_and_overdue_slots_and_their_runs_are_counted(energy: App) -> None:
    clock_of(energy).now = MONDAY_NINE + timedelta(minutes=1)
    one = read_figures(energy)
    assert (one.due, one.overdue) == (1, 0)
    clock_of(energy).pass_(timedelta(minutes=9))
    assert read_figures(energy).overdue == 1
    tick(energy)
    after = read_figures(energy)
    assert (after.due, after.overdue, after.queued, after.running) == (0, 0, 0, 0)
    assert after.runs["succeeded"] == 1
    assert after.lateness_at(1.0) == pytest.approx(600, abs=1)
    clock_of(energy).pass_(timedelta(days=2))
    assert sum(read_figures(energy).runs.values()) == 0


def test_ticks_and_workers_are_seen(public: App) -> None:
    worker = arrive(public)
    note_tick(public, worker)
    assert read_figures(public).workers == 1
    leave(public, worker)
    clock_of(public).pass_(timedelta(seconds=42))
    with served(public) as web:
        found = numbers(web.get("/metrics").text)
    assert (found["autopilot_workers"], found["autopilot_last_tick_age_seconds"]) == (0, 42)


def paid(run: Run, micro_usd: int, at: datetime) -> usage.Call:
    """A call of the model that cost so much."""
    return usage.Call(
        workspace_id=run.workspace_id,
        specification_id=run.specification_id,
        run_id=run.id,
        model="small",
        input_tokens=1,
        output_tokens=1,
        micro_usd=micro_usd,
        at=at,
    )


def test_deliveries_sources_and_money_are_counted(energy: App) -> None:
    with energy.database.begin() as connection:
        connection.execute(update(sources).values(consecutive_failures=3))
    clock_of(energy).now = MONDAY_NINE
    (run,) = tick(energy).runs
    with energy.database.begin() as connection:
        for at, money in ((MONDAY_NINE, 250_000), (MONDAY_NINE - timedelta(days=40), 9_000_000)):
            usage.add_call(connection, paid(run, money, at))
    with energy.database.begin() as connection:
        connection.execute(update(sources).values(consecutive_failures=3))
    found = read_figures(energy)
    assert (found.failing_sources, found.usd_this_month) == (1, 0.25)


def test_limits_of_money_are_counted_by_what_is_left(
    energy: App, new_app: Callable[..., App]
) -> None:
    clock_of(energy).now = MONDAY_NINE
    (run,) = tick(energy).runs
    limited = new_app(AUTOPILOT_MONTHLY_BUDGET="1")
    assert sum(read_figures(energy).budgets.values()) == 0
    for money, left in ((790_000, "enough"), (10_000, "little"), (200_000, "none")):
        with energy.database.begin() as connection:
            usage.add_call(connection, paid(run, money, MONDAY_NINE))
        counts = read_figures(limited).budgets
        assert {name for name, count in counts.items() if count} == {left}
    clock_of(energy).pass_(timedelta(days=10))  # another month
    assert read_figures(limited).budgets["enough"] == 1


def test_what_alerts_need_is_given_with_its_thresholds(public: App) -> None:
    note_tick(public, arrive(public), seconds=1.5)
    clock_of(public).pass_(timedelta(seconds=30))
    with served(public) as web:
        found = numbers(web.get("/metrics").text)
    assert found["autopilot_tick_seconds"] == found["autopilot_slowest_tick_seconds"] == 1.5
    assert found["autopilot_worker_uptime_ratio_30d"] == 1
    assert found["autopilot_failure_ratio_24h"] == found["autopilot_runs_late_24h"] == 0
    told = {
        name: found[f"autopilot_alert_threshold alert={name}"]
        for name in ("silent", "tick", "late", "failed", "uptime")
    }
    assert told == {"silent": 900, "tick": 30, "late": 300, "failed": 0.01, "uptime": 0.99}


def test_what_was_sent_is_counted_by_status(public: App) -> None:
    delivery(public, "reader@example.org")
    assert read_figures(public).deliveries["sent"] == 1


def test_no_number_names_anybody(public: App) -> None:
    issue(public, subject="A very secret subject")
    delivery(public, "reader@example.org")
    worker = arrive(public)
    note_tick(public, worker)
    with served(public) as web:
        said = web.get("/metrics").text.lower()
    for name in ("acme", "energy", "secret", "reader", "example.org", str(worker)):
        assert name not in said


def test_many_scrapes_are_one_reading(public: App) -> None:
    read: list[Figures] = []

    def count(app: App) -> Figures:
        read.append(read_figures(app))
        return read[-1]

    gauge = Gauge(count)
    for _ in range(50):
        gauge.figures(public)
    assert len(read) == 1
    clock_of(public).pass_(timedelta(seconds=11))
    gauge.figures(public)
    clock_of(public).pass_(timedelta(seconds=-60))  # a clock that was put back
    gauge.figures(public)
    assert len(read) == 3


def asked(client: str | None, **headers: str) -> Request:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    place = None if client is None else (client, 4000)
    return Request({"type": "http", "method": "GET", "headers": pairs, "client": place})


HERE = {
    "this machine": (asked("127.0.0.1", host="127.0.0.1:8501"), True),
    "this machine by name": (asked("127.0.0.1", host="localhost"), True),
    "this machine, IPv6": (asked("::1", host="[::1]:8501"), True),
    "another machine": (asked("192.0.2.7", host="127.0.0.1:8501"), False),
    "a proxy that says for whom": (
        asked("127.0.0.1", host="127.0.0.1", x_forwarded_for="192.0.2.7"),
        False,
    ),
    "a proxy that keeps the name": (asked("127.0.0.1", host="news.example.org"), False),
    "a page that was bound anew": (asked("127.0.0.1", host="evil.example:8501"), False),
    "no name": (asked("127.0.0.1"), False),
    "a strange name": (asked("127.0.0.1", host="[::1"), False),
    "nobody": (asked(None, host="localhost"), False),
    "no address": (asked("unix", host="localhost"), False),
}


@pytest.mark.parametrize("name", HERE)
def test_only_programs_of_this_machine_may_ask_without_a_secret(name: str) -> None:
    request, expected = HERE[name]
    assert is_from_here(request) is expected


def test_the_tick_secret_opens_it_from_elsewhere(new_app: object) -> None:
    made: App = new_app(AUTOPILOT_TICK_SECRET=SECRET)  # type: ignore[operator]
    away = {"host": "news.example.org"}
    with served(made) as web:
        assert web.get("/metrics", headers=away).status_code == 404
        for wrong in ("wrong", SECRET[:-1], SECRET + "x", "é" * 20):
            headers = away | {"authorization": f"Bearer {wrong}"}
            given = {name: value.encode() for name, value in headers.items()}
            assert web.get("/metrics", headers=given).status_code == 404
        good = away | {"authorization": f"Bearer {SECRET}"}
        assert web.get("/metrics", headers=good).status_code == 200


def test_without_a_secret_no_bearer_opens_it(web: httpx2.Client) -> None:
    headers = {"host": "news.example.org", "authorization": f"Bearer {uuid4()}"}
    assert web.get("/metrics", headers=headers).status_code == 404


def test_a_store_that_does_not_answer_is_said(web: httpx2.Client, public: App) -> None:
    with public.database.begin() as connection:
        connection.exec_driver_sql(
            f"ALTER TABLE {'autopilot.' * public.database.is_postgres}workers RENAME TO gone"
        )
    assert web.get("/metrics").status_code == 503
