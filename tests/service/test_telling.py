"""Owners hear of each outage once and at once, of repeats in a digest, and of the week on Monday."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pytest_httpserver import HTTPServer
from service.conftest import Clock, apply, document
from sqlalchemy import insert, update
from store.rows import put

from autopilot.domain.letter import Answer, Letter, Verdict
from autopilot.domain.notice import Notice, NoticeKind
from autopilot.service.context import App
from autopilot.service.errands import has_errands, run_errands
from autopilot.service.sending_guard import allow_sending, stop_sending
from autopilot.service.status import read_status
from autopilot.service.telling import tell_owners
from autopilot.store import notices, schedules, workspaces
from autopilot.store.tables import metadata

NewApp = Callable[..., App]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ACCEPTED = Answer(Verdict.ACCEPTED, "250 ok")


@dataclass
class Box:
    """A relay that takes letters, or says what the test wants for an address."""

    says: dict[str, Answer] = field(default_factory=dict)
    taken: list[Letter] = field(default_factory=list)

    def send(self, letter: Letter) -> Answer:
        answer = self.says.get(letter.to, ACCEPTED)
        if answer.verdict in (Verdict.ACCEPTED, Verdict.LOST):
            self.taken.append(letter)
        return answer

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(letter.to, letter.subject) for letter in self.taken]


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def owned(app: App, box: Box) -> App:
    text = document("https://example.org/feed").replace(
        "timezone: Europe/Berlin",
        "timezone: Europe/Berlin\nowners: [ann@example.org, bob@example.org]",
    )
    apply(app, text)
    return replace(app, post=box)


@pytest.fixture
def ownerless(app: App, box: Box) -> App:
    apply(app, document("https://example.org/feed"))
    return replace(app, post=box)


def happen(
    app: App, kind: NoticeKind = NoticeKind.FAILED, message: str = "It broke.", at: Any = None
) -> None:
    with app.database.begin() as connection:
        (schedule,) = schedules.list_schedules(connection)
        notice = Notice(
            workspace_id=schedule.workspace_id,
            specification_id=schedule.specification_id,
            schedule_id=schedule.id,
            run_id=None,
            kind=kind,
            message=message,
            at=at or app.clock(),
        )
        notices.add_notice(connection, notice)


def test_every_owner_has_one_letter_and_the_log_a_warning(
    owned: App, box: Box, clock: Clock, events: list[Any]
) -> None:
    happen(owned)
    assert has_errands(owned, clock.now)
    assert tell_owners(owned, clock.now) == 1
    subject = "Acme Research: an issue failed (energy)"
    assert box.told == [("ann@example.org", subject), ("bob@example.org", subject)]
    assert "2026-11-22 13:00 Europe/Berlin energy\nIt broke.\n" in box.taken[0].text
    assert "autopilot status" in box.taken[0].text
    assert box.taken[0].headers == {"Auto-Submitted": "auto-generated"}
    assert [(e["event"], e["log_level"]) for e in events] == [("It broke.", "warning")]
    assert not read_status(owned).notices  # told: it needs no place in status
    clock.pass_(DAY)
    assert tell_owners(owned, clock.now) == 0
    assert len(box.taken) == 2


def test_without_owners_who_made_the_schedule_hears(ownerless: App, box: Box, clock: Clock) -> None:
    happen(ownerless)
    tell_owners(ownerless, clock.now)
    assert [letter.to for letter in box.taken] == ["ann@example.org"]


def test_without_relay_and_webhook_it_shows_in_log_and_status(
    app: App, clock: Clock, events: list[Any]
) -> None:
    apply(app, document("https://example.org/feed"))
    happen(app)
    tell_owners(app, clock.now)
    tell_owners(app, clock.now)
    assert [event["event"] for event in events] == ["It broke."]
    assert [notice.message for notice in read_status(app).notices] == ["It broke."]
    assert not has_news(app, clock.now)


def test_what_happens_at_once_is_one_letter(owned: App, box: Box, clock: Clock) -> None:
    for number in range(5):
        happen(owned, message=f"It broke {number}.")
    happen(owned, NoticeKind.PAUSED, "It was paused.")
    tell_owners(owned, clock.now)
    assert [letter.to for letter in box.taken] == ["ann@example.org", "bob@example.org"]
    subject = "Acme Research: 6 notices: an issue failed, a schedule was paused"
    assert box.taken[0].subject == subject
    assert box.taken[0].text.count("It broke") == 5


def test_letters_keep_a_distance(owned: App, box: Box, clock: Clock) -> None:
    happen(owned)
    tell_owners(owned, clock.now)
    clock.pass_(timedelta(minutes=5))
    happen(owned, NoticeKind.RECOVERED, "It works again.")
    tell_owners(owned, clock.now)
    assert len(box.taken) == 2
    clock.pass_(timedelta(minutes=10))
    tell_owners(owned, clock.now)
    assert len(box.taken) == 4


def test_what_repeats_within_a_day_waits_for_its_digest(owned: App, box: Box, clock: Clock) -> None:
    happen(owned, NoticeKind.SOURCE, "Source 1 is dead.")
    tell_owners(owned, clock.now)
    for number in range(2, 6):
        clock.pass_(2 * HOUR)
        happen(owned, NoticeKind.SOURCE, f"Source {number} is dead.")
        tell_owners(owned, clock.now)
    assert len(box.taken) == 2
    clock.pass_(16 * HOUR)
    tell_owners(owned, clock.now)
    assert len(box.taken) == 4
    assert box.taken[-1].text.count("is dead") == 4


def test_a_schedule_that_fails_and_recovers_all_day_is_told_three_times_of_each(
    owned: App, box: Box, clock: Clock
) -> None:
    for _ in range(10):
        happen(owned, NoticeKind.FAILED)
        tell_owners(owned, clock.now)
        clock.pass_(HOUR)
        happen(owned, NoticeKind.RECOVERED, "It works again.")
        tell_owners(owned, clock.now)
        clock.pass_(HOUR)
    to_ann = [letter for letter in box.taken if letter.to == "ann@example.org"]
    assert len(to_ann) == 6
    clock.pass_(DAY)
    tell_owners(owned, clock.now)
    assert len([letter for letter in box.taken if letter.to == "ann@example.org"]) == 7


def test_who_was_greylisted_hears_later_and_nobody_twice(
    owned: App, box: Box, clock: Clock
) -> None:
    box.says["bob@example.org"] = Answer(Verdict.LATER, "451 greylisted")
    happen(owned)
    assert tell_owners(owned, clock.now) == 0
    assert [letter.to for letter in box.taken] == ["ann@example.org"]
    box.says.clear()
    clock.pass_(timedelta(minutes=15))
    assert tell_owners(owned, clock.now) == 1
    assert [letter.to for letter in box.taken] == ["ann@example.org", "bob@example.org"]


@pytest.mark.parametrize("verdict", [Verdict.REFUSED, Verdict.LOST])
def test_a_refusal_or_a_lost_answer_is_not_tried_again(
    owned: App, box: Box, clock: Clock, events: list[Any], verdict: Verdict
) -> None:
    box.says["bob@example.org"] = Answer(verdict, "550 no such user")
    happen(owned)
    assert tell_owners(owned, clock.now) == 1
    assert any(event.get("answer") == "550 no such user" for event in events)


def test_a_relay_that_stays_away_is_given_up_and_the_notice_shown(
    owned: App, box: Box, clock: Clock
) -> None:
    for owner in ("ann@example.org", "bob@example.org"):
        box.says[owner] = Answer(Verdict.LATER, "no connection")
    happen(owned)
    for _ in range(60):
        tell_owners(owned, clock.now)
        clock.pass_(HOUR)
    assert not box.taken
    assert not has_news(owned, clock.now)
    assert read_status(owned).notices


def has_news(app: App, now: datetime) -> bool:
    from autopilot.store import telling

    with app.database.read() as connection:
        return bool(telling.workspaces_with_news(connection, now))


def test_a_letter_sent_again_after_a_crash_is_the_same_letter(
    owned: App, box: Box, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autopilot.service import telling as verbs

    happen(owned)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(verbs, "_heard", lambda app, one, who: one if who == "log" else die())
        with pytest.raises(KeyboardInterrupt):
            tell_owners(owned, clock.now)
    assert [letter.to for letter in box.taken] == ["ann@example.org"]
    clock.pass_(HOUR)
    tell_owners(owned, clock.now)
    first, again, _ = box.taken
    assert first == again


def test_two_workers_never_write_to_the_same_owner(
    owned: App, new_app: NewApp, box: Box, clock: Clock
) -> None:
    others = [replace(new_app(), post=box) for _ in range(3)]
    happen(owned)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda app: tell_owners(app, clock.now), [owned, *others]))
    assert sorted(letter.to for letter in box.taken) == ["ann@example.org", "bob@example.org"]


def test_a_store_that_may_not_send_tells_nobody_outside(
    owned: App, box: Box, clock: Clock, events: list[Any]
) -> None:
    stop_sending(owned, reason="a drill", actor="cli:ann")
    happen(owned)
    tell_owners(owned, clock.now)
    assert not box.taken
    assert [event["event"] for event in events] == ["It broke."]
    allow_sending(owned, actor="cli:ann")
    clock.pass_(HOUR)
    tell_owners(owned, clock.now)
    assert len(box.taken) == 2


def test_a_subject_cannot_carry_a_header(owned: App, box: Box, clock: Clock) -> None:
    with owned.database.begin() as connection:
        (row,) = workspaces.list_workspaces(connection)
        workspaces.save_workspace(connection, replace(row, name="A\r\nBcc: eve@example.org"))
    happen(owned)
    tell_owners(owned, clock.now)
    assert box.taken[0].subject == "A Bcc: eve@example.org: an issue failed (energy)"


def test_the_webhook_gets_each_notice_signed(
    ownerless: App, new_app: NewApp, httpserver: HTTPServer, clock: Clock
) -> None:
    httpserver.expect_request("/notices", method="POST").respond_with_data("ok")
    secret = "whsec_" + base64.b64encode(b"n" * 24).decode()
    app = new_app(
        AUTOPILOT_ALLOW_HOSTS=f"{httpserver.host}:{httpserver.port}",
        AUTOPILOT_NOTICE_WEBHOOK=httpserver.url_for("/notices"),
        AUTOPILOT_NOTICE_WEBHOOK_SECRET=secret,
    )
    happen(app)
    happen(app, NoticeKind.PAUSED, "It was paused.")
    assert tell_owners(app, clock.now) == 2
    assert tell_owners(app, clock.now) == 0
    requests = [entry[0] for entry in httpserver.log]
    told = [json.loads(request.get_data()) for request in requests]
    assert {one["type"] for one in told} == {"notice.failed", "notice.paused"}
    assert told[0]["data"]["workspace"] == "acme"
    assert told[0]["data"]["specification"] == "energy"
    headers = requests[0].headers
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode()
    mac = hmac.digest(b"n" * 24, signed + requests[0].get_data(), "sha256")
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(mac).decode()}"
    assert not read_status(app).notices


def test_a_webhook_that_is_down_hears_later_in_order_of_time(
    ownerless: App, new_app: NewApp, httpserver: HTTPServer, clock: Clock
) -> None:
    httpserver.expect_ordered_request("/notices").respond_with_data("", status=503)
    for _ in range(2):
        httpserver.expect_ordered_request("/notices").respond_with_data("ok")
    app = new_app(
        AUTOPILOT_ALLOW_HOSTS=f"{httpserver.host}:{httpserver.port}",
        AUTOPILOT_NOTICE_WEBHOOK=httpserver.url_for("/notices"),
    )
    happen(app)
    happen(app, NoticeKind.PAUSED, at=clock.now + timedelta(seconds=1))
    clock.pass_(timedelta(seconds=2))
    assert tell_owners(app, clock.now) == 0
    assert len(httpserver.log) == 1
    clock.pass_(HOUR)
    assert tell_owners(app, clock.now) == 2
    ids = [entry[0].headers["webhook-id"] for entry in httpserver.log]
    assert ids[0] == ids[1] != ids[2]


MONDAY_EIGHT = datetime(2026, 11, 30, 7, tzinfo=UTC)  # in Berlin


def test_each_owner_has_one_report_on_monday_morning(owned: App, box: Box, clock: Clock) -> None:
    run_errands(owned, clock.now, limit=0)  # the week the workspace was made in
    clock.now = MONDAY_EIGHT - timedelta(minutes=1)
    run_errands(owned, clock.now, limit=0)
    assert not box.taken
    clock.now = MONDAY_EIGHT
    assert has_errands(owned, clock.now)
    for _ in range(3):
        run_errands(owned, clock.now, limit=0)
        clock.pass_(HOUR)
    assert [letter.to for letter in box.taken] == ["ann@example.org", "bob@example.org"]
    letter = box.taken[0]
    assert letter.subject == "Acme Research: 0 issues, 0 failed, week of 2026-11-23"
    assert "Acme Research, 2026-11-23 to 2026-11-29 (Europe/Berlin)" in letter.text
    for label in ("energy", "Issues", "Deliveries", "Sources", "Money"):
        assert label in letter.text
    clock.now = MONDAY_EIGHT + 7 * DAY
    run_errands(owned, clock.now, limit=0)
    assert len(box.taken) == 4
    assert box.taken[0].identity != box.taken[2].identity


def test_a_report_that_was_put_off_comes_later_to_whom_it_missed(
    owned: App, box: Box, clock: Clock
) -> None:
    run_errands(owned, clock.now, limit=0)
    clock.now = MONDAY_EIGHT
    box.says["ann@example.org"] = Answer(Verdict.LATER, "451 later")
    run_errands(owned, clock.now, limit=0)
    assert [letter.to for letter in box.taken] == ["bob@example.org"]
    box.says.clear()
    clock.pass_(HOUR)
    run_errands(owned, clock.now, limit=0)
    run_errands(owned, clock.now, limit=0)
    assert [letter.to for letter in box.taken] == ["bob@example.org", "ann@example.org"]


def fill_week(app: App) -> None:
    """Three issues and a failed run of the week, their deliveries, money, and a dead source."""
    at = MONDAY_EIGHT - 3 * DAY
    with app.database.begin() as connection:
        (schedule,) = schedules.list_schedules(connection)
        own = {
            "workspace_id": schedule.workspace_id,
            "specification_id": schedule.specification_id,
            "created_at": at,
        }
        for number, status in enumerate(["sent", "sent", "held", None], 1):
            run = own | {"id": uuid4(), "autopilot_schedule_id": None, "finished_at": at}
            ended = {"status": "succeeded"} if status else {"status": "failed", "reason": "why"}
            put(connection, "newsletter_runs", **run | ended)
            if status is None:
                continue
            issue = own | {"id": UUID(int=number), "run_id": run["id"], "status": status}
            put(connection, "issues", **issue | {"scheduled_for": at + number * HOUR})
            story = {"category": "grid", "region": None}
            put(connection, "issue_stories", issue_id=issue["id"], document=story)
        for place, status in enumerate(["sent", "sent", "sent", "failed"]):
            delivery = own | {"id": uuid4(), "issue_id": UUID(int=1), "channel": "email"}
            to = {"address": "r", "target": str(place), "due_at": at, "ended_at": at}
            sent = {"status": status, "reason": "550"}
            connection.execute(insert(metadata.tables["deliveries"]).values(delivery | to | sent))
        call = {"id": uuid4(), "model": "m", "calls": 1, "input_tokens": 1, "output_tokens": 1}
        spent = {"micro_usd": 420_000, "at": at, "workspace_id": schedule.workspace_id}
        connection.execute(insert(metadata.tables["usage"]).values(call | spent))
        sources = metadata.tables["sources"]
        connection.execute(
            update(sources).values(
                consecutive_failures=9, last_fetched_at=at, last_error="410", last_status="failed"
            )
        )


def test_the_week_is_told_with_what_was_made_sent_and_spent(
    owned: App, box: Box, clock: Clock
) -> None:
    run_errands(owned, clock.now, limit=0)
    clock.now = MONDAY_EIGHT
    fill_week(owned)
    run_errands(owned, clock.now, limit=0)
    letter = box.taken[0]
    assert letter.subject == "Acme Research: 3 issues, 1 failed, week of 2026-11-23"
    assert "  Issues      1 held, 2 sent\n" in letter.text
    assert "  Runs        1 failed\n" in letter.text
    assert "  Deliveries  1 failed, 3 sent\n" in letter.text
    assert "  Sources     0 of 1 are well\n              Source 1: " in letter.text
    assert "0.42 US dollars for model calls in the week, 0.42 this month" in letter.text
