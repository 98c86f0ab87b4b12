"""What is known of a source after a look, and when it is looked at again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from autopilot.domain.content import Feed, Fetched, SourceReport, SourceStatus
from autopilot.domain.editorial import SourceKind
from autopilot.domain.specification import Source
from autopilot.pipeline.collect.pace import (
    LONGEST,
    SHORTEST,
    UNKNOWN,
    interval_after_entries,
    interval_after_failure,
    interval_after_nothing_new,
    next_look,
)
from autopilot.pipeline.collect.reading import Reading
from autopilot.service.source_health import State, health_of
from autopilot.service.source_state import GONE, UNKNOWN_HOST, WAITING, Look, after_look
from autopilot.store.sources import SourceRow, SourceState

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
URL = "https://example.org/feed"
READING = Reading(kind=SourceKind.FEED, feed=Feed(title="T", entries=()))


def row(**known: object) -> SourceRow:
    return SourceRow(
        id=UUID(int=0),
        specification_id=UUID(int=1),
        source=Source(url=URL),
        status="active",
        state=SourceState(**known),  # type: ignore[arg-type]
    )


def look(told: SourceStatus, **answer: object) -> Look:
    fetched = Fetched(url=URL, **answer)  # type: ignore[arg-type]
    report = SourceReport(url=URL, name="T", status=told, error=fetched.error)
    return Look(fetched=fetched, reading=READING if fetched.body else None, report=report)


@pytest.mark.parametrize(
    ("seen", "etag"),
    [
        (look(SourceStatus.OK, body=b"x", etag='"new"'), '"new"'),
        (look(SourceStatus.OK, body=b"x"), None),
        (look(SourceStatus.UNCHANGED, unchanged=True), '"old"'),
        (look(SourceStatus.FAILED, error="it did not answer"), '"old"'),
    ],
    ids=["new", "without a validator", "unchanged", "failed"],
)
def test_validators_change_only_with_a_new_body(seen: Look, etag: str | None) -> None:
    assert after_look(row(etag='"old"'), seen, NOW).etag == etag


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ({"status": 404, "error": "answered 404"}, GONE),
        ({"status": 410, "error": "answered 410"}, GONE),
        ({"status": 500, "error": "answered 500"}, "failed"),
        ({"unknown_host": True, "error": "no address"}, UNKNOWN_HOST),
        ({"status": 429, "wait_seconds": 60, "error": "answered 429"}, WAITING),
    ],
)
def test_a_failure_has_its_word(answer: dict[str, object], word: str) -> None:
    state = after_look(row(), look(SourceStatus.FAILED, **answer), NOW)
    assert (state.last_status, state.consecutive_failures) == (word, 1)


@pytest.mark.parametrize(
    ("known", "state"),
    [
        ({}, State.NEW),
        ({"last_fetched_at": NOW}, State.OK),
        ({"last_fetched_at": NOW, "newest_article_at": NOW - 11 * 24 * HOUR}, State.OK),
        ({"last_fetched_at": NOW, "newest_article_at": NOW - 13 * 24 * HOUR}, State.SILENT),
        ({"last_fetched_at": NOW, "last_error": "no entries"}, State.EMPTY),
        ({"last_fetched_at": NOW, "moved_to": "https://example.com/"}, State.MOVED),
        (
            {"last_fetched_at": NOW, "moved_to": "https://example.com/", "found_kind": "page_feed"},
            State.OK,
        ),
        ({"last_fetched_at": NOW, "consecutive_failures": 2, "last_good_at": NOW}, State.UNSTEADY),
        ({"last_fetched_at": NOW, "consecutive_failures": 3, "last_good_at": NOW}, State.FAILING),
        (
            {"last_fetched_at": NOW, "consecutive_failures": 1, "last_status": GONE},
            State.DEAD,
        ),
        (
            {
                "last_fetched_at": NOW,
                "consecutive_failures": 1,
                "last_status": GONE,
                "last_good_at": NOW,
            },
            State.UNSTEADY,
        ),
    ],
)
def test_health_is_read_off_what_is_known(known: dict[str, object], state: State) -> None:
    health = health_of(row(**known), NOW)
    assert health.state is state
    assert health.sentence


def test_a_busy_half_counts_for_the_whole() -> None:
    burst = [NOW - timedelta(minutes=6) * number for number in range(10)]
    quiet = [NOW - 24 * HOUR - 24 * HOUR * number for number in range(10)]
    assert interval_after_entries(burst + quiet, 20) < 2 * HOUR
    assert interval_after_entries(quiet, 10) == LONGEST


def test_intervals_stay_between_half_an_hour_and_a_day() -> None:
    assert interval_after_entries([NOW, NOW], 2) == SHORTEST
    assert interval_after_entries([NOW], 1) == UNKNOWN
    assert interval_after_nothing_new(LONGEST) == LONGEST
    assert [interval_after_failure(n) / HOUR for n in (1, 2, 3, 99)] == [0.5, 1, 2, 24]


def test_hours_to_skip_are_skipped_and_all_of_them_are_none() -> None:
    moment = next_look(NOW, HOUR, skip_hours=(13, 14))
    assert moment == NOW.replace(hour=15)
    assert next_look(NOW, HOUR, skip_hours=tuple(range(24))) <= NOW + 2 * LONGEST


@pytest.mark.parametrize(("asked", "hours"), [(60, 1), (7_200, 2), (10**9, 24)])
def test_nobody_is_asked_before_they_said_but_for_more_than_a_day(asked: int, hours: int) -> None:
    assert next_look(NOW, HOUR, asked_seconds=asked) == NOW + hours * HOUR
