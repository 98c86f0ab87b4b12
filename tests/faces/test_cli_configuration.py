"""init, apply and export as people and programs use them."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from autopilot.adapters.packs import pack_names

Autopilot = Callable[..., Any]


@pytest.mark.parametrize("pack", pack_names())
def test_a_pack_goes_from_init_through_apply_and_export_and_back(
    autopilot: Autopilot, pack: str
) -> None:
    assert autopilot("init", pack).code == 0
    first = autopilot("apply", "newsletter.yaml", "--json").json
    assert {change["action"] for change in first["changes"]} == {"create"}
    assert {change["kind"] for change in first["changes"]} >= {"workspace", "source", "schedule"}
    again = autopilot("apply", "newsletter.yaml", "--json").json
    assert (again["changed"], again["changes"], again["left_alone"]) == (False, [], [])
    assert autopilot("export", "--out", "out.yaml").code == 0
    exported = autopilot("apply", "out.yaml", "--plan", "--prune", "--json").json
    assert exported["changes"] == []


def test_init_takes_the_default_pack_and_names_the_others(autopilot: Autopilot) -> None:
    ended = autopilot("init")
    assert ended.code == 0
    assert Path("newsletter.yaml").read_text().startswith("# A newsletter about the energy")
    assert "health-tech" in ended.out
    assert "Next: autopilot apply newsletter.yaml --plan" in ended.out


def test_init_leaves_a_file_that_is_there_unless_forced(autopilot: Autopilot) -> None:
    Path("newsletter.yaml").write_text("mine\n")
    refused = autopilot("init")
    assert refused.code == 3
    assert "left as it is" in refused.err
    assert "--force" in refused.err
    assert Path("newsletter.yaml").read_text() == "mine\n"
    assert autopilot("init", "--force", "--json").json["packs"] == list(pack_names())
    assert Path("newsletter.yaml").read_text() != "mine\n"


def test_init_of_an_unknown_pack_lists_the_packs(autopilot: Autopilot) -> None:
    refused = autopilot("init", "nope")
    assert refused.code == 3
    assert all(name in refused.err for name in pack_names())
    assert not Path("newsletter.yaml").exists()


def test_a_plan_writes_nothing(autopilot: Autopilot, configuration: Path) -> None:
    planned = autopilot("apply", str(configuration), "--plan")
    assert planned.code == 0
    assert "Nothing was written" in planned.out
    assert planned.out.rstrip().endswith("autopilot apply newsletter.yaml")
    assert autopilot("status", "--json").json["workspaces"] == []


def test_a_second_apply_says_that_nothing_changed(autopilot: Autopilot, applied: Path) -> None:
    again = autopilot("apply", str(applied))
    assert again.code == 0
    assert again.out.startswith("Nothing changed: acme is as the file says.")


def test_a_change_is_told_field_by_field(autopilot: Autopilot, applied: Path) -> None:
    applied.write_text(applied.read_text().replace("cadence: weekly", "cadence: daily"))
    told = autopilot("apply", str(applied))
    assert "changed    specification  energy-weekly" in told.out
    assert "cadence: weekly -> daily" in told.out


def test_a_changed_category_is_named_with_what_changed_in_it(
    autopilot: Autopilot, applied: Path
) -> None:
    text = applied.read_text().replace("keywords: [grid operator,", "keywords: [")
    applied.write_text(text.replace("{id: solar, name: Solar,", "{id: sun, name: Sun,"))
    told = autopilot("apply", str(applied), "--plan").out
    assert "categories: added sun; removed solar; changed grid (keywords)" in told


def test_what_the_file_does_not_name_is_left_alone_or_pruned(
    autopilot: Autopilot, applied: Path
) -> None:
    autopilot("schedules", "create", "energy-weekly", "--daily", "08:00", "--name", "Mornings")
    left = autopilot("apply", str(applied))
    assert "left alone" in left.out
    assert "Mornings" in left.out
    pruned = autopilot("apply", str(applied), "--prune", "--json").json
    assert [change["action"] for change in pruned["changes"]] == ["cancel"]


def test_a_file_can_come_from_standard_input(
    autopilot: Autopilot, configuration: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = configuration.read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), encoding="utf-8"))
    assert autopilot("apply", "-", "--json").json["workspace"] == "acme"


def test_export_as_json_is_a_file_that_apply_takes(autopilot: Autopilot, applied: Path) -> None:
    exported = autopilot("export", "--json")
    Path("export.json").write_text(exported.out)
    assert exported.json["specifications"][0]["slug"] == "energy-weekly"
    assert autopilot("apply", "export.json", "--json").json["changes"] == []


def test_export_prints_nothing_but_the_file_on_standard_output(
    autopilot: Autopilot, applied: Path
) -> None:
    assert yaml.safe_load(autopilot("export").out)["workspace"] == "acme"


BAD = """\
workspace: acme
name: Acme
timezone: Europe/Berlim
colour: red
specifications:
  - slug: energy
    name: Energy
    categories: [{id: grid, name: Grid, keywords: [grid]}]
    schedules:
      - {name: Twice, type: custom, config: {cron: "0 9 31 2 *"}}
      - {name: Twice, type: daily, config: {times: ["9 o'clock"]}}
"""


def test_every_problem_is_told_at_once_with_its_place(autopilot: Autopilot) -> None:
    Path("bad.yaml").write_text(BAD)
    refused = autopilot("apply", "bad.yaml")
    assert refused.code == 2
    assert refused.out == ""
    for told in (
        "line 3, column 1, timezone: 'Europe/Berlim' is not",
        "line 4, column 1, colour: unknown key",
        "line 10, column",
        "line 11, column",
        "never",
        "'Twice' stands here and in",
        "is not a time of day",
        "allowed: ",
        "example: ",
    ):
        assert told in refused.err
    assert autopilot("status", "--json").json["workspaces"] == []


def test_problems_are_json_for_programs(autopilot: Autopilot) -> None:
    Path("bad.yaml").write_text(BAD)
    refused = autopilot("apply", "bad.yaml", "--json")
    assert (refused.code, refused.err) == (2, "")
    error = refused.json["error"]
    assert error["type"] == "DocumentInvalid"
    assert len(error["problems"]) >= 5
    assert set(error["problems"][0]) == {"path", "message", "allowed", "example", "line", "column"}
    assert [item["line"] for item in error["problems"]] == sorted(
        item["line"] for item in error["problems"]
    )


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"workspace: [unclosed", "not valid YAML"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"", "problem"),
        (b"- just\n- a list\n", "problem"),
    ],
    ids=["syntax", "encoding", "empty", "list"],
)
def test_a_file_that_is_no_configuration_is_refused(
    autopilot: Autopilot, content: bytes, told: str
) -> None:
    Path("bad.yaml").write_bytes(content)
    refused = autopilot("apply", "bad.yaml")
    assert refused.code == 2
    assert told in refused.err


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_a_file_that_cannot_be_read_is_refused(autopilot: Autopilot, name: str) -> None:
    refused = autopilot("apply", name)
    assert refused.code == 2
    assert "cannot be read" in refused.err
    assert "autopilot init" in refused.err


def test_a_specification_without_sources_is_a_warning(autopilot: Autopilot) -> None:
    Path("few.yaml").write_text(
        "workspace: w\nname: W\nspecifications:\n"
        "  - {slug: s, name: S, sources: [], categories: [{id: a, name: A, keywords: [grid]}]}\n"
    )
    told = autopilot("apply", "few.yaml")
    assert told.code == 0
    assert "Warning: s has no sources yet" in told.out
    skipped = autopilot("generate", "s", "--json")
    assert skipped.code == 5
    assert skipped.json["status"] == "skipped"
    assert "no sources yet" in skipped.json["error"]
