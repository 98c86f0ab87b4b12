"""Review letters: once to each reviewer, with links that say one thing each."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from service.asking import rows
from service.conftest import MONDAY_NINE, SECOND, Clock
from service.feeds import Feeds
from service.review_desk import made, only_issue, under_review

from autopilot.domain.letter import Answer, Letter, Verdict
from autopilot.errors import Conflict
from autopilot.service import reviewing
from autopilot.service.context import App
from autopilot.service.errands import has_errands, run_errands
from autopilot.service.review_letters import IN_HAND, SENDER_DIED, letter_for, send_letters
from autopilot.service.review_links import Action, Ticket, link_to, read_ticket
from autopilot.service.review_view import review_view
from autopilot.service.tick import tick
from autopilot.store import review_letters

REVIEW = "{mode: hold, reviewers: [rita@example.org, Sam@example.org]}"
PUBLIC = {
    "AUTOPILOT_PUBLIC_URL": "https://news.example.org",
    "AUTOPILOT_SECRET_KEY": "a key of the tests, long enough to be one",
}
TOKEN = re.compile(r"https://news\.example\.org/r/([\w-]+)")


@dataclass
class Box:
    """A post that keeps what it is given."""

    answer: Verdict = Verdict.ACCEPTED
    letters: list[Letter] = field(default_factory=list)
    dies: bool = False

    def send(self, letter: Letter) -> Answer:
        self.letters.append(letter)
        if self.dies:
            raise KeyboardInterrupt
        return Answer(self.answer, "250 ok" if self.answer is Verdict.ACCEPTED else "no")


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def posting(new_app: Callable[..., App], box: Box) -> App:
    return replace(new_app(**PUBLIC), post=box)


def test_each_reviewer_gets_one_letter(posting: App, feeds: Feeds, clock: Clock, box: Box) -> None:
    under_review(posting, feeds, REVIEW)
    made(posting, clock)
    assert send_letters(posting) == 2
    assert send_letters(posting) == 0
    assert sorted(letter.to for letter in box.letters) == ["Sam@example.org", "rita@example.org"]
    assert len({letter.identity for letter in box.letters}) == 2
    assert {(row.status, row.reason) for row in rows(posting, "review_letters")} == {
        ("sent", "250 ok")
    }


def test_a_letter_has_the_draft_and_a_link_for_everything(
    posting: App, feeds: Feeds, clock: Clock, box: Box
) -> None:
    under_review(posting, feeds, REVIEW)
    issue = made(posting, clock)
    send_letters(posting)
    letter = next(letter for letter in box.letters if letter.to.startswith("rita"))
    assert letter.subject == f"[Review] Energy Weekly: {issue.subject}"
    assert letter.html is not None
    for part in (letter.text, letter.html):
        assert "Interconnector across the sea opens early" in part
        assert "unless somebody holds it" in part
        tickets = [read_ticket(posting, token) for token in TOKEN.findall(part)]
        assert all(ticket and ticket.issue_id == issue.id for ticket in tickets)
        wanted = [Action.OPEN, Action.APPROVE, Action.HOLD, Action.DROP, *[Action.STORY] * 3]
        assert [ticket.action for ticket in tickets if ticket] == wanted
        assert {ticket.reviewer for ticket in tickets if ticket} == {0}
    told = " ".join(letter.text.split())
    assert "It goes out to 3 people and the archive at Mon 2026-11-23 09:00 Europe/Berlin" in told
    assert "made late" not in letter.text


def test_a_late_letter_says_how_much_time_is_left(
    posting: App, feeds: Feeds, clock: Clock, box: Box
) -> None:
    under_review(posting, feeds, REVIEW)
    clock.now = MONDAY_NINE - timedelta(minutes=70)
    tick(posting)
    send_letters(posting)
    told = " ".join(box.letters[0].text.split())
    assert "It was made late: its reviewers have 1 h 10 min instead of 4 h." in told


def test_what_the_gate_holds_is_told_first_and_cannot_be_approved(
    posting: App, feeds: Feeds, clock: Clock, box: Box
) -> None:
    under_review(posting, feeds, REVIEW)
    seen = made(posting, clock)
    finding = {"rule": "E8", "severity": "error", "message": "too large", "where": "", "advice": ""}
    faulty = replace(seen, status="held", report={"passes": False, "findings": [finding]})
    from autopilot.store import issues

    with posting.database.begin() as connection:
        issues.move_issue(connection, seen, faulty)
    send_letters(posting)
    text = box.letters[0].text
    assert "E8, too large" in text
    assert "Approve it" not in text


def test_without_a_public_address_the_letter_names_the_commands(
    new_app: Callable[..., App], feeds: Feeds, clock: Clock, box: Box
) -> None:
    app = replace(new_app(), post=box)
    under_review(app, feeds, REVIEW)
    issue = made(app, clock)
    send_letters(app)
    assert f"autopilot review approve {str(issue.id)[:8]}" in " ".join(box.letters[0].text.split())
    assert "/r/" not in box.letters[0].text


def test_the_store_refuses_a_second_letter_to_a_mailbox(
    posting: App, feeds: Feeds, clock: Clock
) -> None:
    under_review(posting, feeds, REVIEW)
    issue = made(posting, clock)
    with pytest.raises(Conflict, match="refused a row"), posting.database.begin() as connection:
        review_letters.add_letters(connection, issue.id, ["RITA@example.org"], clock.now)
    assert len(rows(posting, "review_letters")) == 2


def test_letters_are_an_errand_of_whoever_has_time(
    posting: App, feeds: Feeds, clock: Clock, box: Box
) -> None:
    under_review(posting, feeds, REVIEW)
    made(posting, clock)
    assert has_errands(posting, clock())
    run_errands(posting, clock(), limit=1)
    assert [letter.subject[:8] for letter in box.letters] == ["[Review]"] * 2


def test_without_a_relay_letters_wait(app: App, feeds: Feeds, clock: Clock) -> None:
    under_review(app, feeds, REVIEW)
    made(app, clock)
    assert send_letters(app) == 0
    assert {row.status for row in rows(app, "review_letters")} == {"pending"}


@pytest.mark.parametrize(
    ("verdict", "status"),
    [(Verdict.REFUSED, "failed"), (Verdict.LOST, "unknown"), (Verdict.ACCEPTED, "sent")],
)
def test_a_letter_ends_as_the_relay_says(
    posting: App, feeds: Feeds, clock: Clock, box: Box, verdict: Verdict, status: str
) -> None:
    under_review(posting, feeds, REVIEW)
    made(posting, clock)
    box.answer = verdict
    send_letters(posting)
    clock.pass_(timedelta(hours=2))
    send_letters(posting)
    assert len(box.letters) == 2
    assert {row.status for row in rows(posting, "review_letters")} == {status}


def test_later_means_later_with_growing_pauses(
    posting: App, feeds: Feeds, clock: Clock, box: Box
) -> None:
    under_review(posting, feeds, "{mode: hold, reviewers: [rita@example.org]}")
    made(posting, clock)
    box.answer = Verdict.LATER
    pauses = []
    for _ in range(3):
        assert send_letters(posting) == 1
        (row,) = rows(posting, "review_letters")
        pauses.append((row.due_at - clock.now).total_seconds())
        assert send_letters(posting) == 0
        clock.now = row.due_at
    assert pauses == [60, 120, 240]
    box.answer = Verdict.ACCEPTED
    send_letters(posting)
    (row,) = rows(posting, "review_letters")
    assert (row.status, row.failures) == ("sent", 3)


def test_a_letter_whose_sender_died_is_unknown_and_not_sent_again(
    posting: App, feeds: Feeds, clock: Clock, box: Box
) -> None:
    under_review(posting, feeds, "{mode: hold, reviewers: [rita@example.org]}")
    made(posting, clock)
    box.dies = True
    with pytest.raises(KeyboardInterrupt):
        send_letters(posting)
    assert send_letters(posting) == 0  # still in somebody's hands, for all we know
    clock.pass_(IN_HAND + SECOND)
    assert send_letters(posting) == 0
    (row,) = rows(posting, "review_letters")
    assert (row.status, row.reason) == ("unknown", SENDER_DIED)
    assert len(box.letters) == 1


def test_nobody_is_asked_about_an_issue_that_is_decided(
    posting: App, feeds: Feeds, clock: Clock, box: Box
) -> None:
    under_review(posting, feeds, REVIEW)
    reviewing.withdraw(posting, made(posting, clock).id, actor="cli:ann")
    assert send_letters(posting) == 0
    assert box.letters == []


def test_a_link_ends_with_its_review(posting: App, feeds: Feeds, clock: Clock) -> None:
    under_review(posting, feeds, REVIEW)
    issue = made(posting, clock)
    view = review_view(posting, issue.id)
    assert view.ends_at == MONDAY_NINE + timedelta(hours=48)
    ticket = Ticket(issue_id=issue.id, action=Action.HOLD, reviewer=1)
    link = link_to(posting, ticket, view.ends_at)
    assert link is not None
    token = link.rpartition("/")[2]
    assert read_ticket(posting, token) == ticket
    assert read_ticket(posting, token[:-2] + "AA") is None
    assert read_ticket(posting, "nonsense") is None
    clock.now = view.ends_at
    assert read_ticket(posting, token) is None


def test_titles_cannot_break_out_of_a_letter(
    posting: App, feeds: Feeds, clock: Clock, box: Box
) -> None:
    under_review(posting, feeds, REVIEW)
    seen = made(posting, clock)
    view = review_view(posting, seen.id)
    evil = replace(
        view.stories[0],
        title="<script>x</script>\r\nBcc: all@example.org",
        url="javascript:alert(1)",
        summary="{{ 7 * 7 }}",
    )
    letter = letter_for(posting, replace(view, stories=(evil,)), "rita@example.org")
    assert letter.html is not None
    assert "<script>" not in letter.html
    assert "javascript:" not in letter.html + letter.text
    assert "{{ 7 * 7 }}" in letter.text
    assert "\r" not in letter.text
    assert only_issue(posting).id == seen.id
