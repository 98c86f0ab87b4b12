"""One issue now, for a person or a script; and what is told about it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from service.asking import all_runs, count, only_run, only_specification
from service.conftest import SUNDAY, WEEK, Clock, apply, document
from service.feeds import Feeds
from sqlalchemy import update

from autopilot.domain.content import Window
from autopilot.domain.run import RunStatus, Trigger
from autopilot.errors import Conflict, InputRefused, NotFound, StoreUnavailable
from autopilot.service import making
from autopilot.service.context import App
from autopilot.service.generate import execute_generator, generate
from autopilot.service.lookup import (
    run_named,
    schedule_named,
    specification_named,
    workspace_named,
)
from autopilot.service.report import run_report, run_summary, write_issue
from autopilot.store.tables import newsletter_specifications

REPORT_KEYS = {
    "run_id",
    "status",
    "error",
    "steps",
    "subject",
    "html_path",
    "text_path",
    "sources",
    "stories",
    "left_out",
}
STORY_KEYS = {
    *("title", "url", "also", "category", "region", "sources", "reason"),
    *("score", "update_of", "summary", "sentences", "note"),
}


def made(app: App, **how: Any) -> Any:
    row = only_specification(app)
    return generate(app, row.id, row.workspace_id, "ann@example.org", **how)


def executed(app: App, **how: Any) -> Any:
    row = only_specification(app)
    return execute_generator(row.id, row.workspace_id, "ann@example.org", app=app, **how)


def test_an_issue_of_now_covers_one_cadence(energy: App) -> None:
    run = made(energy)
    assert (run.status, run.trigger) == (RunStatus.SUCCEEDED, Trigger.MANUAL)
    assert run.window == Window(start=SUNDAY - WEEK, end=SUNDAY)
    assert made(energy, cadence_override="daily").window.start == SUNDAY - timedelta(days=1)


def test_a_window_can_be_given(energy: App) -> None:
    run = made(energy, start=SUNDAY - 5 * WEEK, end=SUNDAY - 4 * WEEK)
    assert run.window == Window(start=SUNDAY - 5 * WEEK, end=SUNDAY - 4 * WEEK)
    assert run.status is RunStatus.SKIPPED


@pytest.mark.parametrize(
    "how",
    [
        {"start": SUNDAY, "end": SUNDAY},
        {"start": SUNDAY + WEEK},
        {"start": SUNDAY.replace(tzinfo=None) - WEEK},
        {"end": SUNDAY.replace(tzinfo=None)},
    ],
    ids=["empty", "backwards", "naive start", "naive end"],
)
def test_a_window_that_is_none_is_refused(energy: App, how: dict[str, Any]) -> None:
    with pytest.raises(InputRefused):
        made(energy, **how)
    assert count(energy, "newsletter_runs") == 0


def test_overrides_choose_what_is_in(energy: App) -> None:
    run = made(energy, categories_override=["storage"], regions_override=["DE"])
    assert {it["category"] for it in run_report(energy, run)["stories"]} == {"storage"}
    assert run_named(energy, str(run.id)) == run


def test_overrides_that_name_nothing_are_refused_all_at_once(energy: App) -> None:
    with pytest.raises(InputRefused) as told:
        made(energy, categories_override=["a", "b"], regions_override=["c"], cadence_override="d")
    assert len(told.value.problems) == 4


def test_a_cancelled_specification_is_told(energy: App) -> None:
    with energy.database.begin() as connection:
        connection.execute(update(newsletter_specifications).values(status="cancelled"))
    with pytest.raises(Conflict, match="cancelled"):
        made(energy)


def test_the_plans_generator_unpacks_in_its_order(energy: App) -> None:
    success, error_message, result_data, artifact_path = executed(energy)
    assert (success, error_message) == (True, None)
    assert result_data["run_id"] == str(only_run(energy).id)
    if energy.database.is_postgres:
        assert artifact_path is None
    else:
        assert isinstance(artifact_path, Path)
        assert artifact_path.read_bytes().startswith(b"<!")


@pytest.mark.parametrize(
    "given",
    [
        (uuid4(), uuid4()),
        ("not an id", uuid4()),
        (uuid4(), ""),
    ],
    ids=["unknown", "no id", "empty id"],
)
def test_expected_faults_are_in_the_generators_result(app: App, given: tuple[Any, Any]) -> None:
    made = execute_generator(*given, "ann@example.org", app=app)
    assert (made.success, made.result_data, made.artifact_path) == (False, {}, None)
    assert "There is no" in str(made.error_message)


def test_a_run_that_fails_is_in_the_generators_result(app: App, feeds: Feeds) -> None:
    apply(app, document(feeds.url("gone.xml")))
    made = executed(app)
    assert not made.success
    assert "none of the 1 sources" in str(made.error_message)
    assert made.result_data["run_id"] == str(only_run(app).id)
    assert made.result_data["sources"][0]["status"] == "failed"


def test_a_skipped_run_is_no_success_and_says_why(app: App) -> None:
    apply(app, document())
    made = executed(app)
    assert (made.success, made.result_data["status"]) == (False, "skipped")
    assert "no sources" in str(made.error_message)


def test_the_run_is_named_even_when_the_store_fails_in_the_middle(
    energy: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_: object) -> Any:
        raise StoreUnavailable("The server was restarted.")

    monkeypatch.setattr(making, "publish", stumble)
    made = executed(energy)
    assert (made.success, made.error_message) == (False, "The server was restarted.")
    assert made.result_data["run_id"] == str(only_run(energy).id)


def test_the_report_has_the_documented_keys(energy: App) -> None:
    report = run_report(energy, made(energy))
    assert set(report) >= REPORT_KEYS
    assert all(set(it) == {"in", "out", "seconds"} for it in report["steps"].values())
    assert all(set(it) == {"url", "status", "entries", "error"} for it in report["sources"])
    assert all(set(it) == STORY_KEYS for it in report["stories"])
    assert all(set(it) == {"title", "url", "reason", "score"} for it in report["left_out"])
    assert report["stories"]
    assert report["left_out"]
    assert report["error"] is None
    story = report["stories"][0]
    assert isinstance(story["also"], list)
    assert story["sources"] == ["Source 1"]
    assert set(run_summary(only_run(energy))) <= set(report)


def test_an_issue_can_be_written_to_a_folder(energy: App, tmp_path: Path) -> None:
    run = made(energy)
    paths = write_issue(energy, run, tmp_path / "out" / "here", "energy")
    assert [path.name for path in paths or ()] == ["energy.html", "energy.txt"]
    assert all(path.stat().st_size for path in paths or ())


def test_a_run_without_an_issue_writes_nothing(app: App, tmp_path: Path) -> None:
    apply(app, document())
    assert write_issue(app, made(app), tmp_path / "out", "energy") is None
    assert not (tmp_path / "out").exists()


def test_things_are_found_by_what_people_type(energy: App) -> None:
    run = made(energy)
    assert workspace_named(energy, None).slug == workspace_named(energy, "acme").slug == "acme"
    row = specification_named(energy, "energy")
    assert specification_named(energy, str(row.id), workspace="acme") == row
    schedule = schedule_named(energy, "Monday nine", workspace="acme")
    assert schedule_named(energy, str(schedule.id)) == schedule
    assert schedule_named(energy, str(schedule.id)[:8]) == schedule
    for name in ("last", str(run.id), str(run.id)[:6], run.id.hex, str(run.id).upper()):
        assert run_named(energy, name) == run


@pytest.mark.parametrize(
    ("find", "name"),
    [
        (workspace_named, "other"),
        (specification_named, "other"),
        (schedule_named, "other"),
        (run_named, "abcdef12"),
        (run_named, "x'; --"),
        (run_named, "abc"),
        (run_named, ""),
    ],
)
def test_what_is_not_there_is_told_with_what_to_do(energy: App, find: Any, name: str) -> None:
    with pytest.raises(NotFound) as told:
        find(energy, name)
    assert told.value.hint


def test_an_empty_store_is_told_with_the_first_step(app: App) -> None:
    for find, name in ((workspace_named, None), (specification_named, "energy")):
        with pytest.raises(NotFound) as told:
            find(app, name)  # type: ignore[operator]
        assert "autopilot init" in str(told.value.hint)
    with pytest.raises(NotFound):
        run_named(app, "last")


def test_what_means_several_things_is_asked_back(energy: App, clock: Clock) -> None:
    apply(energy, document().replace("workspace: acme", "workspace: rival"))
    with pytest.raises(Conflict, match="acme, rival"):
        workspace_named(energy, None)
    with pytest.raises(Conflict, match="2 workspaces"):
        specification_named(energy, "energy")
    with pytest.raises(Conflict, match="2 schedules"):
        schedule_named(energy, "Monday nine")
    assert specification_named(energy, "energy", workspace="rival")
    assert all_runs(energy) == []
