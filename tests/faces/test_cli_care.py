"""status, doctor, migrate, help and usage: how it stands, and what is wrong in plain words."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from autopilot.service.doctor import examine
from autopilot.service.findings import Level

Autopilot = Callable[..., Any]
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
COMMANDS = (
    *("demo", "init", "status", "up", "apply", "export", "generate"),
    *("schedules", "runs", "tick", "worker", "migrate", "doctor"),
)


def test_status_answers_in_ten_lines(autopilot: Autopilot, applied: Path) -> None:
    assert len(autopilot("status").out.splitlines()) == 10
    autopilot("generate", "energy-weekly")
    autopilot("generate", "energy-weekly", "--from", "1990-01-01", "--to", "1990-02-01")
    *lines, notice, following = autopilot("status").out.splitlines()
    assert len(lines) == 9
    assert "A source needs a look in energy-weekly" in notice
    told = dict(line.split(maxsplit=1) for line in lines)
    assert told["Worker"].startswith("off")
    assert lines[4].startswith("Last run      skipped, energy-weekly, ")
    assert Path(lines[5].removeprefix("Last issue").strip()).is_file()
    assert lines[7].endswith("of the last 2 runs 1 skipped, 1 succeeded")
    assert "Monday nine" in lines[8]
    assert following.startswith("Next:         autopilot up")


def test_status_of_an_empty_store_begins_at_the_beginning(autopilot: Autopilot) -> None:
    assert autopilot("status").out.splitlines()[-1] == "Next:         autopilot init"
    values = autopilot("status", "--json").json
    assert (values["workers"], values["next"], values["last_issue"]) == ([], None, None)


def test_doctor_finds_nothing_wrong_and_makes_nothing(autopilot: Autopilot, tmp_path: Path) -> None:
    ended = autopilot("doctor", "--json")
    assert (ended.code, ended.json["ok"]) == (0, True)
    checks = {finding["check"] for finding in ended.json["findings"]}
    assert checks >= {"python", "time zones", "settings", "data folder", "disk", "store", "sqlite"}
    assert not (tmp_path / "data").exists()


def test_doctor_sees_the_tables_and_misses_a_worker(autopilot: Autopilot, applied: Path) -> None:
    told = autopilot("doctor").out
    assert "revision" in told
    assert "journal mode" in told
    assert "none is running" in told
    assert "autopilot up" in told


def test_doctor_tells_every_broken_setting(
    autopilot: Autopilot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOPILOT_POLL_INTERVAL", "soon")
    monkeypatch.setenv("AUTOPILOT_DATABASE_URL", "mysql://db.example/x")
    monkeypatch.setenv("OPENAI_BASE_URL", "localhost:11434")
    ended = autopilot("doctor")
    assert ended.code == 1
    assert "OPENAI_BASE_URL" in ended.out
    assert "AUTOPILOT_POLL_INTERVAL" in ended.out
    assert "AUTOPILOT_DATABASE_URL" in ended.out
    assert "Set the variable right" in ended.out
    for command in ("status", "up", "demo"):
        refused = autopilot(command, *(["--pack", "nope"] if command == "demo" else []))
        assert refused.code == (3 if command == "demo" else 2)


@pytest.mark.parametrize(
    ("variables", "check", "level"),
    [
        ({"OPENAI_ASSISTANT_ID": "asst_1"}, "settings", Level.WARNING),
        ({"OPENAI_BASE_URL": "http://localhost:1/v1"}, "settings", Level.WARNING),
        ({"AUTOPILOT_DATA_DIR": "FILE"}, "data folder", Level.ERROR),
        ({"AUTOPILOT_DATA_DIR": "FILE/below"}, "data folder", Level.ERROR),
        ({"AUTOPILOT_DATABASE_URL": "postgresql://127.0.0.1:1/x"}, "store", Level.ERROR),
    ],
    ids=["assistant", "no key", "a file", "below a file", "no server"],
)
def test_doctor_names_what_is_wrong_with_a_fix(
    tmp_path: Path, variables: dict[str, str], check: str, level: Level
) -> None:
    (tmp_path / "FILE").write_text("in the way")
    folder = tmp_path / variables.get("AUTOPILOT_DATA_DIR", "data")
    found = examine(variables | {"AUTOPILOT_DATA_DIR": str(folder)}, NOW)
    wrong = [item for item in found if item.check == check and item.level is level]
    assert wrong
    assert wrong[0].fix


def test_doctor_warns_of_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type(shutil.disk_usage(tmp_path))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 1_000))
    found = examine({"AUTOPILOT_DATA_DIR": str(tmp_path)}, NOW)
    assert [item.level for item in found if item.check == "disk"] == [Level.ERROR]


def test_doctor_refuses_tables_of_a_newer_program(autopilot: Autopilot, applied: Path) -> None:
    import sqlite3

    with sqlite3.connect(Path("../data/autopilot.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    ended = autopilot("doctor")
    assert ended.code == 1
    assert "newer than this program" in ended.out
    blocked = autopilot("status", "--json")
    assert (blocked.code, blocked.json["error"]["type"]) == (4, "SchemaMismatch")


def test_migrate_says_what_it_did_and_a_second_time_that_nothing_was_left(
    autopilot: Autopilot,
) -> None:
    first = autopilot("migrate", "--json").json
    assert first["before"] is None
    again = autopilot("migrate", "--json").json
    assert again["before"] == again["after"] == first["after"]
    assert "up to date" in autopilot("migrate").out


def test_migrate_prints_the_script_for_an_editor(autopilot: Autopilot, tmp_path: Path) -> None:
    script = autopilot("migrate", "--sql")
    assert "CREATE SCHEMA IF NOT EXISTS" in script.out
    assert autopilot("migrate", "--sql", "--json").json == {"sql": script.out}
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_postgresql_store_without_tables_says_what_to_run(
    autopilot: Autopilot, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    monkeypatch.setenv("AUTOPILOT_DATABASE_URL", database_url)
    refused = autopilot("status")
    assert refused.code == 4
    assert "autopilot migrate" in refused.err
    assert autopilot("doctor").code == 1
    assert autopilot("migrate").code == 0
    assert autopilot("status").code == 0
    assert "PostgreSQL" in autopilot("doctor").out


def test_a_store_that_cannot_be_reached_is_exit_code_four(
    autopilot: Autopilot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOPILOT_DATABASE_URL", "postgresql://127.0.0.1:1/nothing")
    ended = autopilot("runs", "list", "--json")
    assert (ended.code, ended.json["error"]["type"]) == (4, "StoreUnavailable")
    assert "doctor" in ended.json["error"]["hint"]


def test_help_lists_every_command_and_the_store_in_use(autopilot: Autopilot) -> None:
    told = autopilot("--help")
    assert told.code == 0
    assert all(f" {command} " in told.out for command in COMMANDS)
    assert "Store in use: SQLite" in told.out
    assert autopilot().out == told.out


def test_help_comes_even_when_the_settings_are_broken(
    autopilot: Autopilot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOPILOT_LEASE_SECONDS", "never")
    told = autopilot("--help")
    assert told.code == 0
    assert "autopilot doctor" in told.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_has_json(autopilot: Autopilot, command: str) -> None:
    groups = {
        "schedules": (
            *("list", "show", "create", "update", "pause", "resume", "enable", "disable"),
            *("delete", "run", "test", "backfill", "history", "preview"),
        ),
        "runs": ("list", "show", "retry", "cancel"),
    }
    for inner in groups.get(command, ("",)):
        told = autopilot(command, *filter(None, [inner]), "--help")
        assert told.code == 0
        assert "--json" in told.out


@pytest.mark.parametrize(
    "arguments",
    [("nope",), ("generate",), ("runs", "list", "--limit", "0"), ("status", "--nope")],
    ids=["command", "argument", "range", "option"],
)
def test_wrong_usage_is_told_without_a_traceback(
    autopilot: Autopilot, arguments: tuple[str, ...]
) -> None:
    refused = autopilot(*arguments)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("Error: ")
    assert "--help" in refused.err
    as_json = autopilot(*arguments, "--json")
    assert (as_json.code, as_json.json["error"]["type"]) == (2, "UsageError")
