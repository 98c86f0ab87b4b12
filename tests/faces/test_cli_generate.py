"""generate and runs: one issue now, its files, its reasons and its exit code."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from autopilot.cli import output
from autopilot.cli.generate import instant
from autopilot.errors import InputRefused

Autopilot = Callable[..., Any]

KEYS = {
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
    "issue_status",
    "writer",
    "notes",
    "gate",
    "usage",
}


def test_generate_makes_an_issue_from_feeds(autopilot: Autopilot, applied: Path) -> None:
    ended = autopilot("generate", "energy-weekly", "--from", "1990-01-01", "--json")
    assert ended.code == 0
    report = ended.json
    assert report.keys() >= KEYS
    assert (report["status"], report["error"]) == ("succeeded", None)
    assert list(report["steps"]) == ["collect", "select", "write", "render", "check", "store"]
    assert all(step.keys() == {"in", "out", "seconds"} for step in report["steps"].values())
    assert report["stories"][0].keys() == {
        "title",
        "url",
        "also",
        "category",
        "region",
        "sources",
        "reason",
        "score",
        "update_of",
        "summary",
        "sentences",
        "note",
    }
    assert report["gate"]["passes"]
    assert (report["writer"], report["usage"]) == ("extractive", [])
    passages = [each["passages"] for story in report["stories"] for each in story["sentences"]]
    assert passages
    assert all(passages), "every sentence of an extract rests on a stored passage"
    assert all(item["reason"] for item in report["left_out"])
    by_name = {source["url"].rpartition("/")[2]: source for source in report["sources"]}
    assert (by_name["grid-wire.xml"]["status"], by_name["no"]["status"]) == ("ok", "failed")
    assert by_name["no"]["error"]


def test_the_issue_is_in_files_that_open_by_their_endings(
    autopilot: Autopilot, applied: Path, tmp_path: Path
) -> None:
    report = autopilot("generate", "energy-weekly", "--json").json
    page, text = Path(report["html_path"]), Path(report["text_path"])
    assert (page.suffix, text.suffix) == (".html", ".txt")
    assert page.is_relative_to(tmp_path / "data" / "issues")
    assert report["stories"][0]["title"] in text.read_text(encoding="utf-8")
    assert page.read_text(encoding="utf-8").startswith("<!")


def test_the_files_are_there_on_either_store(
    autopilot: Autopilot, configuration: Path, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    monkeypatch.setenv("AUTOPILOT_DATABASE_URL", database_url)
    assert autopilot("migrate").code == 0
    assert autopilot("apply", str(configuration)).code == 0
    made = autopilot("generate", "energy-weekly", "--json").json
    shown = autopilot("runs", "show", made["run_id"], "--json").json
    for report in (made, shown):
        assert Path(report["html_path"]).suffix == ".html"
        assert Path(report["text_path"]).read_bytes()


def test_out_names_the_folder_of_the_files(autopilot: Autopilot, applied: Path) -> None:
    report = autopilot("generate", "energy-weekly", "--out", "made/here", "--json").json
    folder = Path("made/here").absolute()
    assert {Path(report["html_path"]), Path(report["text_path"])} == set(folder.iterdir())


def test_a_folder_that_cannot_be_is_refused_before_any_run(
    autopilot: Autopilot, applied: Path
) -> None:
    Path("taken").write_text("a file")
    refused = autopilot("generate", "energy-weekly", "--out", "taken")
    assert refused.code == 2
    assert "--out" in refused.err
    assert autopilot("runs", "list", "--json").json == {"runs": []}


def test_people_see_the_file_and_the_next_command(autopilot: Autopilot, applied: Path) -> None:
    ended = autopilot("generate", "energy-weekly")
    assert ended.code == 0
    page = next(line for line in ended.out.splitlines() if line.startswith("Page: "))
    assert Path(page.removeprefix("Page: ")).is_file()
    assert "Next: autopilot up" in ended.out
    assert "/no: " in ended.out


def test_a_window_without_articles_is_a_skipped_run(autopilot: Autopilot, applied: Path) -> None:
    arguments = ("energy-weekly", "--from", "1990-01-01", "--to", "1990-02-01")
    skipped = autopilot("generate", *arguments)
    assert skipped.code == 5
    assert "Skipped: " in skipped.out
    report = autopilot("generate", *arguments, "--json")
    assert (report.code, report.json["html_path"], report.json["stories"]) == (5, None, [])


def test_a_run_without_any_answer_fails(autopilot: Autopilot, applied: Path) -> None:
    text = applied.read_text()
    for name in ("grid-wire.xml", "brightwatt.xml"):
        text = text.replace(name, f"gone-{name}")
    applied.write_text(text)
    autopilot("apply", str(applied), "--prune")
    failed = autopilot("generate", "energy-weekly", "--json")
    assert failed.code == 1
    assert failed.json["status"] == "failed"
    assert "none of the 3 sources" in failed.json["error"]


@pytest.mark.parametrize(
    ("option", "text"),
    [("--from", "yesterday"), ("--to", "2026-13-01"), ("--from", "0001-01-01")],
)
def test_a_time_that_cannot_be_read_is_refused_with_an_example(
    autopilot: Autopilot, applied: Path, option: str, text: str
) -> None:
    refused = autopilot("generate", "energy-weekly", option, text)
    assert refused.code == 2
    assert option in refused.err
    assert text in refused.err


def test_a_window_that_ends_before_it_starts_is_refused(
    autopilot: Autopilot, applied: Path
) -> None:
    arguments = ("--from", "2026-02-01", "--to", "2026-01-01")
    refused = autopilot("generate", "energy-weekly", *arguments)
    assert refused.code == 2
    assert "window is empty" in refused.err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-07-01", datetime(2026, 6, 30, 22, tzinfo=UTC)),
        ("2026-07-01T09:00", datetime(2026, 7, 1, 7, tzinfo=UTC)),
        ("2026-07-01T09:00Z", datetime(2026, 7, 1, 9, tzinfo=UTC)),
        ("2026-01-01T09:00+05:30", datetime(2026, 1, 1, 3, 30, tzinfo=UTC)),
    ],
)
def test_times_without_an_offset_are_of_the_workspace(text: str, expected: datetime) -> None:
    assert instant("--from", text, "Europe/Berlin") == expected


def test_no_time_given_is_no_time() -> None:
    assert instant("--to", None, "UTC") is None
    with pytest.raises(InputRefused):
        instant("--to", "", "UTC")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("generate", "nope"), "There is no specification 'nope'"),
        (("generate", "energy-weekly", "-w", "nope"), "There is no workspace 'nope'"),
        (("runs", "show", "beef"), "There is no run 'beef'"),
        (("schedules", "show", "nope"), "There is no schedule 'nope'"),
    ],
)
def test_what_is_not_there_is_said_with_exit_code_three(
    autopilot: Autopilot, applied: Path, arguments: tuple[str, ...], told: str
) -> None:
    ended = autopilot(*arguments)
    assert ended.code == 3
    assert told in ended.err
    assert autopilot(*arguments, "--json").json["error"]["type"] == "NotFound"


def test_runs_show_tells_steps_sources_and_reasons(autopilot: Autopilot, applied: Path) -> None:
    report = autopilot("generate", "energy-weekly", "--json").json
    shown = autopilot("runs", "show", "last", "--json").json
    assert shown["stories"] == report["stories"]
    assert shown["specification"] == "energy-weekly"
    told = autopilot("runs", "show", report["run_id"][:8], "--out", "copy").out
    for part in ("collect", "Europe/Berlin", "Why it is in", "Left out", "Next: "):
        assert part in told
    assert len(list(Path("copy").iterdir())) == 2


def test_runs_list_filters(autopilot: Autopilot, applied: Path) -> None:
    autopilot("generate", "energy-weekly")
    autopilot("generate", "energy-weekly", "--from", "1990-01-01", "--to", "1990-02-01")
    assert len(autopilot("runs", "list", "--json").json["runs"]) == 2
    skipped = autopilot("runs", "list", "--status", "skipped", "--json").json["runs"]
    assert [run["status"] for run in skipped] == ["skipped"]
    assert autopilot("runs", "list", "--schedule", "Monday nine", "--json").json == {"runs": []}
    assert "energy-weekly" in autopilot("runs", "list", "-n", "1", "--spec", "energy-weekly").out


def test_a_fault_of_ours_is_one_line_with_an_id(
    autopilot: Autopilot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("autopilot.service.status.read_status", broken)
    ended = autopilot("status")
    assert ended.code == 70
    assert "RuntimeError: a fault of ours" in ended.err
    assert "AUTOPILOT_DEBUG=1" in ended.err
    assert autopilot("status", "--json").json["error"]["type"] == "RuntimeError"


def test_titles_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    output.say("red \x1b[31m [bold]title[/bold] \u202e\x07\x9b2J")
    output.show_table(("Title",), [("a\x1b]0;owned\x07b [red]c",)])
    told = capsys.readouterr().out
    assert not any(mark in told for mark in "\x1b\x07\u202e\x9b")
    assert "[bold]title[/bold]" in told
    assert "[red]c" in told


def test_the_command_line_starts_without_the_heavy_libraries() -> None:
    heavy = "('sqlalchemy', 'pydantic', 'lxml', 'jinja2', 'structlog', 'yaml')"
    script = f"import sys, autopilot.cli.app; print([n for n in {heavy} if n in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (ended.stdout.strip(), ended.stderr) == ("[]", "")


def test_what_the_issue_tells_of_its_writing_is_told_to_whoever_makes_it(
    autopilot: Autopilot, applied: Path
) -> None:
    text = applied.read_text()
    applied.write_text(text.replace("    categories:", "    writer: openai\n    categories:", 1))
    assert autopilot("apply", str(applied)).code == 0
    told = "are in the sources' own words: no model is set up"
    made = autopilot("generate", "energy-weekly", "--from", "1990-01-01")
    assert told in " ".join(made.out.split())
    assert told in " ".join(autopilot("runs", "show", "last").out.split())
