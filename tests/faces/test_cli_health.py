"""Whether somebody ticks, what owners should hear of, and what a person does to a run."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from autopilot.domain.notice import Notice, NoticeKind
from autopilot.settings import load_settings
from autopilot.store import notices, workspaces
from autopilot.store.database import Database, open_database

Autopilot = Callable[..., Any]


def opened(tmp_path: Path) -> Database:
    """The store of this test."""
    return open_database(f"sqlite:///{tmp_path / 'data' / 'autopilot.db'}")


def test_a_tick_is_seen_and_its_silence_turns_red(
    autopilot: Autopilot, applied: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert autopilot("status", "--json").json["scheduler"]["health"] == "off"
    autopilot("tick")
    seen = autopilot("status", "--json").json
    assert (seen["scheduler"]["health"], seen["workers"]) == ("on_time", [])
    assert "none now; the last tick was" in autopilot("status").out
    monkeypatch.setenv("AUTOPILOT_POLL_INTERVAL", "0.001")
    late = autopilot("status", "--json").json["scheduler"]
    assert (late["health"], late["late_after_seconds"]) == ("late", 0.003)
    told = autopilot("status").out
    assert "Worker        late: no tick has succeeded for" in told
    assert told.splitlines()[-1] == "Next:         autopilot up"


def test_old_ticks_are_joined_to_one_stretch(
    autopilot: Autopilot, applied: Path, tmp_path: Path
) -> None:
    for _ in range(2):
        autopilot("tick")
    with closing(opened(tmp_path)) as database:
        with database.begin() as connection:
            long_ago = (datetime.now(UTC) - timedelta(days=3)).strftime("%Y-%m-%d %H:%M:%S.%f")
            moved = ", ".join(
                f"{name} = :at"
                for name in ("started_at", "last_seen_at", "last_tick_at", "stopped_at")
            )
            connection.execute(text(f"UPDATE workers SET {moved}"), {"at": long_ago})
        autopilot("tick")
        with database.read() as connection:
            assert connection.scalar(text("SELECT count(*) FROM workers")) == 2


def test_status_tells_the_last_notices_that_nobody_was_told(
    autopilot: Autopilot, applied: Path, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    with closing(opened(tmp_path)) as database, database.begin() as connection:
        (workspace,) = workspaces.list_workspaces(connection)
        for age, message in ((0, "newest"), (1, "second"), (2, "third"), (3, "x"), (900, "old")):
            notice = Notice(
                workspace_id=workspace.id,
                specification_id=None,
                schedule_id=None,
                run_id=None,
                kind=NoticeKind.FAILED,
                message=message,
                at=now - timedelta(hours=age),
            )
            notices.add_notice(connection, notice)
    told = autopilot("status", "--json").json["notices"]
    assert [item["message"] for item in told] == ["newest", "second", "third"]
    lines = autopilot("status").out.splitlines()
    assert len(lines) == 13
    assert lines[9].startswith("Notice        ")
    assert lines[9].endswith(": newest")


def failed_run(autopilot: Autopilot, urls: str = "http://127.0.0.1:9/no.xml") -> dict[str, Any]:
    """Makes a run that fails, since no source can be reached."""
    Path("dead.yaml").write_text(
        "workspace: d\nname: D\nspecifications:\n  - slug: dead\n    name: Dead\n"
        "    categories: [{id: a, name: A, keywords: [grid]}]\n"
        f'    sources: [{{url: "{urls}"}}]\n'
    )
    assert autopilot("apply", "dead.yaml").code == 0
    ended = autopilot("generate", "dead", "--json")
    assert ended.json["status"] == "failed"
    return dict(ended.json)


def test_a_failed_run_is_tried_again_or_called_off(autopilot: Autopilot) -> None:
    run = failed_run(autopilot)["run_id"]
    assert "Next: autopilot runs retry" in autopilot("runs", "show", run, "--steps").out
    queued = autopilot("runs", "retry", run, "--json").json
    assert (queued["run_id"], queued["status"], queued["specification"]) == (run, "queued", "dead")
    again = autopilot("runs", "retry", run)
    assert (again.code, "only a failed run can be tried again" in again.err) == (3, True)
    cancelled = autopilot("runs", "cancel", run, "--reason", "wrong feed", "--json").json
    assert (cancelled["status"], cancelled["error"]) == ("cancelled", "wrong feed")
    assert autopilot("runs", "cancel", run).code == 3
    assert autopilot("runs", "retry", str(uuid4())).code == 3


def test_a_retried_run_is_executed_by_the_next_tick(autopilot: Autopilot) -> None:
    run = failed_run(autopilot)["run_id"]
    told = autopilot("runs", "retry", "last").out
    assert told.startswith(f"Queued again: run {run[:8]} of dead")
    assert [item["run_id"] for item in autopilot("tick", "--json").json["runs"]] == [run]


def test_the_steps_of_a_run_tell_its_tries(autopilot: Autopilot, applied: Path) -> None:
    autopilot("generate", "energy-weekly")
    told = autopilot("runs", "show", "last", "--steps", "--json").json
    assert [step["step"] for step in told["steps"]] == [
        *("collect", "select", "write", "render", "check", "store")
    ]
    assert {step["epoch"] for step in told["steps"]} == {1}
    assert (told["attempt"], told["epoch"], told["deaths"], told["failures"]) == (1, 1, 0, 0)
    shown = autopilot("runs", "show", "last", "--steps").out
    assert "Attempts      1 (epoch 1): 0 failed of 1 tries, 0 worker deaths" in shown
    assert "Epoch" in shown


def test_generate_asks_for_a_schedule_only_where_there_is_none(
    autopilot: Autopilot, applied: Path
) -> None:
    assert "Next: autopilot up" in autopilot("generate", "energy-weekly").out
    autopilot("schedules", "delete", "Monday nine")
    told = autopilot("generate", "energy-weekly").out
    assert "Next: autopilot schedules create energy-weekly --weekly mon@09:00" in told


@pytest.mark.parametrize("name", ["AUTOPILOT_DATABASE_URL", "DATABASE_URL", "OPENAI_API_KEY"])
@pytest.mark.parametrize("content", [None, b"\xff\xfe"], ids=["missing", "not text"])
def test_a_settings_file_that_cannot_be_read_is_named(
    autopilot: Autopilot,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    name: str,
    content: bytes | None,
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv(f"{name}_FILE", str(file))
    refused = autopilot("status", "--json")
    assert (refused.code, refused.json["error"]["type"]) == (2, "SettingsInvalid")
    assert [item["path"] for item in refused.json["error"]["problems"]] == [f"{name}_FILE"]
    file.write_text("sqlite:///x.db\n")
    assert load_settings({f"{name}_FILE": str(file), "AUTOPILOT_DATA_DIR": str(tmp_path)})


def test_status_tells_what_passed_a_threshold(autopilot: Autopilot, applied: Path) -> None:
    assert autopilot("status", "--json").json["findings"] == []
    run = failed_run(autopilot)
    told = autopilot("status", "--json").json
    (finding,) = told["findings"]
    assert finding == {
        "check": "failed",
        "message": "1 of 1 runs failed in 24 hours: 100.0%, more than 1%.",
        "since": run["created_at"],
        "fix": "See why: autopilot runs list --status failed",
    }
    assert (told["measured"]["failed"], told["measured"]["succeeded"]) == (1, 0)
    lines = autopilot("status").out.splitlines()
    place = lines.index(f"Finding       {finding['message']}")
    assert lines[place + 1].startswith("  since       20")
    assert lines[place + 2] == "  to do       See why: autopilot runs list --status failed"
    assert max(map(len, lines[place : place + 3])) <= 80
    assert [
        item["status"]
        for item in autopilot("runs", "list", "--status", "failed", "--json").json["runs"]
    ] == ["failed"]
