"""Subscribing: a form, a letter, a press. Strangers learn nothing, and nobody is flooded."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from web.conftest import PUBLIC, Box, clock_of, delivery, ids, served
from web.test_unsubscribe import off

from autopilot.domain.letter import Verdict
from autopilot.domain.subscriber import SubscriberStatus, SuppressionReason
from autopilot.http.pace import HOUR_SECONDS, Pace, network_of
from autopilot.http.routes import subscribe as route
from autopilot.service.bounces import record
from autopilot.service.context import App
from autopilot.service.lookup import specification_named
from autopilot.service.subscribers import add_subscriber, suppress_address
from autopilot.store import subscribers

ANN = "ann@example.org"
FORM = "/s/acme/energy"


def ask(web: httpx2.Client, email: str = ANN, path: str = FORM) -> httpx2.Response:
    return web.post(path, data={"email": email})


def link(box: Box) -> str:
    """The path of the link in the last letter."""
    found = re.search(rf"{PUBLIC}(/s/confirm/\S+)", box.letters[-1].text)
    assert found is not None
    return found[1]


def status(app: App, email: str = ANN, slug: str = "energy") -> SubscriberStatus | None:
    with app.database.read() as connection:
        found = subscribers.find_subscribers(connection, ids(app, slug)[1], [email])
    return found[email].status if email in found else None


def until_sent(box: Box, count: int) -> None:
    """The letter leaves after the answer; waits for it."""
    import time

    deadline = time.monotonic() + 10
    while len(box.letters) < count:
        assert time.monotonic() < deadline, "no letter"
        time.sleep(0.01)


def test_the_way_from_the_form_to_the_list(web: httpx2.Client, public: App, box: Box) -> None:
    page = web.get(FORM)
    assert page.status_code == 200
    assert '<label for="email">' in page.text
    answer = ask(web, " Ann@EXAMPLE.org ")
    assert "Look into your mailbox" in answer.text
    until_sent(box, 1)
    (letter,) = box.letters
    assert letter.to == "Ann@example.org"
    assert "Acme GmbH" in letter.text
    for _ in range(2):  # a scanner opens the link first
        assert "Do you want Energy Weekly?" in web.get(link(box)).text
    assert status(public) is SubscriberStatus.PENDING
    for _ in range(2):
        assert "You get Energy Weekly" in web.post(link(box)).text
    assert status(public) is SubscriberStatus.ACTIVE


def test_the_answer_is_the_same_for_whoever_is_on_the_list(
    web: httpx2.Client, public: App, box: Box
) -> None:
    specification = specification_named(public, "energy")
    add_subscriber(public, specification, "known@example.org", actor="test")
    suppress_address(public, specification.workspace_id, "never@example.org", actor="test")
    answers = {ask(web, f"{who}@example.org").text for who in ("known", "new", "never", "new")}
    assert len(answers) == 1
    until_sent(box, 2)
    told = {letter.to.partition("@")[0]: letter.text for letter in box.letters}
    assert told.keys() == {"known", "new"}
    assert "/s/confirm/" not in told["known"]


def test_what_is_no_address_is_said_beside_its_field(web: httpx2.Client, public: App) -> None:
    for email in (
        "",
        "ann",
        "ann@",
        "a b@example.org",
        "ann@example.org\nBcc: x@example.org",
        "x" * 9_000,
    ):
        answer = ask(web, email)
        assert answer.status_code == 422
        assert 'aria-describedby="wrong"' in answer.text
    shown = ask(web, '"><script>alert(1)</script>').text
    assert "<script" not in shown


@pytest.mark.parametrize(
    "path",
    [
        "/s/acme/nope",
        "/s/nope/energy",
        "/s/acme/inside",
        "/s/acme/quiet",
        "/s/acme",
        "/s/confirm/x",
    ],
)
def test_there_is_a_form_only_for_what_strangers_may_join(
    web: httpx2.Client, public: App, path: str
) -> None:
    nowhere = web.get("/nowhere")
    assert web.get(path).status_code == 404
    assert web.get(path).text == nowhere.text
    assert web.post(path, data={"email": ANN}).status_code == 404


def test_letters_to_one_address_come_at_growing_pauses(
    web: httpx2.Client, public: App, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, sent = clock_of(public), []
    specification = specification_named(public, "energy")
    from autopilot.service.newsletter import newsletter_at
    from autopilot.service.subscribing import ask as asked

    newsletter = newsletter_at(public, "acme", specification.slug)
    for minute in range(0, 60 * 24 * 7, 5):
        if asked(public, newsletter, ANN) is not None:
            sent.append(minute)
        clock.pass_(timedelta(minutes=5))
    assert sent == [0, 10, 50, 210, 850, 3410]


def test_an_address_is_not_flooded_by_many_newsletters(
    new_app: Callable[..., App], box: Box
) -> None:
    from service.conftest import apply
    from web.conftest import CONFIGURATION

    from autopilot.service.newsletter import newsletter_at
    from autopilot.service.subscribing import THREE_HOURS_LETTERS
    from autopilot.service.subscribing import ask as asked

    app = new_app(
        AUTOPILOT_PUBLIC_URL=PUBLIC,
        AUTOPILOT_SECRET_KEY="a key of the tests, long enough to be one",
    )
    more = "".join(
        f"  - {{slug: n{n}, name: N{n}, categories: [{{id: a, name: A}}], channels: [{{type: email}}]}}\n"
        for n in range(20)
    )
    apply(app, CONFIGURATION.format(workspace="acme") + more)
    letters = [asked(app, newsletter_at(app, "acme", f"n{n}"), ANN) for n in range(20)]
    assert sum(letter is not None for letter in letters) == THREE_HOURS_LETTERS
    assert asked(app, newsletter_at(app, "acme", "n0"), "bo@example.org") is not None


def test_one_network_may_ask_only_so_often(
    public: App, monkeypatch: pytest.MonkeyPatch, box: Box
) -> None:
    monkeypatch.setattr(route, "ASKS_OF_A_NETWORK", 3)
    with served(public) as web:
        codes = [ask(web, f"reader{n}@example.org").status_code for n in range(5)]
        assert codes == [200, 200, 200, 429, 429]
        assert ask(web).headers["retry-after"] == "3600"
        assert web.get(FORM).status_code == 200


def test_a_pace_forgets_after_an_hour_and_counts_a_household_as_one() -> None:
    times = [0.0]
    pace = Pace(each=2, together=3, now=lambda: times[0])
    assert pace.allows("2001:db8::1")
    assert pace.allows("2001:db8::2")
    assert not pace.allows("2001:db8::3")
    assert pace.allows("192.0.2.1")
    assert not pace.allows("192.0.2.2"), "together"
    times[0] = HOUR_SECONDS
    assert pace.allows("2001:db8::1")
    assert network_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert network_of(None) == "unknown"


def test_a_link_of_a_letter_ends_after_a_week(web: httpx2.Client, public: App, box: Box) -> None:
    ask(web)
    until_sent(box, 1)
    clock_of(public).pass_(timedelta(days=7, seconds=1))
    assert web.post(link(box)).status_code == 404
    assert status(public) is SubscriberStatus.PENDING


def test_an_old_link_does_not_bring_back_who_unsubscribed(
    web: httpx2.Client, public: App, box: Box
) -> None:
    ask(web)
    until_sent(box, 1)
    web.post(link(box))
    web.post(f"/u/{delivery(public, ANN)}", data={"choice": "this"})
    assert web.post(link(box)).status_code == 404
    assert off(public, address=ANN) is SuppressionReason.UNSUBSCRIBED


def test_who_unsubscribed_from_everything_can_come_back_to_one(
    web: httpx2.Client, public: App, box: Box
) -> None:
    web.post(f"/u/{delivery(public, ANN)}", data={"choice": "all"})
    ask(web)
    until_sent(box, 1)
    web.post(link(box))
    assert status(public) is SubscriberStatus.ACTIVE
    assert off(public, "energy", ANN) is None
    assert off(public, "inside", ANN) is SuppressionReason.UNSUBSCRIBED


def test_a_confirmation_takes_back_a_bounce_and_not_a_complaint(
    web: httpx2.Client, public: App, box: Box
) -> None:
    from autopilot.domain.bounce import Bounce, BounceKind

    owner = ids(public, "energy")[0]
    record(public, owner, [Bounce(address=ANN, kind=BounceKind.HARD)])
    record(public, owner, [Bounce(address="bo@example.org", kind=BounceKind.COMPLAINT)])
    ask(web, ANN)
    ask(web, "bo@example.org")
    until_sent(box, 1)
    web.post(link(box))
    assert [letter.to for letter in box.letters] == [ANN]
    assert off(public, address=ANN) is None
    assert off(public, address="bo@example.org") is SuppressionReason.COMPLAINED


def test_without_a_relay_or_a_public_address_the_form_says_so(
    new_app: Callable[..., App], public: App
) -> None:
    with served(replace(public, post=None)) as web:
        page = web.get(FORM)
        assert page.status_code == 503
        assert "not possible to subscribe here yet" in page.text
        assert ask(web).status_code == 503


def test_a_letter_that_the_relay_refuses_is_logged_without_its_address(
    web: httpx2.Client, public: App, box: Box, events: list[Any]
) -> None:
    box.verdict = Verdict.REFUSED
    assert ask(web).status_code == 200
    until_sent(box, 1)
    web.get("/healthz")
    assert ANN not in str(events)


def test_those_who_never_confirmed_are_forgotten(web: httpx2.Client, public: App, box: Box) -> None:
    ask(web)
    clock_of(public).pass_(timedelta(days=31))
    ask(web, "bo@example.org")
    assert status(public) is None
    assert status(public, "bo@example.org") is SubscriberStatus.PENDING
