"""A newsletter under review, as the tests of reviewing use it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from service.asking import rows
from service.conftest import MONDAY_NINE, SECOND, SUNDAY, Clock, apply
from service.feeds import Feeds, Item

from autopilot.service.context import App
from autopilot.service.tick import tick
from autopilot.store import issues
from autopilot.store.issues import IssueRow

HOLD = timedelta(hours=4)
BEGIN = MONDAY_NINE - HOLD + SECOND
READERS = ("one@example.org", "two@example.org", "three@example.org")
DOCUMENT = """
workspace: acme
name: Acme Research
timezone: Europe/Berlin
owners: [olga@example.org]
brand: {{name: Acme Weekly, color: "#0f766e", footer: "Acme GmbH, Example Street 1, Berlin"}}
specifications:
  - slug: energy
    name: Energy Weekly
    cadence: weekly
    categories:
      - {{id: grid, name: Power grid, max_stories: 2, keywords: [grid, transmission, interconnector]}}
      - {{id: storage, name: Storage, keywords: [battery, storage]}}
    sources: [{{url: "{source}", name: Wire}}]
    channels:
      - {{type: email, internal: true, recipients: [{readers}]}}
      - {{type: archive}}
    schedules:
      - {{name: Monday nine, type: weekly, config: {{days: [mon], times: ["09:00"]}}, review: {review}}}
"""
STORIES = (
    ("Grid operator plans new transmission line", "The grid operator will build 120 km of line."),
    ("Interconnector across the sea opens early", "The interconnector carries 700 megawatts."),
    ("Transmission charges rise in spring", "Transmission charges go up by 4 percent in March."),
    ("Battery storage park starts near Leipzig", "The battery storage park holds 90 MWh."),
    ("Football club wins the cup", "A late goal."),
)


def wire(feeds: Feeds) -> str:
    """Serves three stories of the grid, of which two fit, one of storage, and one of neither."""
    items = (
        Item(title=title, text=text, published=SUNDAY - timedelta(days=2, hours=place))
        for place, (title, text) in enumerate(STORIES)
    )
    return feeds.serve("feed.xml", *items)


def under_review(app: App, feeds: Feeds, review: str, *, readers: str = ", ".join(READERS)) -> None:
    """Applies the small workspace whose schedule has this review."""
    apply(app, DOCUMENT.format(source=wire(feeds), review=review, readers=readers))


def made(app: App, clock: Clock) -> IssueRow:
    """Lets Monday's issue be made, four hours before its slot."""
    clock.now = BEGIN
    tick(app)
    return only_issue(app)


def only_issue(app: App) -> IssueRow:
    (row,) = rows(app, "issues")
    return issue(app, row.id)


def issue(app: App, identity: Any) -> IssueRow:
    with app.database.read() as connection:
        found = issues.get_issue(connection, identity)
    assert found is not None
    return found


def titles(app: App, made: IssueRow) -> list[str]:
    """The headlines of an issue in reading order."""
    with app.database.read() as connection:
        return [story.document["title"] for story in issues.stories_of(connection, made.id)]


def deeds(app: App) -> list[tuple[str, str]]:
    """Who did what to issues, in order."""
    found = sorted(rows(app, "audit_log"), key=lambda row: row.at)
    return [(row.actor, row.action) for row in found if row.subject_type == "issue"]
