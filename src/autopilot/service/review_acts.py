"""Review acts: what a reviewer's click does, and in which words the page tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from autopilot.domain.issue import MOVES, IssueStatus
from autopilot.errors import InputRefused
from autopilot.service.context import App
from autopilot.service.draft_edits import drop_story, edit, pin_story
from autopilot.service.redrawing import EDITABLE
from autopilot.service.review_links import Action, Ticket, read_ticket, reviewer_of, story_marked
from autopilot.service.review_view import ReviewStory, ReviewView, review_view, told_state
from autopilot.service.reviewing import Moved, approve, hold, withdraw

PIN, EDIT = "pin", "edit"
_TO = {
    Action.APPROVE: IssueStatus.APPROVED,
    Action.HOLD: IssueStatus.HELD,
    Action.DROP: IssueStatus.WITHDRAWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A reviewer at an issue with a link; `story` is the one the link is about, None where it is
    about none, or that one is gone.
    """

    ticket: Ticket
    reviewer: str
    view: ReviewView
    story: ReviewStory | None

    @property
    def is_possible(self) -> bool:
        """Whether what the link is for can still be done."""
        return may(self.view, self.ticket.action) and (
            self.ticket.action is not Action.STORY or self.story is not None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a form asks for: `act` in one word, of the issue's `version` that was looked at.

    `places` are the numbers that stories were given, by their marks.
    """

    act: str
    version: int
    story: str = ""
    subject: str = ""
    intro: str = ""
    places: Mapping[str, int] = field(default_factory=dict)


def visit(app: App, token: str) -> Visit | None:
    """Return who came with a link, and to what; None for one that was not made here or is over."""
    ticket = read_ticket(app, token)
    if ticket is None:
        return None
    view = review_view(app, ticket.issue_id)
    reviewer = reviewer_of(view.review, ticket)
    if reviewer is None:
        return None
    story = story_marked(view.stories, ticket.story) if ticket.story else None
    return Visit(ticket=ticket, reviewer=reviewer, view=view, story=story)


def may(view: ReviewView, action: Action) -> bool:
    """Whether an issue's status, and the gate, allow this."""
    if action is Action.APPROVE and view.errors:
        return False
    to = _TO.get(action)
    return view.status in EDITABLE if to is None else to in MOVES[view.status]


def fulfil(app: App, came: Visit, wish: Wish) -> str:
    """Do what a form asks for and return what happened, in sentences.

    A link for one thing does that thing alone, whatever its form says. Raises Conflict, NotFound or
    InputRefused, with nothing done.
    """
    action = came.ticket.action
    asked = wish
    if action is not Action.OPEN:
        asked = replace(wish, act=action.value, story=came.ticket.story)
    return carry_out(app, came.view, asked, actor=f"review:{came.reviewer}")


def carry_out(app: App, view: ReviewView, wish: Wish, *, actor: str) -> str:
    """Do to an issue what is asked for and return what happened, in sentences.

    Raises Conflict, NotFound or InputRefused, with nothing done.
    """
    issue_id = view.issue.id
    if wish.act == Action.APPROVE:
        return _told_approved(app, approve(app, issue_id, actor=actor, version=wish.version))
    if wish.act == Action.HOLD:
        hold(app, issue_id, actor=actor, version=wish.version)
        return "It is held. Nobody gets it until somebody approves it."
    if wish.act == Action.DROP:
        withdraw(app, issue_id, actor=actor, version=wish.version)
        return "It was dropped. Nobody gets this issue."
    if wish.act == EDIT:
        return _edit(app, view, wish, actor)
    if wish.act not in (PIN, Action.STORY):
        raise InputRefused("Nothing was asked for; nothing was changed.")
    how = {"actor": actor, "version": wish.version}
    return _story(app, issue_id, wish.act, _key(view, wish.story), how)


def _told_approved(app: App, moved: Moved) -> str:
    view = review_view(app, moved.issue.id)
    if not moved.deliveries:
        return "It is approved. It goes to nobody: this newsletter has no channel, or no reader."
    when = "now" if view.sends_at is None else f"at {view.local(view.sends_at)}"
    many = (
        "1 delivery leaves" if moved.deliveries == 1 else f"{moved.deliveries:,} deliveries leave"
    )
    return f"It is approved: {many} {when}."


def _key(view: ReviewView, mark: str) -> str:
    story = story_marked(view.stories, mark)
    return "" if story is None else story.key


def _story(app: App, issue_id: UUID, act: str, key: str, how: Mapping[str, object]) -> str:
    verb = pin_story if act == PIN else drop_story
    edited = verb(app, issue_id, key, **how)  # type: ignore[arg-type]
    done = "It stands first in its section now." if act == PIN else "The story was dropped."
    return " ".join([done, *edited.told])


def _edit(app: App, view: ReviewView, wish: Wish, actor: str) -> str:
    issue, stories = view.issue, view.stories
    order = _order(stories, wish.places)
    edit(
        app,
        issue.id,
        actor=actor,
        version=wish.version,
        subject=None if wish.subject == issue.subject else wish.subject,
        intro=None if _lines(wish.intro) == _lines(issue.intro) else wish.intro,
        order=order,
    )
    return f"Your changes are saved. {told_state(review_view(app, issue.id))}"


def _order(stories: tuple[ReviewStory, ...], places: Mapping[str, int]) -> list[int] | None:
    """The numbers of stories by the places they were given; None where they stay as they are."""
    from autopilot.service.review_links import mark_of

    wanted = [(places.get(mark_of(it.key), it.number), it.number) for it in stories]
    # Who writes 1 beside the third story means it to come before the one that was first.
    moved = sorted(wanted, key=lambda pair: (pair[0], pair[0] == pair[1], pair[1]))
    order = [number for _, number in moved]
    return None if order == [story.number for story in stories] else order


def _lines(text: str) -> list[str]:
    return text.split()
