"""review: issues that no reader has had yet: look, approve, hold, drop, edit, try on yourself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from autopilot.cli import output
from autopilot.cli.opening import actor, opened
from autopilot.cli.options import Json, Workspace, listed
from autopilot.errors import InputRefused, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autopilot.service.context import App
    from autopilot.service.draft_edits import Edited

app = typer.Typer(
    help="See, change, approve or drop an issue before its readers get it.", no_args_is_help=True
)
Which = Annotated[
    str,
    typer.Argument(metavar="ISSUE", help='First digits of its id or of its run\'s, or "last".'),
]
By = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="Who decides, for the audit log.")
]
Number = Annotated[int, typer.Option("--story", min=1, help="Which story, counted from 1.")]


@app.command("list")
def list_(
    spec: Annotated[
        str | None, typer.Option("--spec", metavar="SPEC", help="Only of this specification.")
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=1_000, help="How many, newest first.")
    ] = 20,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """List the issues that wait, are held, or are drafts, newest first."""
    from autopilot.cli.review_show import issue_values, show_issues
    from autopilot.service.lookup import specification_named, workspace_named
    from autopilot.service.review_view import issues_to_review
    from autopilot.service.status import specification_slugs

    with opened() as opened_app:
        chosen = spec and specification_named(opened_app, spec, workspace=workspace)
        inside = None if workspace is None else workspace_named(opened_app, workspace).id
        found = issues_to_review(
            opened_app,
            workspace_id=inside,
            specification_id=chosen.id if chosen else None,
            limit=limit,
        )
        slugs = specification_slugs(opened_app)
    values = [issue_values(row, slugs.get(row.specification_id)) for row in found]
    if as_json:
        output.show_json({"issues": values})
    elif not values:
        output.say("No issue waits for anybody.")
        output.next_steps("autopilot runs list")
    else:
        show_issues(values)
        output.next_steps(f"autopilot review show {values[0]['issue_id'][:8]}")


@app.command()
def show(issue: Which, as_json: Json = False) -> None:
    """Show an issue as reviewers see it: state, stories, what the gate found, who did what."""
    from autopilot.cli.review_show import show_view, view_values
    from autopilot.service.lookup import issue_named
    from autopilot.service.review_view import review_view

    with opened() as opened_app:
        view = review_view(opened_app, issue_named(opened_app, issue).id)
    if as_json:
        output.show_json(view_values(view))
        return
    show_view(view)
    name = str(view.issue.id)[:8]
    output.next_steps(f"autopilot review approve {name}", f"autopilot review drop {name} --story 1")


@app.command()
def approve(issue: Which, by: By = None, as_json: Json = False) -> None:
    """Send an issue to its readers: now, or at its slot where that is to come."""
    from autopilot.service.lookup import issue_named
    from autopilot.service.review_view import review_view, told_sending
    from autopilot.service.reviewing import approve as do

    with opened() as opened_app:
        view = review_view(opened_app, issue_named(opened_app, issue).id)
        # What is told is what was looked at: somebody who changes it meanwhile is noticed.
        moved = do(opened_app, view.issue.id, actor=by or actor(), version=view.issue.version)
        _tell(
            opened_app,
            view.issue.id,
            f"Approved: {told_sending(view)}.",
            as_json=as_json,
            more={"deliveries": moved.deliveries, "people": view.audience.people},
        )
    if not as_json:
        output.next_steps("autopilot status")


@app.command()
def hold(issue: Which, by: By = None, as_json: Json = False) -> None:
    """Stop an issue until somebody approves it."""
    from autopilot.service.lookup import issue_named
    from autopilot.service.reviewing import hold as do

    with opened() as opened_app:
        held = do(opened_app, issue_named(opened_app, issue).id, actor=by or actor()).issue
        told = "Held: nobody gets it until somebody approves it."
        _tell(opened_app, held.id, told, as_json=as_json)
    if not as_json:
        output.next_steps(f"autopilot review approve {str(held.id)[:8]}")


@app.command()
def drop(
    issue: Which,
    story: Annotated[
        int | None,
        typer.Option(
            "--story", min=1, help="Only this story, counted from 1; the next best fills in."
        ),
    ] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Drop an issue for good, or one of its stories."""
    from autopilot.service.draft_edits import drop_story
    from autopilot.service.lookup import issue_named
    from autopilot.service.reviewing import withdraw

    with opened() as opened_app:
        found = issue_named(opened_app, issue)
        if story is not None:
            edited = drop_story(opened_app, found.id, story, actor=by or actor())
            _tell_edited(opened_app, edited, "Dropped the story.", as_json=as_json)
            return
        withdraw(opened_app, found.id, actor=by or actor())
        _tell(opened_app, found.id, "Dropped: nobody gets this issue.", as_json=as_json)
    if not as_json:
        output.next_steps("autopilot review list")


@app.command()
def pin(issue: Which, story: Number, by: By = None, as_json: Json = False) -> None:
    """Put a story first in its section; it is the last to be shortened."""
    from autopilot.service.draft_edits import pin_story
    from autopilot.service.lookup import issue_named

    with opened() as opened_app:
        found = issue_named(opened_app, issue)
        edited = pin_story(opened_app, found.id, story, actor=by or actor())
        _tell_edited(opened_app, edited, "Pinned the story.", as_json=as_json)


@app.command()
def edit(
    issue: Which,
    subject: Annotated[str | None, typer.Option("--subject", help="The subject.")] = None,
    intro: Annotated[
        str | None, typer.Option("--intro", help='The introduction; "" takes it away.')
    ] = None,
    order: Annotated[
        str | None,
        typer.Option("--order", metavar="N,N", help="Stories by number; others follow."),
    ] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Change subject, introduction or order. It is drawn anew and passes the gate again."""
    from autopilot.service.draft_edits import edit as do
    from autopilot.service.lookup import issue_named

    numbers = _numbers(order)
    with opened() as opened_app:
        found = issue_named(opened_app, issue)
        edited = do(
            opened_app,
            found.id,
            actor=by or actor(),
            subject=subject,
            intro=intro,
            order=numbers,
        )
        _tell_edited(opened_app, edited, "Saved.", as_json=as_json)


@app.command("test")
def try_out(
    issue: Which,
    to: Annotated[str, typer.Option("--to", metavar="ADDRESS", help="Where the test goes.")],
    by: By = None,
    as_json: Json = False,
) -> None:
    """A test to one address, marked [Test]; it goes to nobody else and counts as no delivery."""
    from autopilot.service.lookup import issue_named
    from autopilot.service.trying_out import send_test

    with opened() as opened_app:
        found = issue_named(opened_app, issue)
        words = send_test(opened_app, found.id, to, actor=by or actor())
        told = f"A test went to {to.strip()}, and to nobody else. The relay said: {words}"
        _tell(opened_app, found.id, told, as_json=as_json, more={"to": to.strip(), "answer": words})
    if not as_json:
        output.next_steps(f"autopilot review approve {str(found.id)[:8]}   # to its readers")


def _tell(
    opened_app: App, issue_id: Any, told: str, *, as_json: bool, more: dict[str, Any] | None = None
) -> None:
    from autopilot.cli.review_show import view_values
    from autopilot.service.review_view import review_view

    if as_json:
        values = view_values(review_view(opened_app, issue_id))
        output.show_json(values | {"told": [told]} | (more or {}))
        return
    output.say(told, style="bold")


def _tell_edited(opened_app: App, edited: Edited, told: str, *, as_json: bool) -> None:
    from autopilot.cli.review_show import show_stories, view_values
    from autopilot.service.review_view import review_view

    view = review_view(opened_app, edited.issue.id)
    if as_json:
        output.show_json(view_values(view) | {"told": [told, *edited.told]})
        return
    output.say(" ".join([told, *edited.told]), style="bold")
    output.say(f"Subject: {view.issue.subject}")
    show_stories(view)
    output.next_steps(f"autopilot review approve {str(edited.issue.id)[:8]}")


def _numbers(text: str | None) -> Sequence[int] | None:
    parts = listed(text)
    if parts is None:
        return None
    if parts and all(part.isascii() and part.isdigit() for part in parts):
        return [int(part) for part in parts]
    problem = Problem(path="--order", message=f"{text!r} is no list of numbers", example="3,1,2")
    raise InputRefused("The stories cannot be ordered so:", [problem])
