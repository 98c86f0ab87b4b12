"""Issues under review as people and programs read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from autopilot.cli import output

if TYPE_CHECKING:
    from autopilot.service.review_view import ReviewView
    from autopilot.store.issues import IssueRow


def issue_values(issue: IssueRow, slug: str | None) -> dict[str, Any]:
    """Return an issue's own row as JSON."""
    from autopilot.domain.instants import iso

    return {
        "issue_id": str(issue.id),
        "run_id": str(issue.run_id),
        "specification": slug,
        "status": issue.status,
        "subject": issue.subject,
        "scheduled_for": iso(issue.scheduled_for),
        "release_at": iso(issue.release_at),
        "mode": None if issue.review is None else issue.review["mode"],
        "created_at": iso(issue.created_at),
        "version": issue.version,
    }


def view_values(view: ReviewView) -> dict[str, Any]:
    """Return all that reviewers see as JSON."""
    from autopilot.domain.instants import iso
    from autopilot.service.review_view import told_state

    return issue_values(view.issue, view.slug) | {
        "state": told_state(view),
        "timezone": view.zone,
        "preheader": view.issue.preheader,
        "intro": view.issue.intro,
        "people": view.audience.people,
        "channels": list(view.audience.channels),
        "errors": list(view.errors),
        "warnings": list(view.warnings),
        "stories": [
            {
                "number": story.number,
                "title": story.title,
                "url": story.url,
                "source": story.source,
                "category": story.category,
                "region": story.region or None,
                "summary": story.summary,
                "reason": story.reason,
            }
            for story in view.stories
        ],
        "letters": [
            {"to": letter.address, "status": letter.status.value, "reason": letter.reason}
            for letter in view.letters
        ],
        "deeds": [
            {
                "at": iso(deed.at),
                "by": deed.actor,
                "action": deed.action,
                "detail": dict(deed.detail),
            }
            for deed in view.deeds
        ],
    }


def show_issues(values: Iterable[Mapping[str, Any]]) -> None:
    """Print issues as a table: what, of which newsletter, and when something happens to it."""
    rows = [
        (
            item["issue_id"][:8],
            item["specification"] or "",
            item["status"],
            _until(item),
            item["subject"],
        )
        for item in values
    ]
    output.show_table(
        ("Issue", "Of", "Status", "Until", "Subject"), rows, whole=("Issue", "Status")
    )


def _until(item: Mapping[str, Any]) -> str:
    if item["release_at"] is None:
        return "a person decides"
    word = "goes out" if item["mode"] == "hold" else "expires"
    return f"{word} {item['release_at'][:16].replace('T', ' ')} UTC"


def show_view(view: ReviewView) -> None:
    """Print an issue as reviewers see it."""
    from autopilot.service.review_deeds import told_deed
    from autopilot.service.review_view import told_sending, told_state

    output.say(view.issue.subject, style="bold")
    output.say(f"Issue    {view.issue.id} of {view.slug}")
    output.say(f"State    {told_state(view)}")
    output.say(f"Approve  {told_sending(view)}")
    for error in view.errors:
        output.say(f"Error    {error}", style="red")
    for warning in view.warnings:
        output.say(f"Warning  {warning}", style="yellow")
    for line in view.issue.intro.splitlines():
        output.say(f"         {line}")
    show_stories(view)
    for letter in view.letters:
        told = f": {letter.reason}" if letter.reason else ""
        output.say(f"Letter   {letter.address}, {letter.status.value}{told}")
    for deed in view.deeds:
        output.say(f"{view.local(deed.at)}  {deed.actor} {told_deed(deed)}")


def show_stories(view: ReviewView) -> None:
    """Print the stories by the numbers that the commands take."""
    rows = [(story.number, story.category, story.title, story.source) for story in view.stories]
    output.show_table(("No", "Section", "Story", "Source"), rows, whole=("No",))
