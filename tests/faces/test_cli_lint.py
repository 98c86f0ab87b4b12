"""`lint`: pages from files and from standard input, for people and for programs."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from pipeline.checking import GOOD

from autopilot.cli import faults
from autopilot.cli.lint import lint
from autopilot.errors import AutopilotError

Lint = Callable[..., int]


@pytest.fixture
def run_lint() -> Lint:
    """Runs the command as the shell would, and returns its exit code."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(lint)

    def run(*arguments: str) -> int:
        try:
            ended = app(list(arguments), standalone_mode=False)
        except (AutopilotError, typer.TyperException) as error:
            return faults.tell(error, as_json="--json" in arguments)
        return ended if isinstance(ended, int) else 0

    return run


@pytest.fixture
def good(tmp_path: Path) -> Path:
    page = tmp_path / "good.html"
    page.write_text(GOOD, encoding="utf-8")
    return page


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    page = tmp_path / "bad.html"
    page.write_text(GOOD.replace(' alt="A battery"', ""), encoding="utf-8")
    return page


def test_a_clean_page_ends_with_0_and_full_marks(
    run_lint: Lint, good: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_lint(str(good)) == 0
    told = capsys.readouterr().out
    assert "score 100 of 100, 0 errors, 0 warnings" in told
    assert "Checked: E7, E8" in told


def test_a_page_with_an_error_ends_with_1_and_says_where_and_what_to_do(
    run_lint: Lint, good: Path, bad: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_lint(str(good), str(bad)) == 1
    told = capsys.readouterr().out
    assert "score 80 of 100, 1 error, 0 warnings" in told
    assert "E14 error: an image has no alt text" in told
    assert "where: line 23 “https://example.org/a.png”" in told
    assert "to do: describe it" in told


def test_programs_get_every_report(
    run_lint: Lint, good: Path, bad: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_lint(str(good), str(bad), "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["passes"] is False
    assert [each["score"] for each in told["files"]] == [100, 80]
    assert told["files"][1]["findings"][0] == {
        "rule": "E14",
        "severity": "error",
        "message": "an image has no alt text",
        "where": "line 23 “https://example.org/a.png”",
        "advice": 'describe it; alt="" where it is decoration',
    }


def test_a_page_is_read_from_standard_input(
    run_lint: Lint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GOOD.encode())))
    assert run_lint("-") == 0
    assert "standard input: score 100" in capsys.readouterr().out


def test_what_is_no_page_is_refused_all_at_once(
    run_lint: Lint, tmp_path: Path, good: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {
        "empty.html": b"  \n",
        "picture.html": b"<\x89PNG\x00\x00",
        "words.html": b"only words",
        "huge.html": b"<p>" * 4_000_000,
    }
    for name, content in given.items():
        (tmp_path / name).write_bytes(content)
    names = [str(tmp_path / name) for name in (*given, "missing.html")]
    assert run_lint(str(good), *names, str(tmp_path)) == 2
    told = capsys.readouterr()
    assert told.out == ""
    for reason in ("empty", "not text", "no tag", "larger than 10 MB", "no such file", "directory"):
        assert reason in told.err
