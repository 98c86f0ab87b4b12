"""Signed tokens: each does one thing, for a time, and cannot be made up or changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopilot.domain.signing import Purpose, read_token, signed

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
KEY = b"k" * 32


@given(st.binary(max_size=100))
def test_what_was_signed_is_read_back(content: bytes) -> None:
    token = signed(KEY, Purpose.REVIEW, content)
    assert read_token(KEY, Purpose.REVIEW, token, now=NOW) == content
    assert token.replace("-", "").replace("_", "").isalnum()


def test_a_token_for_one_purpose_or_key_does_nothing_for_another() -> None:
    token = signed(KEY, Purpose.UNSUBSCRIBE, b"delivery")
    assert read_token(KEY, Purpose.REVIEW, token, now=NOW) is None
    assert read_token(b"x" * 32, Purpose.UNSUBSCRIBE, token, now=NOW) is None


@given(st.data())
def test_a_changed_token_is_refused(data: st.DataObject) -> None:
    token = signed(KEY, Purpose.CONFIRM, b"somebody@example.org")
    place = data.draw(st.integers(0, len(token) - 2))  # the last letter has bits that mean nothing
    letter = data.draw(st.sampled_from("ABCDEFabcdef0123456789-_").filter(token[place].__ne__))
    changed = token[:place] + letter + token[place + 1 :]
    assert read_token(KEY, Purpose.CONFIRM, changed, now=NOW) is None


def test_a_token_ends_at_its_time() -> None:
    token = signed(KEY, Purpose.REVIEW, b"issue", until=NOW)
    assert read_token(KEY, Purpose.REVIEW, token, now=NOW - timedelta(seconds=1)) == b"issue"
    assert read_token(KEY, Purpose.REVIEW, token, now=NOW) is None


@pytest.mark.parametrize(
    "token", ["", "a", "ä", "=" * 40, "A" * 27, "A" * 10_000, "AAAA\x00", "%00"]
)
def test_what_is_no_token_is_refused(token: str) -> None:
    assert read_token(KEY, Purpose.REVIEW, token, now=NOW) is None
