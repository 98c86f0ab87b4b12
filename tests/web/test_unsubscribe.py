"""Unsubscribing: the link in a mail shows on GET, acts on POST, and says nothing to strangers."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import select
from web.conftest import clock_of, delivery, ids

from autopilot.domain.subscriber import SubscriberStatus, SuppressionReason
from autopilot.service.context import App
from autopilot.service.lookup import specification_named
from autopilot.service.subscribers import add_subscriber, suppress_address
from autopilot.store import subscribers, suppressions
from autopilot.store.tables import audit_log
from autopilot.store.tables import suppressions as table

ANN = "Ann@example.org"


def off(app: App, slug: str = "energy", address: str = ANN) -> SuppressionReason | None:
    owner, specification = ids(app, slug)
    mailbox = address.casefold()
    with app.database.read() as connection:
        return suppressions.suppressed(connection, owner, specification, [mailbox]).get(mailbox)


def status(app: App, slug: str = "energy") -> SubscriberStatus:
    with app.database.read() as connection:
        found = subscribers.find_subscribers(connection, ids(app, slug)[1], [ANN.casefold()])
    return found[ANN.casefold()].status


def subscribe(app: App, slug: str = "energy") -> None:
    add_subscriber(app, specification_named(app, slug), ANN, actor="test")


def test_a_look_at_the_link_changes_nothing(web: httpx2.Client, public: App) -> None:
    subscribe(public)
    token = delivery(public, ANN)
    for _ in range(3):
        page = web.get(f"/u/{token}")
    assert page.status_code == 200
    assert "Unsubscribe from Energy Weekly?" in page.text
    assert "A…@example.org" in page.text
    assert ANN not in page.text
    assert web.head(f"/u/{token}").status_code == 200
    assert off(public) is None
    assert status(public) is SubscriberStatus.ACTIVE


@pytest.mark.parametrize("encoding", ["urlencoded", "multipart"])
def test_one_click_of_a_mail_program_takes_the_reader_off_the_list(
    web: httpx2.Client, public: App, encoding: str
) -> None:
    subscribe(public)
    token = delivery(public, ANN)
    body = {"List-Unsubscribe": "One-Click"}
    given = (
        {"data": body}
        if encoding == "urlencoded"
        else {"files": {k: (None, v) for k, v in body.items()}}
    )
    for _ in range(2):
        answer = web.post(f"/u/{token}", **given)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
    assert off(public) is SuppressionReason.UNSUBSCRIBED
    assert status(public) is SubscriberStatus.UNSUBSCRIBED
    with public.database.read() as connection:
        actions = list(connection.execute(select(audit_log.c.action, audit_log.c.actor)))
        kept = list(connection.execute(select(table.c.mailbox)))
    assert actions.count(("subscriber.unsubscribed", "reader")) == 1
    assert len(kept) == 1


def test_a_post_that_says_nothing_we_know_changes_nothing(web: httpx2.Client, public: App) -> None:
    token = delivery(public, ANN)
    for body in (b"", b"List-Unsubscribe=No", b"choice=everything", b"\xff\xfe", b"&" * 1_000):
        answer = web.post(
            f"/u/{token}",
            content=body,
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        assert answer.status_code == 200
    assert web.post(f"/u/{token}", content=b"a" * 100_000).status_code == 413
    assert off(public) is None


def test_a_typed_recipient_who_is_no_subscriber_is_off_for_good(
    web: httpx2.Client, public: App
) -> None:
    token = delivery(public, "ann@example.org", "inside")
    assert "Inside" in web.post(f"/u/{token}", data={"choice": "this"}).text
    assert off(public, "inside") is SuppressionReason.UNSUBSCRIBED
    assert off(public, "energy") is None


def test_everything_of_a_sender_ends_and_comes_back_with_one_press(
    web: httpx2.Client, public: App
) -> None:
    subscribe(public, "energy")
    subscribe(public, "quiet")
    token = delivery(public, ANN)
    page = web.post(f"/u/{token}", data={"choice": "all"})
    assert "no more mails from Acme Weekly" in page.text
    assert off(public, "quiet") is SuppressionReason.UNSUBSCRIBED
    assert status(public, "quiet") is SubscriberStatus.UNSUBSCRIBED
    page = web.post(f"/u/{token}", data={"choice": "undo"})
    assert "You get it again" in page.text
    assert off(public, "quiet") is off(public) is None
    assert status(public, "quiet") is status(public) is SubscriberStatus.ACTIVE


def test_an_undo_brings_back_only_what_that_press_ended(web: httpx2.Client, public: App) -> None:
    subscribe(public, "energy")
    subscribe(public, "quiet")
    first = delivery(public, ANN, "quiet")
    web.post(f"/u/{first}", data={"choice": "this"})
    clock_of(public).pass_(timedelta(days=1))
    token = delivery(public, ANN, "energy")
    web.post(f"/u/{token}", data={"choice": "all"})
    web.post(f"/u/{token}", data={"choice": "undo"})
    assert off(public, "energy") is None
    assert off(public, "quiet") is SuppressionReason.UNSUBSCRIBED
    assert status(public, "quiet") is SubscriberStatus.UNSUBSCRIBED


def test_the_owners_word_is_not_undone_by_a_link(web: httpx2.Client, public: App) -> None:
    subscribe(public)
    token = delivery(public, ANN)
    suppress_address(public, ids(public, "energy")[0], ANN, actor="owner")
    web.post(f"/u/{token}", data={"choice": "this"})
    page = web.post(f"/u/{token}", data={"choice": "undo"})
    assert "mistake" not in page.text
    assert off(public) is SuppressionReason.MANUAL


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_that_is_not_ours_gets_the_page_of_any_address(
    web: httpx2.Client, public: App, method: str
) -> None:
    good = delivery(public, ANN)
    nowhere = web.request(method, "/nowhere")
    other = good[:-4] + ("AAAA" if not good.endswith("AAAA") else "BBBB")
    for token in (other, "x", "A" * 2_000, "..", "%00", good[:-1]):
        answer = web.request(
            method, f"/u/{token}", data={"choice": "this"} if method == "POST" else None
        )
        assert answer.status_code == 404
        assert answer.text == nowhere.text
    assert off(public) is None


def test_every_answer_says_what_a_browser_may_do(web: httpx2.Client, public: App) -> None:
    token = delivery(public, ANN)
    for path in (f"/u/{token}", "/nowhere", "/healthz", "/s/acme/energy"):
        headers = web.get(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "script" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert "server" not in headers
        assert "set-cookie" not in headers
