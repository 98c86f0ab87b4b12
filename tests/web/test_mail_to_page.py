"""From a mail to a page and back: a real relay, a real server, the links of the mails themselves."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import httpx2
import pytest
from service.conftest import MONDAY_NINE, SUNDAY, WEEK, Clock, apply, document, news
from service.feeds import Feeds, Item
from service.sinks import Relay, Sink
from sqlalchemy import select
from web.conftest import PUBLIC, served

from autopilot.service.context import App
from autopilot.service.deliver import deliver
from autopilot.service.sending_guard import stop_sending
from autopilot.service.tick import tick
from autopilot.store.tables import deliveries
from autopilot.wiring import mail_post

TITLES = (
    ("Grid operator plans new transmission line in Germany", "Battery storage park starts early"),
    ("Interconnector to Norway opens after ten years", "Town buys storage for its swimming pool"),
    ("Judges stop a transmission line through a forest", "Old mine becomes heat storage"),
)
BO, ANN = "bo@example.org", "ann@example.org"


@pytest.fixture
def relay() -> Iterator[Relay]:
    relay = Relay(Sink())
    yield relay
    relay.stop()


@pytest.fixture
def sender(new_app: Callable[..., App], feeds: Feeds, relay: Relay) -> App:
    """A newsletter with one typed recipient, and a public form."""
    app = new_app(
        AUTOPILOT_PUBLIC_URL=PUBLIC,
        AUTOPILOT_SECRET_KEY="a key of the tests, long enough to be one",
        AUTOPILOT_SMTP_URL=relay.url(),
        AUTOPILOT_MAIL_FROM="Acme <news@example.org>",
    )
    app = replace(app, post=mail_post(app.settings))
    text = document(feeds.serve("feed.xml", *news(SUNDAY - timedelta(days=2))))
    channel = f"    channels: [{{type: email, recipients: [{BO}]}}]\n    categories:"
    apply(app, text.replace("    categories:", channel))
    return app


def path(address: str) -> str:
    return address.removeprefix(PUBLIC)


def mail(relay: Relay, recipient: str) -> EmailMessage:
    (taken,) = [each for each in relay.sink.taken if each.recipient == recipient]
    read = message_from_bytes(taken.content, policy=policy.default)
    assert isinstance(read, EmailMessage)
    return read


def send_issue(app: App, clock: Clock, feeds: Feeds, relay: Relay) -> None:
    titles = TITLES[(clock.now - MONDAY_NINE) // WEEK]
    day = clock.now - timedelta(days=1)
    feeds.serve("feed.xml", *(Item(title=title, published=day) for title in titles))
    relay.sink.taken.clear()
    tick(app)
    deliver(app)


def test_a_reader_comes_and_goes_by_the_links_of_real_mails(
    sender: App, relay: Relay, clock: Clock, feeds: Feeds
) -> None:
    with served(sender) as web:
        web.post("/s/acme/energy", data={"email": ANN})
        while not relay.sink.taken:  # the letter leaves after the answer
            time.sleep(0.01)
        letter = mail(relay, ANN)
        found = re.search(rf"{PUBLIC}/s/confirm/\S+", letter.get_content())
        assert found is not None
        assert web.post(path(found[0])).status_code == 200

        clock.now = MONDAY_NINE
        send_issue(sender, clock, feeds, relay)
        issue = mail(relay, ANN)
        assert issue["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        link = path(issue["List-Unsubscribe"].strip("<>"))
        other = path(mail(relay, BO)["List-Unsubscribe"].strip("<>"))
        assert other != link
        page = issue.get_body(("html",))
        assert page is not None
        assert PUBLIC + link in page.get_content()
        web.get(link)
        answer = web.post(link, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200

        clock.now = MONDAY_NINE + WEEK
        send_issue(sender, clock, feeds, relay)
        assert relay.sink.recipients == [BO]
        web.post(other, data={"choice": "this"})
        clock.now = MONDAY_NINE + 2 * WEEK
        send_issue(sender, clock, feeds, relay)
        assert relay.sink.recipients == []
    with sender.database.read() as connection:
        rows = connection.execute(select(deliveries.c.address, deliveries.c.status)).all()
    assert rows.count((BO, "sent")) == 2
    assert rows.count((BO, "suppressed")) == 1
    assert rows.count((ANN, "sent")) == 1


def test_a_store_that_may_not_send_takes_no_subscribers(sender: App, relay: Relay) -> None:
    stop_sending(sender, actor="test", reason="a copy")
    with served(sender) as web:
        assert web.get("/s/acme/energy").status_code == 503
        answer: httpx2.Response = web.post("/s/acme/energy", data={"email": ANN})
        assert answer.status_code == 503
    assert relay.sink.taken == []
