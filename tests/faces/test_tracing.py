"""Traces of runs: one a run, a span a step, sent to a real collector by real commands."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from trace_collector import Collector, Seen, running_collector

STEPS = ["collect", "select", "write", "render", "check", "store"]
PATIENCE_SECONDS = 240


@pytest.fixture
def collector() -> Iterator[Collector]:
    with running_collector() as running:
        yield running


def command(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """One command in a process of its own, with logs as JSON."""
    return subprocess.run(
        [sys.executable, "-m", "autopilot", *arguments],
        env=os.environ
        | {"AUTOPILOT_LOG_FORMAT": "json", "OTEL_BSP_SCHEDULE_DELAY": "200"}
        | environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )


def logged(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """Every line of the log, each of which is JSON."""
    return [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]


def by_name(spans: list[Seen]) -> dict[str, Seen]:
    return {span.name: span for span in spans}


def test_a_run_is_one_trace_with_a_span_for_each_step(applied: Path, collector: Collector) -> None:
    done = command("generate", "energy-weekly", "--json", OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    spans = by_name(collector.spans)
    assert sorted(spans) == sorted(["run", *STEPS])
    root = spans["run"]
    assert root.parent_id == ""
    assert {spans[step].parent_id for step in STEPS} == {root.span_id}
    assert {span.trace_id for span in collector.spans} == {root.trace_id}
    assert root.values == {
        "autopilot.run_id": report["run_id"],
        "autopilot.trigger": "manual",
        "autopilot.attempt": 1,
        "autopilot.epoch": 1,
        "autopilot.failures": 0,
        "autopilot.lateness_seconds": root.values["autopilot.lateness_seconds"],
        "autopilot.status": "succeeded",
    }
    assert 0 <= root.values["autopilot.lateness_seconds"] < 5
    for step in STEPS[:-1]:
        told = report["steps"][step]
        found = spans[step].values
        assert (found["autopilot.count_in"], found["autopilot.count_out"]) == (
            told["in"],
            told["out"],
        )
        assert spans[step].seconds <= root.seconds
    assert root.resource["service.name"] == "autopilot"
    assert not any(span.is_error for span in collector.spans)
    assert {path for path, _ in collector.requests} == {"/v1/traces"}


def test_nothing_of_anybody_is_in_a_trace(applied: Path, collector: Collector) -> None:
    assert (
        command("generate", "energy-weekly", OTEL_EXPORTER_OTLP_ENDPOINT=collector.url).returncode
        == 0
    )
    sent = b"".join(collector.raw).lower()
    for name in (b"acme", b"energy", b"feed", b"xml", b"127.0.0.1", os.fsencode(str(Path.cwd()))):
        assert name not in sent


def test_log_lines_of_a_run_carry_its_trace(applied: Path, collector: Collector) -> None:
    run = queued(epoch=1)
    done = command("tick", OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    assert done.returncode == 0, done.stderr
    lines = [line for line in logged(done) if line.get("run_id") == run]
    assert [line["action"] for line in lines] == [*["step"] * 5, "end"]
    (trace_id,) = {line["trace_id"] for line in lines}
    (again,) = [span for span in collector.spans if span.name == "run"]
    assert again.trace_id == trace_id
    # The first attempt was not traced; what comes after it still names it as its root.
    assert (again.values["autopilot.epoch"], bool(again.parent_id)) == (2, True)
    assert all("trace_id" not in line for line in logged(done) if "run_id" not in line)


def queued(*, epoch: int = 0) -> str:
    """Queues an issue as a person would on a page; `epoch` counts the attempts before."""
    from autopilot.service.running import queue_issue
    from autopilot.store.tables import newsletter_runs, newsletter_specifications
    from autopilot.wiring import build_app

    app, table = build_app(), newsletter_specifications
    with app.database.read() as connection:
        row = connection.execute(select(table.c.id, table.c.workspace_id)).one()
    run = queue_issue(app, row.id, row.workspace_id, actor="ann@example.org")
    with app.database.begin() as connection:
        connection.execute(update(newsletter_runs).values(epoch=epoch, attempt=epoch))
    app.close()
    return str(run.id)


def test_a_failure_is_recorded_without_what_it_says(applied: Path, collector: Collector) -> None:
    place = "http://127.0.0.1:9/private-token-abc.xml"
    Path("dead.yaml").write_text(
        "workspace: d\nname: D\nspecifications:\n  - slug: dead\n    name: Dead\n"
        "    categories: [{id: a, name: A, keywords: [grid]}]\n"
        f'    sources: [{{url: "{place}"}}]\n'
    )
    assert command("apply", "dead.yaml").returncode == 0
    done = command("generate", "dead", "--json", OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    assert json.loads(done.stdout)["status"] == "failed"
    spans = by_name(collector.spans)
    assert (spans["run"].is_error, spans["run"].values["autopilot.status"]) == (True, "failed")
    assert sorted(spans) == ["collect", "run"]
    assert b"private-token" not in b"".join(collector.raw)


def test_the_librarys_own_variables_hold(applied: Path, collector: Collector) -> None:
    done = command(
        "generate",
        "energy-weekly",
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{collector.url}/other/path",
        OTEL_EXPORTER_OTLP_HEADERS="x-tenant=mine",
        OTEL_SERVICE_NAME="news",
        OTEL_RESOURCE_ATTRIBUTES="deployment.environment=test",
        HTTP_PROXY="http://127.0.0.1:9",
    )
    assert done.returncode == 0
    sent = {(path, headers["x-tenant"]) for path, headers in collector.requests}
    assert sent == {("/other/path", "mine")}
    resource = collector.spans[0].resource
    assert (resource["service.name"], resource["deployment.environment"]) == ("news", "test")


@pytest.mark.parametrize("variable", ["OTEL_SDK_DISABLED=true", "OTEL_TRACES_SAMPLER=always_off"])
def test_what_is_switched_off_sends_nothing(
    applied: Path, collector: Collector, variable: str
) -> None:
    name, value = variable.split("=")
    environ = {name: value, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    assert command("generate", "energy-weekly", **environ).returncode == 0
    assert collector.requests == []


def closed_port() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.parametrize("kind", ["nobody listens", "never answers", "refuses", "another language"])
def test_a_collector_that_does_not_work_breaks_nothing(
    applied: Path, collector: Collector, kind: str
) -> None:
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    if kind == "nobody listens":
        environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = closed_port()
    elif kind == "never answers":
        collector.status = 0
    elif kind == "refuses":
        collector.status = 403
    else:
        environ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc"
    queued()
    done = command("tick", "--json", **environ)
    assert done.returncode == 0, done.stderr
    assert [one["status"] for one in json.loads(done.stdout)["runs"]] == ["succeeded"]
    warnings = [line for line in logged(done) if line.get("action") == "trace"]
    # One that never answers may still be waited for when the command ends.
    assert len(warnings) in ({0, 1} if kind == "never answers" else {1})
    assert all(line.startswith("{") for line in done.stderr.splitlines())


def test_a_worker_traces_its_runs_while_it_goes_on(applied: Path, collector: Collector) -> None:
    run = queued()
    environ = os.environ | {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_BSP_SCHEDULE_DELAY": "200",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "autopilot", "worker"], env=environ, stderr=subprocess.DEVNULL
    ) as worker:
        try:
            spans = collector.wait(lambda found: any(one.name == "run" for one in found))
        finally:
            worker.terminate()
            worker.wait(PATIENCE_SECONDS)
    (root,) = [span for span in spans if span.name == "run"]
    assert (root.values["autopilot.run_id"], root.values["autopilot.status"]) == (run, "succeeded")


def test_the_address_of_a_collector_is_checked(
    autopilot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4317")
    refused = autopilot("status", "--json")
    assert (refused.code, refused.json["error"]["type"]) == (2, "SettingsInvalid")
    assert [item["path"] for item in refused.json["error"]["problems"]] == [
        "OTEL_EXPORTER_OTLP_ENDPOINT"
    ]
