"""The reference of the command line says what the command line does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from autopilot.cli import faults
from autopilot.cli.app import app

Autopilot = Callable[..., Any]
REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"


def command_names() -> Iterator[str]:
    """Every command as it is typed, such as "schedules list"."""
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        yield from (f"{name} {other}" for other in inner) if inner else (name,)


def words_of(document: str) -> set[str]:
    return set(re.findall(r"[a-z_]+", (REFERENCE / document).read_text(encoding="utf-8")))


@pytest.mark.parametrize("command", [*command_names()])
def test_every_command_has_an_example(command: str) -> None:
    told = (REFERENCE / "cli.md").read_text(encoding="utf-8")
    assert f"`autopilot {command}" in told


def test_every_exit_code_is_documented() -> None:
    rows = re.findall(r"^\| (\d+) \|", (REFERENCE / "exit-codes.md").read_text(), re.MULTILINE)
    codes = {value for value in vars(faults).values() if isinstance(value, int)}
    assert {int(row) for row in rows} == codes


def test_every_json_key_is_documented(autopilot: Autopilot, applied: Path) -> None:
    known = words_of("json.md")
    autopilot("generate", "energy-weekly")
    for arguments in (
        ("apply", str(applied)),
        ("status",),
        ("doctor",),
        ("tick",),
        ("migrate",),
        ("runs", "list"),
        ("runs", "show", "last"),
        ("runs", "show", "last", "--steps"),
        ("schedules", "list"),
        ("schedules", "show", "Monday nine"),
        ("schedules", "preview", "Monday nine"),
        ("schedules", "update", "Monday nine", "--policy", "retries=1"),
        ("schedules", "test", "Monday nine"),
        ("schedules", "history", "Monday nine"),
        ("schedules", "backfill", "Monday nine", "--from", "2026-11-23", "--to", "2026-11-22"),
        ("schedules", "create", "nope", "--daily", "08:00"),
        ("schedules", "delete", "Monday nine"),
    ):
        value = autopilot(*arguments, "--json").json
        assert set(keys_in(value)) - known - {"days", "times"} == set(), arguments


def keys_in(value: object) -> Iterator[str]:
    """Every key anywhere inside a JSON value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_in(inner)
