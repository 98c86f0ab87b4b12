"""Review pages: GET asks, POST acts, once, for the one thing a link is for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import httpx2
import pytest
from service.asking import count
from service.conftest import MONDAY_NINE, Clock
from service.feeds import Feeds
from service.review_desk import deeds, made, only_issue, titles, under_review
from web.conftest import PUBLIC, Box, served

from autopilot.domain.signing import Purpose, signed
from autopilot.service import reviewing
from autopilot.service.context import App
from autopilot.service.review_links import Action, Ticket, link_to, mark_of
from autopilot.service.review_view import review_view
from autopilot.service.secret import secret_key
from autopilot.store.issues import IssueRow

REVIEW = "{mode: hold, reviewers: [rita@example.org, sam@example.org]}"
RITA = "review:rita@example.org"


@dataclass
class Desk:
    """One issue under review, the pages about it, and links to them."""

    app: App
    client: httpx2.Client
    issue: IssueRow

    def link(self, action: Action, *, reviewer: int = 0, story: int = 0) -> str:
        """The path of a link from a letter."""
        view = review_view(self.app, self.issue.id)
        mark = mark_of(view.stories[story - 1].key) if story else ""
        ticket = Ticket(issue_id=self.issue.id, action=action, reviewer=reviewer, story=mark)
        return str(link_to(self.app, ticket, view.ends_at)).removeprefix(PUBLIC)

    def post(self, path: str, **fields: object) -> httpx2.Response:
        """Sends a form as the page has it: with the version that was looked at."""
        version = only_issue(self.app).version
        return self.client.post(path, data={"version": str(version)} | fields)


@pytest.fixture
def desk(new_app: Callable[..., App], feeds: Feeds, clock: Clock, box: Box) -> Iterator[Desk]:
    app = replace(
        new_app(
            AUTOPILOT_PUBLIC_URL=PUBLIC,
            AUTOPILOT_SECRET_KEY="a key of the tests, long enough to be one",
        ),
        post=box,
    )
    under_review(app, feeds, REVIEW)
    issue = made(app, clock)
    with served(app) as client:
        client.timeout = 30  # an edit asks the links of the issue again
        yield Desk(app=app, client=client, issue=issue)


def test_a_scanner_that_opens_every_link_changes_nothing(desk: Desk) -> None:
    for action in Action:
        path = desk.link(action, story=1 if action is Action.STORY else 0)
        for method in ("GET", "HEAD"):
            assert desk.client.request(method, path).status_code == 200
        assert desk.client.get(f"{path}/issue").status_code == 200
    assert only_issue(desk.app) == desk.issue
    assert deeds(desk.app) == []


@pytest.mark.parametrize(
    ("action", "asks", "status"),
    [
        (Action.APPROVE, "3 people and the archive at Mon 2026-11-23 09:00", "approved"),
        (Action.HOLD, "Hold it", "held"),
        (Action.DROP, "Drop the whole issue", "withdrawn"),
    ],
)
def test_a_link_asks_and_then_does_what_it_is_for(
    desk: Desk, action: Action, asks: str, status: str
) -> None:
    path = desk.link(action)
    assert asks in desk.client.get(path).text
    answer = desk.post(path)
    assert (answer.status_code, only_issue(desk.app).status) == (200, status)
    assert [actor for actor, _ in deeds(desk.app)] == [RITA]


def test_a_replay_does_nothing_and_says_so(desk: Desk) -> None:
    path = desk.link(Action.APPROVE)
    assert desk.post(path).status_code == 200
    assert desk.post(path).status_code == 409
    assert desk.client.post(path, data={"version": "1"}).status_code == 409
    assert count(desk.app, "deliveries") == 4
    assert "There is nothing to do here" in desk.client.get(path).text


def test_the_second_of_two_people_is_told(desk: Desk) -> None:
    version = only_issue(desk.app).version
    first = desk.client.post(desk.link(Action.HOLD), data={"version": str(version)})
    second = desk.client.post(desk.link(Action.APPROVE, reviewer=1), data={"version": str(version)})
    assert (first.status_code, second.status_code) == (200, 409)
    assert "Somebody else changed this issue" in second.text
    assert only_issue(desk.app).status == "held"
    assert count(desk.app, "deliveries") == 0


def test_without_the_version_that_was_looked_at_nothing_happens(desk: Desk) -> None:
    assert desk.client.post(desk.link(Action.DROP)).status_code == 409
    assert only_issue(desk.app).status == "waiting"


def test_a_link_for_one_thing_does_nothing_else(desk: Desk) -> None:
    desk.post(desk.link(Action.HOLD), act="approve")
    assert only_issue(desk.app).status == "held"


def test_a_story_is_dropped_and_the_next_best_takes_its_place(desk: Desk) -> None:
    before = titles(desk.app, desk.issue)
    path = desk.link(Action.STORY, story=1)
    assert before[0] in desk.client.get(path).text
    answer = desk.post(path)
    assert answer.status_code == 200
    assert "In its place: Transmission charges rise in spring" in answer.text
    after = titles(desk.app, desk.issue)
    assert before[0] not in after
    assert len(after) == len(before)
    assert "no longer in the issue" in desk.client.get(path).text
    assert desk.post(path).status_code == 409
    assert titles(desk.app, desk.issue) == after


def test_an_older_letter_never_drops_another_story(desk: Desk) -> None:
    """After a drop the second story is the first: its link still names the story itself."""
    second, third = (desk.link(Action.STORY, story=number) for number in (2, 3))
    named = titles(desk.app, desk.issue)
    desk.post(second)
    desk.post(third)
    assert not set(named[1:]) & set(titles(desk.app, desk.issue))
    assert named[0] in titles(desk.app, desk.issue)


@pytest.mark.parametrize("token", ["x", "A" * 64, "A" * 600, "..%2F..", "%00"])
def test_made_up_links_lead_nowhere(desk: Desk, token: str) -> None:
    for answer in (desk.client.get(f"/r/{token}"), desk.client.post(f"/r/{token}")):
        assert answer.status_code == 404
        assert "rita" not in answer.text
    assert desk.client.get(f"/r/{token}/issue").status_code == 404


def test_links_of_other_purposes_issues_and_people_lead_nowhere(desk: Desk) -> None:
    from uuid import uuid4

    key = secret_key(desk.app)
    elsewhere = Ticket(issue_id=uuid4(), action=Action.APPROVE, reviewer=0)
    nobody = Ticket(issue_id=desk.issue.id, action=Action.APPROVE, reviewer=7)
    paths = [
        str(link_to(desk.app, ticket, None)).removeprefix(PUBLIC) for ticket in (elsewhere, nobody)
    ]
    other = signed(key, Purpose.UNSUBSCRIBE, desk.issue.id.bytes)
    for path in [*paths, f"/r/{other}"]:
        assert desk.client.get(path).status_code == 404
        assert desk.post(path).status_code == 404
    assert only_issue(desk.app).status == "waiting"


def test_a_link_ends_with_its_review(desk: Desk, clock: Clock) -> None:
    path = desk.link(Action.HOLD)
    clock.now = MONDAY_NINE + timedelta(hours=48)
    assert desk.client.get(path).status_code == 404
    assert desk.post(path).status_code == 404


def test_the_desk_edits_subject_introduction_and_order(desk: Desk) -> None:
    path = desk.link(Action.OPEN)
    view = review_view(desk.app, desk.issue.id)
    places = {f"place-{mark_of(story.key)}": str(story.number) for story in view.stories}
    places[f"place-{mark_of(view.stories[1].key)}"] = "1"
    subject = "Interconnector opens, <b>and</b> grid plans grow"
    answer = desk.post(path, act="edit", subject=subject, intro="Good morning.", **places)
    assert answer.status_code == 200
    assert "Your changes are saved" in answer.text
    edited = only_issue(desk.app)
    assert (edited.subject, edited.intro) == (subject, "Good morning.")
    assert titles(desk.app, edited)[:2] == [view.stories[1].title, view.stories[0].title]
    assert edited.html_sha256 != desk.issue.html_sha256
    draft = desk.client.get(f"{path}/issue")
    assert "Good morning." in draft.text
    assert "<b>and</b>" not in draft.text
    assert "sandbox" in draft.headers["content-security-policy"]


def test_a_refused_edit_says_why_and_keeps_what_was_typed(desk: Desk) -> None:
    answer = desk.post(desk.link(Action.OPEN), act="edit", subject="Happy new year", intro="")
    assert answer.status_code == 422
    assert "names nothing of a lead story" in answer.text
    assert 'value="Happy new year"' in answer.text
    assert only_issue(desk.app) == desk.issue


@pytest.mark.parametrize("act", ["", "nonsense", "open"])
def test_a_form_that_asks_for_nothing_changes_nothing(desk: Desk, act: str) -> None:
    assert desk.post(desk.link(Action.OPEN), act=act).status_code == 422
    assert only_issue(desk.app) == desk.issue


def test_the_desk_pins_drops_holds_and_approves(desk: Desk) -> None:
    path = desk.link(Action.OPEN)
    view = review_view(desk.app, desk.issue.id)
    second, first = view.stories[1], view.stories[0]
    assert desk.post(path, act="pin", story=mark_of(second.key)).status_code == 200
    assert titles(desk.app, desk.issue)[0] == second.title
    assert desk.post(path, act="story", story=mark_of(first.key)).status_code == 200
    assert first.title not in titles(desk.app, desk.issue)
    assert desk.post(path, act="hold").status_code == 200
    answer = desk.post(path, act="approve")
    assert "4 deliveries leave at Mon 2026-11-23 09:00 Europe/Berlin" in answer.text
    done = [action for _, action in deeds(desk.app)]
    wanted = ["story_pinned", "story_dropped", "held", "approved"]
    assert done == [f"issue.{word}" for word in wanted]
    assert "rita@example.org put a story first" in desk.client.get(path).text


def test_pages_keep_out_of_caches_other_sites_and_scripts(desk: Desk) -> None:
    answer = desk.client.get(desk.link(Action.OPEN))
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "<script" not in answer.text
    assert "set-cookie" not in answer.headers


def test_an_expired_issue_says_so(desk: Desk, clock: Clock) -> None:
    path = desk.link(Action.APPROVE)
    clock.now = MONDAY_NINE + timedelta(hours=47)
    from autopilot.store import issues

    with desk.app.database.begin() as connection:
        issues.move_issue(connection, desk.issue, replace(desk.issue, status="expired"))
    assert "It expired" in desk.client.get(path).text
    assert desk.post(path).status_code == 409
    with pytest.raises(Exception, match="expired"):
        reviewing.hold(desk.app, desk.issue.id, actor="cli:ann")
