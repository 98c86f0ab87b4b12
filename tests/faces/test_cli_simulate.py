"""simulate: a file's settings tried before they are applied."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from autopilot.cli.simulate import simulate
from autopilot.errors import NotFound
from autopilot.service.configuration.applying import apply_document
from autopilot.service.configuration.reading import read_document
from autopilot.settings import load_settings
from autopilot.wiring import build_app

CONFIGURATION = """
workspace: acme
name: Acme Research
specifications:
  - slug: energy
    name: Energy Weekly
    categories: [{id: grid, name: Power grid, keywords: [grid]}]
    sources: [{url: "https://example.org/feed.xml"}]
"""


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    monkeypatch.setenv("AUTOPILOT_DATA_DIR", str(tmp_path / "data"))
    app = build_app(load_settings())
    apply_document(app, read_document(CONFIGURATION), actor="ann@example.org")
    app.close()
    alone = typer.Typer()
    alone.command()(simulate)
    return alone


def test_a_stored_specification_gives_one_issue_a_week(command):
    result = CliRunner().invoke(command, ["energy", "--weeks", "2", "--json"])
    told = json.loads(result.stdout)
    assert (told["specification"], told["sent"], len(told["issues"])) == ("energy", 0, 2)
    assert told["issues"][0]["skipped"] == "no article is stored of this window"


def test_a_draft_says_which_sources_are_not_known_yet(command, tmp_path):
    draft = tmp_path / "draft.yaml"
    draft.write_text(CONFIGURATION.replace("feed.xml", "other.xml"), "utf-8")
    result = CliRunner().invoke(command, ["energy", "--file", str(draft)])
    assert result.exit_code == 0
    assert "nothing is stored of https://example.org/other.xml" in result.stdout
    assert f"autopilot apply {draft} --plan" in result.stdout


def test_a_file_without_the_specification_says_what_it_has(command, tmp_path):
    draft = tmp_path / "draft.yaml"
    draft.write_text(CONFIGURATION, "utf-8")
    result = CliRunner().invoke(command, ["nobody", "--file", str(draft)])
    assert isinstance(result.exception, NotFound)
    assert "It has: energy." in result.exception.hint
