"""Limits: too much, too deep or no JSON is refused within a second, and nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from api.conftest import V1, Desk

MB = 1024 * 1024
JSON = {"Content-Type": "application/json"}
SOON = timedelta(seconds=20)  # a second where nothing else runs


def post(desk: Desk, content: bytes | Iterator[bytes], **headers: str) -> tuple[int, str]:
    answer = desk.client.post(f"{V1}/schedules", content=content, headers=JSON | headers)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.elapsed < SOON
    return answer.status_code, answer.json()["detail"]


@pytest.fixture(autouse=True)
def _nothing_changed(desk: Desk) -> Iterator[None]:
    yield
    assert len(desk.get("/schedules").json()["items"]) == 1


def test_a_body_that_says_it_is_too_long_is_refused(desk: Desk) -> None:
    status, detail = post(desk, b"x" * (11 * MB))
    assert status == 413
    assert "10 MB" in detail


def test_a_body_that_turns_out_too_long_is_refused(desk: Desk) -> None:
    assert post(desk, (b"x" * MB for _ in range(12)))[0] == 413


def test_ten_megabytes_are_read_where_they_are_a_text(desk: Desk) -> None:
    status, _ = post(desk, b'{"name": "' + b"x" * (9 * MB) + b'"}')
    assert status == 422


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 51 + b"]" * 51,
        b'{"a": ' * 60 + b"1" + b"}" * 60,
        b"[" * (5 * MB),
        b'["]]]]", ' * 60,
    ],
    ids=["lists", "objects", "open lists", "texts with brackets"],
)
def test_deep_json_is_refused(desk: Desk, body: bytes) -> None:
    assert post(desk, body)[0] == 422


def test_depth_is_counted_outside_of_texts(desk: Desk) -> None:
    refused = post(desk, b'{"name": "' + b"[" * 60 + b'"}')
    assert "nested" not in refused[1]


def test_millions_of_lists_are_refused_before_they_are_read(desk: Desk) -> None:
    assert "lists and objects" in post(desk, b"[" + b"[]," * (3 * MB) + b"[]]")[1]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b"[NaN]",
        b'{"name": Infinity}',
        b"1" * 5000,
        b'{"name": "\\u0000"}',
        b'{"name": "\\ud800"}',
        b'{"\\ud800": 1}',
        b'"' + b'\\"' * (4 * MB),
    ],
    ids=["open", "no UTF-8", "NaN", "Infinity", "number", "NUL", "half a pair", "key", "quotes"],
)
def test_what_is_no_json_or_no_text_is_refused(desk: Desk, body: bytes) -> None:
    assert post(desk, body)[0] == 422


def test_nobody_is_told_about_bodies_without_a_token(desk: Desk) -> None:
    for token in ("", "Bearer", "Bearer ap_forged", "Basic YTpi"):
        assert post(desk, b"[" * 100, Authorization=token)[0] == 401


def test_a_body_of_another_kind_is_refused(desk: Desk) -> None:
    answer = desk.client.post(
        f"{V1}/schedules", content=b"name=x", headers={"Content-Type": "text/plain"}
    )
    assert answer.status_code == 422
