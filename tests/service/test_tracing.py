"""Traces from inside: what each span says, whatever the collector does with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from service.conftest import MONDAY_NINE, SECOND, SUNDAY, Clock, apply, document, energy, news
from service.feeds import Feeds
from trace_collector import Collector, Seen, running_collector

from autopilot.adapters.traces import Traces
from autopilot.adapters.traces_otlp import ids_of
from autopilot.service import making
from autopilot.service.context import App
from autopilot.service.deliver import deliver
from autopilot.service.runs import retry_run
from autopilot.service.tick import tick
from autopilot.service.tracing import part, traced

__all__ = ["energy"]
SAYING = "the secret feed of Acme"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with running_collector() as running:
        yield running


@pytest.fixture
def watched(energy: App, collector: Collector) -> Iterator[App]:
    """The App with the small workspace, whose runs are traced."""
    traces = Traces(f"{collector.url}/v1/traces")
    yield replace(energy, traces=traces)
    traces.close()


def sent(app: App, collector: Collector) -> dict[str, Seen]:
    """What has arrived once everything was sent, by name."""
    assert app.traces is not None
    app.traces.flush()
    collector.wait(bool)
    return {span.name: span for span in collector.spans}


def test_a_slots_run_says_how_late_it_began(
    watched: App, collector: Collector, clock: Clock
) -> None:
    clock.now = MONDAY_NINE + 42 * SECOND
    (run,) = tick(watched).runs
    root = sent(watched, collector)["run"]
    assert root.values == {
        "autopilot.run_id": str(run.id),
        "autopilot.schedule_id": str(run.schedule_id),
        "autopilot.trigger": "schedule",
        "autopilot.attempt": 1,
        "autopilot.epoch": 1,
        "autopilot.failures": 0,
        "autopilot.lateness_seconds": 42.0,
        "autopilot.status": "succeeded",
    }
    trace_id, span_id = ids_of(run.id)
    assert (root.trace_id, root.span_id) == (f"{trace_id:032x}", f"{span_id:016x}")


def test_a_fault_is_recorded_by_its_kind_and_another_attempt_joins_the_trace(
    watched: App, collector: Collector, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object) -> Any:
        raise ValueError(SAYING)

    clock.now = MONDAY_NINE
    with monkeypatch.context() as broken:
        broken.setattr(making, "select", break_down)
        (run,) = tick(watched).runs
    assert run.status == "failed"
    spans = sent(watched, collector)
    assert sorted(spans) == ["collect", "run", "select"]
    failed = spans["select"]
    assert (failed.is_error, spans["run"].is_error, spans["collect"].is_error) == (
        True,
        True,
        False,
    )
    assert failed.values["error.type"] == spans["run"].values["error.type"] == "ValueError"
    assert failed.events == [{"name": "exception", "exception.type": "ValueError"}]
    assert SAYING.encode() not in b"".join(collector.raw)
    collector.spans.clear()
    retry_run(run.id, actor="ann@example.org", app=watched)
    tick(watched)
    again = sent(watched, collector)
    assert again["run"].trace_id == spans["run"].trace_id
    assert again["run"].parent_id == spans["run"].span_id
    assert again["select"].parent_id == again["run"].span_id
    assert "collect" not in again  # its output was kept: nothing is done twice
    assert again["run"].values["autopilot.status"] == "succeeded"


def test_the_delivery_is_a_part_of_the_runs_trace(
    watched: App, collector: Collector, clock: Clock, feeds: Feeds
) -> None:
    source = feeds.serve("feed.xml", *news(SUNDAY - timedelta(days=2)))
    told = document(source).replace(
        "    schedules:", "    channels: [{type: folder, path: out}]\n    schedules:"
    )
    apply(watched, told)
    clock.now = MONDAY_NINE
    (run,) = tick(watched).runs
    clock.pass_(7 * SECOND)
    assert deliver(watched) == 1
    spans = sent(watched, collector)
    assert spans["deliver"].parent_id == spans["run"].span_id
    assert spans["deliver"].trace_id == spans["run"].trace_id
    assert spans["deliver"].seconds == pytest.approx(7.0)
    assert spans["deliver"].values == {
        "autopilot.run_id": str(run.id),
        "autopilot.step": "deliver",
        "autopilot.outcome": "sent",
        "autopilot.deliveries_sent": 1,
    }


def test_a_collector_that_never_answers_holds_nothing_up(
    watched: App, collector: Collector, clock: Clock
) -> None:
    collector.status = 0
    assert watched.traces is not None
    watched.traces.warm_up()
    clock.now = MONDAY_NINE
    (run,) = tick(watched).runs
    assert run.status == "succeeded"
    started = time.process_time()
    for _ in range(3_000):  # more than may wait
        with traced(watched, replace(run, id=uuid4())), part(watched, "collect"):
            pass
    assert time.process_time() - started < 10  # work of ours, however busy the machine is
    began = time.monotonic()
    watched.traces.close()
    assert time.monotonic() - began < 20  # 2 s; the library alone would wait for 30


def test_an_app_without_a_collector_has_nothing_to_do(energy: App) -> None:
    assert energy.traces is None
    with part(energy, "collect") as span:
        span.note(count_in=1)
        span.fail(ValueError)
    assert span.trace_id is None


@pytest.mark.parametrize("ratio", ["0", "1", "0.5"])
def test_a_trace_is_kept_or_left_out_as_a_whole(
    energy: App,
    collector: Collector,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    new_app: Callable[..., App],
    ratio: str,
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", ratio)
    traces = Traces(f"{collector.url}/v1/traces")
    app = replace(energy, traces=traces)
    clock.now = MONDAY_NINE
    (run,) = tick(app).runs
    for _ in range(40):
        one = replace(run, id=uuid4())
        with traced(app, one), part(app, "collect"):
            pass
        with traced(app, replace(one, epoch=2)):
            pass
        traces.note_past(one.id, "deliver", clock.now, clock.now, ok=True)
    traces.close()
    by_trace: dict[str, int] = {}
    for span in collector.spans:
        by_trace[span.trace_id] = by_trace.get(span.trace_id, 0) + 1
    assert set(by_trace.values()) <= {4, 7}
    expected = {"0": (0, 0), "1": (41, 41), "0.5": (5, 36)}[ratio]
    assert expected[0] <= len(by_trace) <= expected[1]
