"""Logs: every event has an action, and the reference knows each with its keys; JSON is one line each."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src" / "autopilot").rglob("*.py"))
REFERENCE = (ROOT / "docs" / "reference" / "logs.md").read_text(encoding="utf-8")
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
PATIENCE_SECONDS = 240
SECRETS = ("a-secret-for-ticks-0123456789", "sk-a-key-that-nobody-may-see")


def calls(tree: ast.Module) -> Iterator[ast.Call]:
    """Every call that logs: of `log`, of a logger made on the spot, of one chosen before (`tell`)."""
    chosen = {
        name.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and "log." in ast.unparse(node.value)
        for name in node.targets
        if isinstance(name, ast.Name) and not isinstance(node.value, ast.Call)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        by_name = isinstance(node.func, ast.Name) and node.func.id in chosen
        by_log = (
            isinstance(node.func, ast.Attribute)
            and node.func.attr in LEVELS
            and ast.unparse(node.func.value) in {"log", "structlog.get_logger(__name__)"}
        )
        if by_name or by_log:
            yield node


LOGGED = [
    pytest.param(call, id=f"{path.relative_to(ROOT)}:{call.lineno}")
    for path in SOURCES
    for call in calls(ast.parse(path.read_text(encoding="utf-8")))
]


def documented() -> dict[str, set[str]]:
    """The keys that the reference names, by action."""
    rows = re.findall(r"^\| `([\w ]+)` \| [^|]+ \|([^|]*)\|$", REFERENCE, re.MULTILINE)
    return {action: set(re.findall(r"`(\w+)`", keys)) for action, keys in rows}


def action_of(call: ast.Call) -> str | None:
    for keyword in call.keywords:
        if keyword.arg == "action":
            assert isinstance(keyword.value, ast.Constant)
            return str(keyword.value.value)
    return None


@pytest.mark.parametrize("call", LOGGED)
def test_every_event_has_an_action_that_is_documented_with_its_keys(call: ast.Call) -> None:
    action = action_of(call)
    assert action is not None, ast.unparse(call)
    assert action in documented(), action
    keys = {keyword.arg for keyword in call.keywords if keyword.arg not in {None, "action"}}
    assert keys <= documented()[action]


def test_every_documented_action_and_key_is_used() -> None:
    used: dict[str, set[str]] = {}
    for case in LOGGED:
        call = case.values[0]
        assert isinstance(call, ast.Call)
        keys = {
            str(keyword.arg) for keyword in call.keywords if keyword.arg not in {None, "action"}
        }
        used.setdefault(str(action_of(call)), set()).update(keys)
    assert len(LOGGED) > 80
    assert used == documented()


def test_the_log_of_a_command_is_one_json_object_a_line(applied: Path) -> None:
    environ = os.environ | {
        "AUTOPILOT_LOG_FORMAT": "json",
        "AUTOPILOT_TICK_SECRET": SECRETS[0],
        "OPENAI_API_KEY": SECRETS[1],
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
        "AUTOPILOT_DEBUG": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "autopilot", "generate", "energy-weekly", "--json"],
        env=environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    lines: list[dict[str, Any]] = [json.loads(line) for line in done.stderr.splitlines()]
    run_id = json.loads(done.stdout)["run_id"]
    assert [line for line in lines if "action" not in line] == []
    of_run = [line for line in lines if line["action"] in {"step", "model", "end"}]
    assert {line["action"] for line in of_run} == {"step", "model", "end"}
    for line in lines:
        assert {"timestamp", "level", "event", "action"} <= set(line)
    assert {line["run_id"] for line in of_run if line["action"] != "model"} == {run_id}
    for secret in SECRETS:
        assert secret not in done.stderr
