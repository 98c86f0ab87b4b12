"""Review letters: each reviewer of an issue is asked once, with the draft and what can be done to it.

A letter goes to `sending` in a commit of its own before it leaves. If its sender dies then, nobody
knows whether it arrived; it becomes `unknown`, is shown, and is not sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from autopilot.domain.issue import IssueStatus
from autopilot.domain.letter import Answer, Letter, Verdict
from autopilot.domain.review import LetterStatus
from autopilot.errors import AutopilotError
from autopilot.pipeline.render.languages import long_date
from autopilot.pipeline.render.review_letter import (
    LetterAction,
    LetterStory,
    ReviewPage,
    review_letter_html,
    review_letter_text,
)
from autopilot.service.admission import spoken
from autopilot.service.context import App
from autopilot.service.lease import never
from autopilot.service.review_links import Action, Ticket, link_to, mark_of
from autopilot.service.review_view import (
    ReviewStory,
    ReviewView,
    review_view,
    told_sending,
    told_state,
)
from autopilot.service.sending_guard import may_send
from autopilot.store import review_letters
from autopilot.store.review_letters import ReviewLetter

log = structlog.get_logger(__name__)
IN_HAND = timedelta(minutes=10)  # longer than a relay may take for one letter
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=1), timedelta(minutes=30)
MOST_FAILURES = 20
MOST_AT_ONCE = 50
SENDER_DIED = "its sender ended while the letter was leaving; it may have arrived"


def send_letters(app: App, *, stopping: Callable[[], bool] = never) -> int:
    """Send the letters that are due and return how many were taken.

    None is without a relay, and none from a store that may not send.
    """
    if app.post is None or may_send(app) is not None:
        return 0
    now = app.clock()
    with app.database.begin() as connection:
        review_letters.lose_letters(connection, now, SENDER_DIED)
        due = review_letters.letters_to_send(connection, now, limit=MOST_AT_ONCE)
    count = 0
    for letter in due:
        if stopping():
            break
        count += _send(app, letter)
    return count


def letter_for(app: App, view: ReviewView, address: str) -> Letter:
    """Return the letter that asks a reviewer to look at an issue."""
    page = _page(app, view, address)
    return Letter(
        identity=f"review:{view.issue.id}:{address.casefold()}",
        to=address,
        subject=f"[Review] {view.newsletter}: {view.issue.subject}",
        text=review_letter_text(page),
        html=review_letter_html(page),
        headers={"Auto-Submitted": "auto-generated"},
    )


def _send(app: App, letter: ReviewLetter) -> bool:
    """Take a letter, send it, and write down what the relay said; False where another was first."""
    assert app.post is not None
    try:
        written = letter_for(app, review_view(app, letter.issue_id), letter.address)
    except AutopilotError as error:
        return _keep(app, letter, _put_off(letter, str(error), app.clock()))
    taken = replace(
        letter, status=LetterStatus.SENDING, taken_until=app.clock() + IN_HAND, reason=None
    )
    if not _keep(app, letter, taken):
        return False
    answer = app.post.send(written)
    ended = _answered(taken, answer, app.clock())
    _keep(app, taken, ended)
    tell = log.info if ended.status is LetterStatus.SENT else log.warning
    tell(
        f"A letter to a reviewer is {ended.status}.",
        action="review_letter",
        issue_id=str(letter.issue_id),
        reason=ended.reason,
    )
    return True


def _keep(app: App, before: ReviewLetter, after: ReviewLetter) -> bool:
    with app.database.begin() as connection:
        return review_letters.move_letter(connection, before, after)


def _answered(taken: ReviewLetter, answer: Answer, now: datetime) -> ReviewLetter:
    if answer.verdict is Verdict.LATER:
        return _put_off(taken, answer.words, now)
    status = {
        Verdict.ACCEPTED: LetterStatus.SENT,
        Verdict.REFUSED: LetterStatus.FAILED,
        Verdict.LOST: LetterStatus.UNKNOWN,
    }[answer.verdict]
    return replace(taken, status=status, taken_until=None, reason=answer.words, ended_at=now)


def _put_off(letter: ReviewLetter, reason: str, now: datetime) -> ReviewLetter:
    failures = letter.failures + 1
    if failures >= MOST_FAILURES:
        return replace(
            letter,
            status=LetterStatus.FAILED,
            taken_until=None,
            failures=failures,
            reason=f"{reason} (tried {failures} times)",
            ended_at=now,
        )
    return replace(
        letter,
        status=LetterStatus.PENDING,
        taken_until=None,
        failures=failures,
        reason=reason,
        due_at=now + min(FIRST_RETRY * 2 ** (failures - 1), LONGEST_RETRY),
    )


def _page(app: App, view: ReviewView, address: str) -> ReviewPage:
    reviewers = () if view.review is None else view.review.reviewers
    place = reviewers.index(address) if address in reviewers else -1

    def link(action: Action, story: str = "") -> str:
        ticket = Ticket(issue_id=view.issue.id, action=action, reviewer=place, story=story)
        return (place >= 0 and link_to(app, ticket, view.ends_at)) or ""

    actions = tuple(_actions(view, link)) if link(Action.OPEN) else ()
    day = long_date(view.issue.scheduled_for or view.issue.created_at, "en", view.zone)
    return ReviewPage(
        title=f"The issue of {day} {'is held back' if view.errors else 'is ready for your review'}",
        newsletter=view.newsletter,
        color=view.workspace.brand.color,
        language=view.language,
        state=tuple(_state(view)),
        alarms=tuple(_alarms(view)),
        actions=actions,
        without_links="" if actions else _without_links(view),
        subject=view.issue.subject,
        preheader=view.issue.preheader,
        intro=view.issue.intro,
        stories=tuple(
            _story(story, link(Action.STORY, mark_of(story.key))) for story in view.stories
        ),
        notes=tuple(_notes(view, has_links=bool(actions))),
    )


def _state(view: ReviewView) -> Iterator[str]:
    yield told_state(view)
    if view.lost and view.review is not None and view.issue.release_at is not None:
        left = spoken(view.issue.release_at - view.issue.created_at)
        whole = spoken(view.review.hold)
        yield f"It was made late: its reviewers have {left} instead of {whole}."


def _alarms(view: ReviewView) -> Iterator[str]:
    if view.errors:
        yield (
            "The gate keeps it from being sent as it is: "
            + "; ".join(view.errors)
            + ". Edit it, or drop the story it is about."
        )


def _actions(view: ReviewView, link: Callable[..., str]) -> Iterator[LetterAction]:
    yield LetterAction(
        name="Look at it and change it",
        url=link(Action.OPEN),
        effect="Subject, introduction, order; drop a story, or put one first.",
    )
    if not view.errors:
        sending = told_sending(view)
        yield LetterAction(
            name="Approve it",
            url=link(Action.APPROVE),
            effect=f"{sending[0].upper()}{sending[1:]}.",
        )
    if view.status is not IssueStatus.HELD:
        yield LetterAction(
            name="Hold it",
            url=link(Action.HOLD),
            effect="Nobody gets it until somebody approves it.",
        )
    yield LetterAction(
        name="Drop the issue", url=link(Action.DROP), effect="Nobody ever gets this issue."
    )


def _without_links(view: ReviewView) -> str:
    name = str(view.issue.id)[:8]
    return (
        "This Autopilot has no public address, so there are no links here. On its machine:"
        f" autopilot review approve {name}, autopilot review hold {name},"
        f" autopilot review drop {name} --story 1"
    )


def _story(story: ReviewStory, drop_url: str) -> LetterStory:
    return LetterStory(
        number=story.number,
        title=story.title,
        url=story.url,
        summary=story.summary,
        facts=" · ".join(filter(None, (story.source, story.region))),
        section=story.category,
        drop_url=drop_url,
    )


def _notes(view: ReviewView, *, has_links: bool) -> Iterator[str]:
    if has_links and view.ends_at is not None:
        yield (
            "Each link shows a page that asks before anything happens."
            f" They are yours alone, and work until {view.local(view.ends_at)}."
        )
    yield f"You get this because you review {view.newsletter}. Its readers do not see it."
