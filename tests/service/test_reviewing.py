"""Reviewing: an issue that waits goes out, expires, is held, approved or dropped; each thing once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from service.asking import count, only_schedule, rows
from service.conftest import MONDAY_NINE, SECOND, WEEK, Clock
from service.feeds import Feeds, Item
from service.review_desk import (
    BEGIN,
    READERS,
    deeds,
    issue,
    made,
    only_issue,
    titles,
    under_review,
)

from autopilot.domain.review import Review
from autopilot.errors import Conflict, NotFound
from autopilot.service import reviewing
from autopilot.service.context import App
from autopilot.service.generate import generate
from autopilot.service.memory import memory_before
from autopilot.service.standing import LEAST_LOOK, release_at
from autopilot.service.tick import next_wake, tick
from autopilot.store import issues, schedules
from autopilot.store.sources import list_sources

HOLD = "{mode: hold, reviewers: [rita@example.org]}"
APPROVE = "{mode: approve, expires_hours: 24, reviewers: [rita@example.org]}"
RITA = "review:rita@example.org"


def test_an_issue_under_hold_is_made_before_its_slot_and_goes_out_at_it(
    app: App, feeds: Feeds, clock: Clock
) -> None:
    under_review(app, feeds, HOLD)
    waiting = made(app, clock)
    assert (waiting.status, waiting.release_at) == ("waiting", MONDAY_NINE)
    assert count(app, "deliveries") == 0
    assert next_wake(app, clock()) == min(MONDAY_NINE, clock() + app.settings.poll_interval)
    clock.now = MONDAY_NINE - SECOND
    assert tick(app).released == 0
    clock.now = MONDAY_NINE
    report = tick(app)
    assert (report.released, report.did_something) == (1, True)
    sent = only_issue(app)
    assert (sent.status, sent.release_at, sent.version) == ("approved", None, 2)
    assert sorted(row.address for row in rows(app, "deliveries")) == sorted([*READERS, "archive"])
    assert deeds(app) == [("autopilot", "issue.released")]
    assert tick(app).released == 0


def test_reviewers_of_a_late_run_get_what_is_left(app: App, feeds: Feeds, clock: Clock) -> None:
    under_review(app, feeds, HOLD)
    clock.now = MONDAY_NINE - timedelta(minutes=70)
    tick(app)
    assert only_issue(app).release_at == MONDAY_NINE


@pytest.mark.parametrize("late", [-timedelta(minutes=1), timedelta(hours=3)])
def test_reviewers_have_half_an_hour_however_late_the_run(
    app: App, feeds: Feeds, clock: Clock, late: timedelta
) -> None:
    under_review(app, feeds, HOLD)
    clock.now = MONDAY_NINE + late
    tick(app)
    assert only_issue(app).release_at == clock.now + LEAST_LOOK
    assert count(app, "deliveries") == 0


def test_a_short_hold_is_not_made_longer_by_a_late_run() -> None:
    review = Review.model_validate({"mode": "hold", "hold_hours": 0.25})
    assert release_at(review, MONDAY_NINE, BEGIN + WEEK) == BEGIN + WEEK + timedelta(minutes=15)


def test_an_issue_that_nobody_approved_expires_and_its_owner_hears_of_it(
    app: App, feeds: Feeds, clock: Clock
) -> None:
    under_review(app, feeds, APPROVE)
    clock.now = MONDAY_NINE + SECOND
    tick(app)
    waiting = only_issue(app)
    assert waiting.release_at == MONDAY_NINE + SECOND + timedelta(hours=24)
    clock.now = waiting.release_at
    with pytest.raises(Conflict, match="time to approve this issue ended"):
        reviewing.approve(app, waiting.id, actor=RITA)
    assert tick(app).released == 1
    assert only_issue(app).status == "expired"
    assert count(app, "deliveries") == 0
    (notice,) = rows(app, "notices")
    assert (notice.kind, notice.schedule_id) == ("expired", only_schedule(app).id)
    assert "nobody approved it in time" in notice.message
    with pytest.raises(Conflict, match="expired"):
        reviewing.approve(app, waiting.id, actor=RITA)


def test_an_approved_issue_goes_to_everybody_once(app: App, feeds: Feeds, clock: Clock) -> None:
    under_review(app, feeds, APPROVE)
    clock.now = MONDAY_NINE + SECOND
    tick(app)
    moved = reviewing.approve(app, only_issue(app).id, actor=RITA)
    assert (moved.issue.status, moved.deliveries) == ("approved", 4)
    assert {row.due_at for row in rows(app, "deliveries")} == {clock.now}
    with pytest.raises(Conflict):
        reviewing.approve(app, moved.issue.id, actor=RITA)
    assert count(app, "deliveries") == 4
    assert deeds(app) == [(RITA, "issue.approved")]


def test_what_is_approved_before_its_slot_leaves_at_its_slot(
    app: App, feeds: Feeds, clock: Clock
) -> None:
    under_review(app, feeds, HOLD)
    reviewing.approve(app, made(app, clock).id, actor=RITA)
    assert {row.due_at for row in rows(app, "deliveries")} == {MONDAY_NINE}


def test_a_held_issue_stays_until_a_person_approves_it(
    app: App, feeds: Feeds, clock: Clock
) -> None:
    under_review(app, feeds, HOLD)
    held = reviewing.hold(app, made(app, clock).id, actor=RITA)
    assert (held.issue.status, held.issue.release_at) == ("held", None)
    clock.now = MONDAY_NINE + timedelta(hours=30)
    assert tick(app).released == 0
    assert only_issue(app).status == "held"
    assert reviewing.approve(app, held.issue.id, actor=RITA).deliveries == 4


def test_an_approval_can_be_taken_back_until_something_left(
    app: App, feeds: Feeds, clock: Clock
) -> None:
    under_review(app, feeds, HOLD)
    approved = reviewing.approve(app, made(app, clock).id, actor=RITA).issue
    assert reviewing.hold(app, approved.id, actor=RITA).issue.status == "held"
    assert count(app, "deliveries") == 0
    again = reviewing.approve(app, approved.id, actor=RITA)
    assert again.deliveries == 4
    from sqlalchemy import update

    from autopilot.store.tables import deliveries

    with app.database.begin() as connection:
        first = deliveries.c.address == READERS[0]
        connection.execute(
            update(deliveries)
            .where(first)
            .values(status="sent", ended_at=clock.now, response="250 ok")
        )
    with pytest.raises(Conflict, match="on its way"):
        reviewing.withdraw(app, approved.id, actor=RITA)
    assert (only_issue(app).status, count(app, "deliveries")) == ("approved", 4)


def test_a_dropped_issue_is_gone_for_good_and_its_stories_are_untold(
    app: App, feeds: Feeds, clock: Clock
) -> None:
    under_review(app, feeds, HOLD)
    dropped = reviewing.withdraw(app, made(app, clock).id, actor=RITA).issue
    assert dropped.status == "withdrawn"
    clock.now = MONDAY_NINE
    assert tick(app).released == 0
    for verb in (reviewing.approve, reviewing.hold, reviewing.withdraw):
        with pytest.raises(Conflict, match="withdrawn"):
            verb(app, dropped.id, actor=RITA)
    assert remembered(app, dropped) == set()


@pytest.mark.parametrize("status", ["held", "expired", "withdrawn", "waiting"])
def test_only_what_readers_had_is_remembered(
    app: App, feeds: Feeds, clock: Clock, status: str
) -> None:
    under_review(app, feeds, HOLD)
    seen = made(app, clock)
    with app.database.begin() as connection:
        issues.move_issue(connection, seen, replace(seen, status="approved"))
    assert remembered(app, seen) == set(titles(app, seen))
    with app.database.begin() as connection:
        now = issues.get_issue(connection, seen.id)
        assert now is not None
        issues.move_issue(connection, now, replace(now, status=status))
    assert remembered(app, seen) == set()


def remembered(app: App, seen: Any) -> set[str]:
    with app.database.read() as connection:
        sources = list_sources(connection, seen.specification_id)
        after = MONDAY_NINE + WEEK
        memory = memory_before(connection, seen.specification_id, after, "Europe/Berlin", sources)
    return {story.title for story in memory.stories}


def test_of_two_people_at_once_the_second_is_told(
    app: App, feeds: Feeds, clock: Clock, new_app: Callable[..., App]
) -> None:
    under_review(app, feeds, HOLD)
    seen = made(app, clock)
    apps, start, ended = [app, new_app()], threading.Barrier(2), list[str]()

    def act(own: App, verb: Callable[..., Any]) -> None:
        start.wait()
        try:
            verb(own, seen.id, actor=RITA, version=seen.version)
            ended.append(verb.__name__)
        except Conflict:
            ended.append("told")

    verbs = (reviewing.approve, reviewing.withdraw)
    people = [threading.Thread(target=act, args=pair) for pair in zip(apps, verbs, strict=True)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert "told" in ended
    assert len(set(ended)) == 2
    status = issue(app, seen.id).status
    assert count(app, "deliveries") == (4 if status == "approved" else 0)


def test_many_ticks_release_an_issue_once(
    app: App, feeds: Feeds, clock: Clock, new_app: Callable[..., App]
) -> None:
    under_review(app, feeds, HOLD)
    made(app, clock)
    clock.now = MONDAY_NINE
    apps = [app, *(new_app() for _ in range(3))]
    start, released = threading.Barrier(len(apps)), list[int]()

    def release(own: App) -> None:
        start.wait()
        released.append(reviewing.release_due(own, clock()))

    ticking = [threading.Thread(target=release, args=(own,)) for own in apps]
    for one in ticking:
        one.start()
    for one in ticking:
        one.join()
    assert sum(released) == 1
    assert count(app, "deliveries") == 4
    assert deeds(app) == [("autopilot", "issue.released")]


def test_a_draft_that_a_person_asked_for_can_be_approved_and_is_sent(
    app: App, feeds: Feeds, clock: Clock
) -> None:
    under_review(app, feeds, HOLD)
    schedule = only_schedule(app)
    generate(app, schedule.specification_id, schedule.workspace_id, "ann@example.org")
    draft = only_issue(app)
    assert (draft.status, draft.review) == ("draft", None)
    assert reviewing.approve(app, draft.id, actor="cli:ann").deliveries == 4


def test_a_schedule_that_is_gone_asks_for_no_review(
    app: App, feeds: Feeds, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    under_review(app, feeds, HOLD)
    clock.now = BEGIN
    monkeypatch.setattr(schedules, "get_schedule", lambda *_: None)
    tick(app)
    assert only_issue(app).status == "approved"


def test_what_appears_while_an_issue_is_reviewed_is_in_the_next_one(
    app: App, feeds: Feeds, clock: Clock
) -> None:
    """Made four hours before its slot, an issue cannot have it; the next one's week begins at the slot."""
    under_review(app, feeds, HOLD)
    first = made(app, clock)
    late = Item(
        title="Transmission line in the north is switched on",
        text="The transmission line carries power since Monday.",
        published=MONDAY_NINE - timedelta(hours=2),
    )
    clock.now = MONDAY_NINE
    tick(app)
    feeds.serve("feed.xml", late)
    clock.now = BEGIN + WEEK
    tick(app)
    (second,) = [row.id for row in rows(app, "issues") if row.id != first.id]
    assert titles(app, issue(app, second))[0] == late.title
    assert not set(titles(app, first)) & set(titles(app, issue(app, second)))


def test_without_reviewers_the_owners_are_asked(app: App, feeds: Feeds, clock: Clock) -> None:
    under_review(app, feeds, "hold")
    review = reviewing.review_of(made(app, clock))
    assert review is not None
    assert review.reviewers == ("olga@example.org",)
    assert [row.address for row in rows(app, "review_letters")] == ["olga@example.org"]


def test_what_the_gate_holds_cannot_be_approved(app: App, feeds: Feeds, clock: Clock) -> None:
    under_review(app, feeds, HOLD)
    seen = made(app, clock)
    finding = {"rule": "E8", "severity": "error", "message": "too large", "where": "", "advice": ""}
    faulty = replace(seen, status="held", report={"passes": False, "findings": [finding]})
    with app.database.begin() as connection:
        issues.move_issue(connection, seen, faulty)
    with pytest.raises(Conflict, match="E8: too large"):
        reviewing.approve(app, seen.id, actor=RITA)
    assert count(app, "deliveries") == 0


def test_an_unknown_issue_is_not_found(app: App) -> None:
    from uuid import uuid4

    with pytest.raises(NotFound, match="There is no issue"):
        reviewing.hold(app, uuid4(), actor=RITA)


def test_a_hold_that_ended_days_ago_expires_instead_of_sending_old_news(
    app: App, feeds: Feeds, clock: Clock
) -> None:
    under_review(app, feeds, HOLD)
    made(app, clock)
    clock.now = MONDAY_NINE + timedelta(hours=48)
    assert reviewing.release_due(app, clock()) == 1
    assert only_issue(app).status == "expired"
    (notice,) = rows(app, "notices")
    assert "nothing worked in time" in notice.message
