"""The dashboard and the alert rules ask for what /metrics gives: each name, each label, each value."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from web.conftest import clock_of, served

from autopilot.service.attendance import arrive, note_tick
from autopilot.service.context import App

ROOT = Path(__file__).resolve().parents[2]
DASHBOARD = ROOT / "deploy" / "grafana" / "autopilot.json"
RULES = ROOT / "deploy" / "prometheus" / "alerts.yaml"
SCRAPE = ROOT / "deploy" / "prometheus" / "prometheus.yml"
COLUMNS = 24

# Whatever an expression is made of beside names: strings, numbers with a unit, words of the language.
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
MATCHERS = re.compile(r"([a-zA-Z_:][\w:]*)?\s*\{([^}]*)\}")
LABELS = re.compile(r"\b(?:by|on|ignoring|without|group_left|group_right)\s*\(([^)]*)\)")
NAME = re.compile(r"[a-zA-Z_:][\w:]*")
WORDS = {"unless", "and", "or", "bool", "offset", "label_values"}
OF_PROMETHEUS = {"up", "job", "instance"}
Samples = Mapping[str, list[Mapping[str, str]]]


def names_in(expression: str) -> set[str]:
    """Every metric that an expression asks for."""
    bare = LABELS.sub(" ", re.sub(r"\{[^}]*\}", " ", STRING.sub(" ", expression)))
    called = set(re.findall(r"([a-z_]\w*)\s*\(", bare))
    return set(NAME.findall(bare)) - called - WORDS


def wanted_of(expression: str) -> Iterator[tuple[str, str, str]]:
    """Metric, label and value of every matcher that names a value."""
    for metric, inside in MATCHERS.findall(expression):
        for label, value in re.findall(r'(\w+)\s*=\s*"([^"]*)"', inside):
            yield metric, label, value


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return list(group["rules"])


def panels() -> list[dict[str, Any]]:
    return list(json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"])


def targets() -> list[tuple[str, dict[str, Any]]]:
    return [(panel["title"], target) for panel in panels() for target in panel["targets"]]


EXPRESSIONS = {rule["alert"]: rule["expr"] for rule in rules()} | {
    f"{title} {target['refId']}": target["expr"] for title, target in targets()
}


@pytest.fixture
def given(public: App) -> Samples:
    """What a real /metrics gives of a store whose worker has ticked: labels by metric."""
    note_tick(public, arrive(public), seconds=0.1)
    clock_of(public).pass_(timedelta(seconds=30))
    with served(public) as web:
        answer = web.get("/metrics")
    found: dict[str, list[Mapping[str, str]]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample.labels)
    return found


def test_every_expression_asks_for_what_there_is(given: Samples) -> None:
    for where, expression in EXPRESSIONS.items():
        names = names_in(expression) - OF_PROMETHEUS
        assert names or "up{" in expression, where
        assert names <= set(given), where
        for metric, label, value in wanted_of(expression):
            if label not in OF_PROMETHEUS:
                assert value in {labels.get(label) for labels in given[metric]}, (where, label)


def test_what_is_drawn_is_named_by_labels_that_there_are(given: Samples) -> None:
    for title, target in targets():
        for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
            (metric,) = names_in(target["expr"])
            assert all(label in labels for labels in given[metric]), title


def test_every_number_is_drawn_or_watched(given: Samples) -> None:
    asked = {name for expression in EXPRESSIONS.values() for name in names_in(expression)}
    rest = {"autopilot_build_info", "autopilot_last_tick_timestamp_seconds"}
    assert set(given) - asked == rest


def test_every_threshold_is_held_against_something() -> None:
    held = {
        value for rule in rules() for _, label, value in wanted_of(rule["expr"]) if label == "alert"
    }
    assert held == {"silent", "tick", "failed", "uptime"}  # "late" is counted by Autopilot itself


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_a_rule_says_what_is_wrong_and_what_to_do(rule: dict[str, Any]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"Autopilot[A-Z]\w+", rule["alert"])
    assert re.fullmatch(r"\d+[smhd]", rule.get("for", "1m"))
    assert rule["labels"]["severity"] in {"info", "warning", "critical"}
    assert set(rule["annotations"]) == {"summary", "description"}
    assert rule["expr"].count("(") == rule["expr"].count(")")


def test_rules_have_names_of_their_own() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names)


def test_the_scrape_example_reads_the_rules_and_the_address() -> None:
    written = yaml.safe_load(SCRAPE.read_text(encoding="utf-8"))
    assert written["rule_files"] == [RULES.name]
    (job,) = written["scrape_configs"]
    assert (job["job_name"], job["metrics_path"]) == ("autopilot", "/metrics")


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_prometheus_takes_the_rules() -> None:
    subprocess.run(["promtool", "check", "rules", str(RULES)], check=True)


def test_the_dashboard_can_be_imported() -> None:
    written = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    assert (written["uid"], written["title"], written.get("id")) == ("autopilot", "Autopilot", None)
    variables = {one["name"]: one["type"] for one in written["templating"]["list"]}
    assert variables == {"datasource": "datasource", "job": "query"}
    assert names_in(written["templating"]["list"][1]["definition"]) - OF_PROMETHEUS == {
        "autopilot_build_info"
    }
    ids = [panel["id"] for panel in written["panels"]]
    assert len(set(ids)) == len(ids)
    for panel in written["panels"]:
        assert panel["description"], panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"


def test_no_panel_lies_on_another() -> None:
    taken: dict[tuple[int, int], str] = {}
    for panel in panels():
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= COLUMNS
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in taken, (panel["title"], taken[x, y])
                taken[x, y] = panel["title"]


def test_names_are_found_in_every_shape() -> None:
    shapes = {
        'sum by (status) (rate(a_total{x="b_total"}[5m])) > 2': {"a_total"},
        'a > ignoring (alert) b{alert="c"}': {"a", "b"},
        '(a{k="s"} > 0) unless on (job) b': {"a", "b"},
    }
    for expression, expected in shapes.items():
        assert names_in(re.sub(r"\[\w+\]", "", expression)) == expected
