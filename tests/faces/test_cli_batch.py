"""schedules preview --batch: every line has its answer, in order, whatever stands in it."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from autopilot.cli.preview_batch import answer_lines

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAILY: dict[str, Any] = {"type": "daily", "config": {"times": ["09:00"]}}


def answer(**line: Any) -> dict[str, Any]:
    """The answer to one line."""
    (told,) = answer_lines([json.dumps(line).encode()], NOW)
    return told


def test_an_answer_has_slots_on_both_clocks_and_the_rule_in_words() -> None:
    told = answer(**DAILY, timezone="Europe/Berlin", after="2026-11-23T08:00:00Z", count=1)
    assert told == {
        "slots": [
            {"utc": "2026-11-24T08:00:00Z", "local": "2026-11-24T09:00", "fold": 0, "flags": []}
        ],
        "description": "Every day at 09:00, Europe/Berlin time",
        "warnings": [],
        "error": None,
    }


def test_what_is_not_given_has_a_default() -> None:
    told = answer(**DAILY, timezone=None)
    moments = [datetime.fromisoformat(slot["utc"]) for slot in told["slots"]]
    assert moments == [NOW + timedelta(days=day) for day in range(1, 6)]


def test_an_instant_without_an_offset_is_of_the_rules_zone() -> None:
    zone = {"timezone": "Asia/Tokyo", "count": 1}
    assert answer(**DAILY, **zone, after="2026-11-23T08:59")["slots"][0]["utc"] == (
        "2026-11-23T00:00:00Z"
    )
    assert answer(**DAILY, **zone, after="2026-11-23T09:00")["slots"][0]["local"] == (
        "2026-11-24T09:00"
    )


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"nope", "is not JSON"),
        (b"\xff", "is not UTF-8"),
        (b"", "is not JSON"),
        (b"[1]", "is not a JSON object"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"type": "daily", "config": {"times": [NaN]}}', "NaN is not a number"),
        (b"{}", "type: is missing"),
        (b'{"type": "daily", "config": []}', "not a set of keys"),
        (b'{"type": ["daily"], "config": {}, "timezone": [1]}', "IANA"),
        (b'{"type": "daily", "config": {"times": ["09:00"]}, "cuont": 1}', "did you mean 'count'?"),
        (b'{"type": "daily", "config": {"times": ["09:00"]}, "count": 1001}', "1 to 1000"),
        (b'{"type": "daily", "config": {"times": ["09:00"]}, "count": true}', "count"),
        (b'{"type": "daily", "config": {"times": ["09:00"]}, "after": 5}', "after: '5'"),
        (
            b'{"type": "daily", "config": {"times": ["09:00"]}, "after": "0001-01-01", "timezone": "Asia/Tokyo"}',
            "after",
        ),
        (b'{"type": "daily", "config": {"times": ["09:00"]}, "gap": "no"}', "next_valid, shift"),
        (b'{"type": "daily", "config": {"times": ["09:00"]}, "retries": 99}', "0 to 10"),
    ],
)
def test_a_bad_line_has_an_error_and_the_next_one_its_answer(line: bytes, told: str) -> None:
    bad, good = answer_lines([line + b"\n", json.dumps(DAILY).encode()], NOW)
    assert told in bad["error"]
    assert (bad["slots"], bad["description"], bad["warnings"]) == ([], None, [])
    assert (good["error"], len(good["slots"])) == (None, 5)


def test_every_problem_of_a_line_is_told_at_once() -> None:
    error = answer(type="daily", config={"times": ["25:00"]}, after="x", count=0, foo=1)["error"]
    assert all(part in error for part in ("25:00", "after", "count", "foo"))
    assert len(error.splitlines()) == 4


def test_answers_come_line_by_line_and_in_order() -> None:
    read: list[int] = []

    def lines() -> Any:
        for hour in range(3):
            read.append(hour)
            rule = {"type": "daily", "config": {"times": [f"0{hour}:00"]}, "timezone": "UTC"}
            yield json.dumps(rule).encode()

    answers = answer_lines(lines(), NOW)
    assert next(answers)["slots"][0]["local"].endswith("00:00")
    assert read == [0]
    assert [told["slots"][0]["local"][-5:] for told in answers] == ["01:00", "02:00"]


def test_the_command_needs_no_store_and_nothing_beside_it(
    autopilot: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    content = b"\xef\xbb\xbf" + json.dumps(DAILY).encode() + b"\nnope\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    ended = autopilot("schedules", "preview", "--batch")
    assert ended.code == 0
    first, second = (json.loads(line) for line in ended.out.splitlines())
    assert (first["error"], second["slots"]) == (None, [])
    assert not (tmp_path / "data").exists()
    assert autopilot("schedules", "preview", "--batch", "--daily", "08:00").code == 2
