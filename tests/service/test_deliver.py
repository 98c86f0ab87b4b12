"""Deliver: each reader once, over a real relay that fails in every way relays fail."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from uuid import uuid4

import pytest
from service.conftest import MONDAY_NINE, SECOND, SUNDAY, Clock, apply, document, news
from service.feeds import Feeds
from service.sinks import DropsAfterData, Relay, Sink
from sqlalchemy import select, update

from autopilot.domain.delivery import Delivery
from autopilot.domain.subscriber import SuppressionReason
from autopilot.pipeline.check.message import inspect_message
from autopilot.service import mailing
from autopilot.service.context import App
from autopilot.service.deliver import deliver, rescue_deliveries
from autopilot.service.tick import tick
from autopilot.store import deliveries, leaving, postbag, tables
from autopilot.wiring import mail_post

MINUTE = timedelta(minutes=1)
MAIL = {
    "AUTOPILOT_MAIL_FROM": "Energy News <news@example.org>",
    "AUTOPILOT_PUBLIC_URL": "https://news.example.org",
    "AUTOPILOT_SECRET_KEY": "a key of the tests, long enough to be one",
    "AUTOPILOT_MAIL_CONNECTIONS": "2",
}
READERS = [f"reader{number}@example.org" for number in range(12)]


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def relay(sink: Sink) -> Iterator[Relay]:
    started = Relay(sink)
    yield started
    started.stop()


@pytest.fixture
def mailed(new_app: Callable[..., App], relay: Relay, feeds: Feeds, clock: Clock) -> App:
    """An App whose newsletter has an issue ready for twelve readers, Monday at nine."""
    return ready(new_app, relay.url(), feeds, clock)


def ready(
    new_app: Callable[..., App],
    url: str,
    feeds: Feeds,
    clock: Clock,
    *,
    channel: str = "",
    **environ: str,
) -> App:
    app = with_post(new_app(**{"AUTOPILOT_SMTP_URL": url} | MAIL | environ))
    channel = channel or f"{{type: email, recipients: [{', '.join(READERS)}]}}"
    text = document(feeds.serve("feed.xml", *news(SUNDAY - timedelta(days=2))))
    apply(app, text.replace("    schedules:", f"    channels: [{channel}]\n    schedules:"))
    clock.now = MONDAY_NINE
    assert [run.status for run in tick(app).runs] == ["succeeded"]
    return app


def with_post(app: App) -> App:
    return replace(app, post=mail_post(app.settings))


def rows(app: App) -> list[Delivery]:
    with app.database.read() as connection:
        return list(deliveries.list_deliveries(connection))


def counts(app: App) -> Counter[str]:
    return Counter(row.status.value for row in rows(app))


def issue_status(app: App) -> str:
    with app.database.read() as connection:
        return str(connection.execute(select(tables.issues.c.status)).scalar_one())


def one(app: App, address: str) -> Delivery:
    return next(row for row in rows(app) if row.address == address)


def notices(app: App) -> list[str]:
    with app.database.read() as connection:
        query = select(tables.notices.c.kind, tables.notices.c.message).order_by(
            tables.notices.c.at
        )
        return [f"{row.kind}: {row.message}" for row in connection.execute(query)]


def test_every_reader_gets_the_issue_once(mailed: App, sink: Sink) -> None:
    assert counts(mailed) == {"pending": 12}
    assert issue_status(mailed) == "approved"
    assert deliver(mailed) == 12
    assert sorted(sink.recipients) == sorted(READERS)
    assert counts(mailed) == {"sent": 12}
    assert all("queued as" in (row.response or "") for row in rows(mailed))
    assert issue_status(mailed) == "sent"
    assert deliver(mailed) == 0
    assert len(sink.taken) == 12


def test_mails_leave_over_few_connections(mailed: App, sink: Sink) -> None:
    deliver(mailed)
    assert sink.connections <= 2


def test_what_the_relay_gets_keeps_the_rules_for_mails(mailed: App, sink: Sink) -> None:
    deliver(mailed)
    ids = set()
    for mail in sink.taken:
        assert inspect_message(mail.content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")) == ()
        message = message_from_bytes(mail.content, policy=policy.default)
        assert message["To"] == mail.recipient
        assert message["From"] == "Energy News <news@example.org>"
        assert message["List-Id"] == "Energy Weekly <energy.acme.example.org>"
        assert message["Message-ID"] == f"<{one(mailed, mail.recipient).id}@example.org>"
        ids.add(message["List-Unsubscribe"])
    assert len(ids) == 12


def test_nothing_leaves_before_the_slot(
    new_app: Callable[..., App], relay: Relay, sink: Sink, feeds: Feeds, clock: Clock
) -> None:
    app = ready(new_app, relay.url(), feeds, clock)
    with app.database.begin() as connection:
        connection.execute(update(tables.deliveries).values(due_at=MONDAY_NINE + MINUTE))
    assert deliver(app) == 0
    clock.pass_(MINUTE)
    assert deliver(app) == 12
    assert len(sink.taken) == 12


def test_a_refused_address_fails_with_the_relays_words(mailed: App, sink: Sink) -> None:
    sink.answer_rcpt = lambda address: "550 5.1.1 no such user" if address == READERS[3] else None
    deliver(mailed)
    assert counts(mailed) == {"sent": 11, "failed": 1}
    assert "550 5.1.1 no such user" in (one(mailed, READERS[3]).reason or "")
    assert issue_status(mailed) == "partly_sent"
    assert notices(mailed) == [
        "failed: Energy Weekly: 11 of 12 sent, 1 failed. See: autopilot deliveries list energy"
    ]


def test_a_greylisted_address_is_tried_again_later(mailed: App, sink: Sink, clock: Clock) -> None:
    sink.answer_rcpt = lambda address: (
        "451 4.7.1 greylisted, try later" if sink.asked[address] == 1 else None
    )
    deliver(mailed)
    assert counts(mailed) == {"pending": 12}
    assert {row.failures for row in rows(mailed)} == {1}
    assert issue_status(mailed) == "sending"
    clock.pass_(2 * MINUTE)
    deliver(mailed)
    assert counts(mailed) == {"sent": 12}
    assert sorted(sink.recipients) == sorted(READERS)


def test_a_relay_that_says_later_eight_times_has_said_no(
    mailed: App, sink: Sink, clock: Clock
) -> None:
    sink.answer_rcpt = lambda address: "451 later" if address == READERS[0] else None
    for _ in range(8):
        deliver(mailed)
        clock.pass_(timedelta(hours=5))
    assert one(mailed, READERS[0]).status == "failed"
    assert "tried 8 times" in (one(mailed, READERS[0]).reason or "")


def test_a_content_refused_after_the_dot_fails(mailed: App, sink: Sink) -> None:
    sink.answer_data = lambda address: "554 5.7.0 spam" if address == READERS[1] else None
    deliver(mailed)
    assert one(mailed, READERS[1]).status == "failed"
    assert len(sink.taken) == 11


def test_a_connection_lost_after_the_final_dot_is_unknown_and_not_sent_again(
    mailed: App, sink: Sink, clock: Clock
) -> None:
    sink.drop_after_dot = lambda address: address == READERS[5]
    deliver(mailed)
    assert counts(mailed) == {"sent": 11, "unknown": 1}
    assert issue_status(mailed) == "partly_sent"
    clock.pass_(timedelta(days=1))
    assert deliver(mailed) == 0
    assert sink.recipients.count(READERS[5]) == 1


def test_a_connection_lost_after_the_answer_is_sent(mailed: App, sink: Sink) -> None:
    sink.drop_after_ok = lambda address: True
    deliver(mailed)
    assert counts(mailed) == {"sent": 12}
    assert sorted(sink.recipients) == sorted(READERS)


def test_a_connection_lost_before_the_content_leaves_the_mail_to_be_sent(
    mailed: App, sink: Sink, clock: Clock
) -> None:
    sink.drop_at_rcpt = lambda address: address == READERS[2] and sink.asked[address] <= 1
    deliver(mailed)
    assert one(mailed, READERS[2]).status in ("pending", "sent")  # over a used line: at once
    clock.pass_(2 * MINUTE)
    deliver(mailed)
    assert counts(mailed) == {"sent": 12}
    assert sink.recipients.count(READERS[2]) == 1


def test_a_relay_that_goes_away_after_data_leaves_few_unknown(
    new_app: Callable[..., App], sink: Sink, feeds: Feeds, clock: Clock
) -> None:
    relay = Relay(sink, server=DropsAfterData)
    try:
        app = ready(new_app, relay.url(), feeds, clock)
        deliver(app)
    finally:
        relay.stop()
    assert sink.taken == []
    assert set(counts(app)) <= {"unknown", "pending"}
    assert counts(app)["unknown"] <= mailing.MOST_ERRORS + 2
    assert any("mails in a row were not taken" in told for told in notices(app))


def test_a_relay_that_refuses_all_is_paused_and_its_owner_told_once(
    new_app: Callable[..., App], relay: Relay, feeds: Feeds, sink: Sink, clock: Clock
) -> None:
    mailed = ready(new_app, relay.url(), feeds, clock, AUTOPILOT_MAIL_CONNECTIONS="1")
    sink.answer_rcpt = lambda _: "550 5.1.1 no"
    deliver(mailed)
    assert counts(mailed) == {"failed": 10, "pending": 2}
    assert deliver(mailed) == 0
    told = [each for each in notices(mailed) if each.startswith("paused")]
    assert len(told) == 1
    assert "10 mails in a row were not taken" in told[0]
    sink.answer_rcpt = lambda _: None
    clock.pass_(2 * MINUTE)
    deliver(mailed)
    assert counts(mailed) == {"failed": 10, "sent": 2}
    assert any(each.startswith("recovered") for each in notices(mailed))


def test_a_refused_sender_blames_the_channel_and_no_address(
    mailed: App, sink: Sink, clock: Clock
) -> None:
    sink.answer_mail = lambda _: "550 5.7.1 sender not allowed"
    assert deliver(mailed) == 0
    assert counts(mailed) == {"pending": 12}
    assert "sender not allowed" in notices(mailed)[0]
    assert {row.failures for row in rows(mailed)} == {0}
    assert {row.due_at for row in rows(mailed)} == {MONDAY_NINE + MINUTE}
    sink.answer_mail = lambda _: None
    clock.pass_(MINUTE)
    assert deliver(mailed) == 12


def test_a_relay_that_is_away_costs_no_try(
    new_app: Callable[..., App], feeds: Feeds, clock: Clock, sink: Sink
) -> None:
    relay = Relay(sink)
    url = relay.url()
    relay.stop()
    app = ready(new_app, url, feeds, clock)
    assert deliver(app) == 0
    assert notices(app) == []
    clock.pass_(MINUTE)
    assert deliver(app) == 0
    assert [told.split(":")[0] for told in notices(app)] == ["paused"]
    assert {row.failures for row in rows(app)} == {0}


def test_mails_that_waited_three_days_are_given_up(
    new_app: Callable[..., App], feeds: Feeds, clock: Clock
) -> None:
    app = ready(new_app, "smtp://127.0.0.1:9?tls=none", feeds, clock)
    deliver(app)
    clock.pass_(timedelta(days=3, minutes=1))
    deliver(app)
    assert counts(app) == {"failed": 12}
    assert "given up after 3 days" in (rows(app)[0].reason or "")
    deliver(app)
    assert issue_status(app) == "not_sent"


def test_without_starttls_nothing_is_sent(
    new_app: Callable[..., App], relay: Relay, sink: Sink, feeds: Feeds, clock: Clock
) -> None:
    app = ready(new_app, relay.url(tls="starttls"), feeds, clock)
    assert deliver(app) == 0
    assert sink.taken == []
    assert "offers no STARTTLS" in notices(app)[0]


def test_a_wrong_password_is_told_without_the_password(
    new_app: Callable[..., App], sink: Sink, feeds: Feeds, clock: Clock, events: list[object]
) -> None:
    relay = Relay(sink, password="right")
    try:
        app = ready(new_app, relay.url(user="news:s3cret-w0rd"), feeds, clock)
        assert deliver(app) == 0
        assert "refused the user name or password" in notices(app)[0]
        assert "s3cret" not in f"{notices(app)} {events} {app.settings!r}"
    finally:
        relay.stop()


def test_an_address_barred_between_claim_and_send_gets_nothing(mailed: App, sink: Sink) -> None:
    def bar(address: str) -> None:
        with mailed.database.begin() as connection:
            connection.execute(
                tables.suppressions.insert().values(
                    id=uuid4(),
                    workspace_id=rows(mailed)[0].workspace_id,
                    specification_id=rows(mailed)[0].specification_id,
                    mailbox=address,
                    reason=SuppressionReason.UNSUBSCRIBED.value,
                    at=MONDAY_NINE,
                )
            )

    def answer(address: str) -> None:
        if address == READERS[7]:
            bar(address)

    sink.answer_rcpt = answer  # type: ignore[assignment]
    deliver(mailed)
    assert one(mailed, READERS[7]).status == "suppressed"
    assert READERS[7] not in sink.recipients
    assert counts(mailed) == {"sent": 11, "suppressed": 1}
    assert issue_status(mailed) == "sent"


def test_without_a_public_page_mails_wait_and_say_what_to_set(
    new_app: Callable[..., App], relay: Relay, sink: Sink, feeds: Feeds, clock: Clock
) -> None:
    app = ready(new_app, relay.url(), feeds, clock)
    bare = with_post(replace(app, settings=app.settings.model_copy(update={"public_url": None})))
    assert deliver(bare) == 0
    assert counts(app) == {"pending": 12}
    assert "AUTOPILOT_PUBLIC_URL is not set" in notices(app)[0]
    assert sink.taken == []
    clock.pass_(MINUTE)
    assert deliver(app) == 12


def test_colleagues_are_asked_to_write_a_mail_instead(
    new_app: Callable[..., App], relay: Relay, sink: Sink, feeds: Feeds, clock: Clock
) -> None:
    channel = f"{{type: email, internal: true, recipients: [{', '.join(READERS)}]}}"
    app = ready(new_app, relay.url(), feeds, clock, channel=channel)
    bare = with_post(replace(app, settings=app.settings.model_copy(update={"public_url": None})))
    assert deliver(bare) == 12
    message = message_from_bytes(sink.taken[0].content, policy=policy.default)
    assert message["List-Unsubscribe"] == "<mailto:news@example.org?subject=Unsubscribe%20energy>"
    assert message["List-Unsubscribe-Post"] is None
    raw = sink.taken[0].content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert inspect_message(raw, internal=True) == ()


def test_rows_of_a_dead_sender_are_taken_back_by_how_far_they_were(
    mailed: App, sink: Sink, clock: Clock
) -> None:
    owner = uuid4()
    with mailed.database.begin() as connection:
        claimed = postbag.claim_due(
            connection,
            clock(),
            owner=owner,
            until=clock() + MINUTE,
            most=3,
            mail=True,
        )
        begun = leaving.write(connection, begun=claimed[:1])[1]
    assert begun == {claimed[0].id}
    assert deliver(mailed) == 9
    clock.pass_(MINUTE + SECOND)
    assert rescue_deliveries(mailed, clock()) == 3
    deliver(mailed)
    assert counts(mailed) == {"sent": 11, "unknown": 1}
    assert claimed[0].address not in sink.recipients


def test_a_sender_that_lost_its_lease_begins_nothing(mailed: App, clock: Clock) -> None:
    with mailed.database.begin() as connection:
        claimed = postbag.claim_due(
            connection, clock(), owner=uuid4(), until=clock() + MINUTE, most=3, mail=True
        )
    clock.pass_(2 * MINUTE)
    rescue_deliveries(mailed, clock())
    with mailed.database.begin() as connection:
        assert leaving.write(connection, begun=claimed)[1] == frozenset()


def test_what_arrived_after_all_is_no_longer_unknown(mailed: App, clock: Clock) -> None:
    with mailed.database.begin() as connection:
        (held, *_) = postbag.claim_due(
            connection, clock(), owner=uuid4(), until=clock() + MINUTE, most=1, mail=True
        )
        leaving.write(connection, begun=[held])
    clock.pass_(2 * MINUTE)
    rescue_deliveries(mailed, clock())
    assert one(mailed, held.address).status == "unknown"
    with mailed.database.begin() as connection:
        ended = held.send().accept("250 OK", clock())
        assert not leaving.write(connection, ended=[(held, ended)])[0]
    assert one(mailed, held.address).status == "sent"


def test_a_sender_asked_to_stop_begins_nothing_and_gives_the_rest_back(
    mailed: App, sink: Sink
) -> None:
    stop = threading.Event()
    sink.on_content = lambda _: stop.set()
    deliver(mailed, stopping=stop.is_set)
    assert 1 <= len(sink.taken) <= 3
    assert counts(mailed) == {"sent": len(sink.taken), "pending": 12 - len(sink.taken)}
    assert {row.owner_token for row in rows(mailed)} == {None}
    sink.on_content = lambda _: None
    deliver(mailed)
    assert sorted(sink.recipients) == sorted(READERS)


def test_two_senders_at_once_send_each_mail_once(
    mailed: App, relay: Relay, sink: Sink, new_app: Callable[..., App]
) -> None:
    others = [with_post(new_app(**{"AUTOPILOT_SMTP_URL": relay.url()} | MAIL)) for _ in range(3)]
    threads = [threading.Thread(target=deliver, args=(each,)) for each in (mailed, *others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sink.recipients) == sorted(READERS)
    assert counts(mailed) == {"sent": 12}


def test_an_issue_with_a_channel_and_no_reader_is_not_sent(
    new_app: Callable[..., App], relay: Relay, feeds: Feeds, clock: Clock
) -> None:
    app = ready(new_app, relay.url(), feeds, clock, channel="{type: email}")
    assert rows(app) == []
    assert issue_status(app) == "not_sent"


def test_an_issue_goes_to_folder_and_archive_beside_its_mails(
    new_app: Callable[..., App], relay: Relay, sink: Sink, feeds: Feeds, clock: Clock
) -> None:
    channel = (
        "{type: folder, path: out}, {type: archive}, {type: email, recipients: [a@example.org]}"
    )
    app = ready(new_app, relay.url(), feeds, clock, channel=channel)
    assert deliver(app) == 3
    assert counts(app) == {"sent": 3}
    (page,) = (app.settings.data_dir / "out").glob("*.html")
    assert "unsubscribe.invalid" not in page.read_text()
    assert "https://news.example.org/archive/acme/energy/" in sink.taken[0].content.decode()
