"""Specifications at a glance: a page of them, each with the schedules that come first."""

from __future__ import annotations

from service.conftest import apply

from autopilot.domain.access import LOCAL
from autopilot.service.access.reach import Reach
from autopilot.service.context import App
from autopilot.service.schedules import disable_schedule, get_autopilot_schedules
from autopilot.service.specification_overview import glance_at
from autopilot.store.workspaces import find_workspace

WEEKLY = """
      - {{name: {name}, type: weekly, config: {{days: [{day}], times: ["09:00"]}}}}"""
LETTER = """
  - slug: {slug}
    name: Letter {slug}
    categories: [{{id: grid, name: Grid, keywords: [grid]}}]
    schedules:"""
DAYS = {"Friday": "fri", "Tuesday": "tue", "Thursday": "thu", "Wednesday": "wed"}


def test_each_has_its_next_three_schedules_and_how_many_it_has_in_all(app: App) -> None:
    letters = LETTER.format(slug="many")
    letters += "".join(WEEKLY.format(name=name, day=day) for name, day in DAYS.items())
    letters += LETTER.format(slug="none") + " []"
    document = f"workspace: acme\nname: Acme\ntimezone: Europe/Berlin\nspecifications:{letters}\n"
    apply(app, document)
    (friday,) = (it for it in get_autopilot_schedules(app=app) if it.name == "Friday")
    disable_schedule(friday.id, app=app)
    many, none = glance_at(Reach(app, LOCAL), friday.workspace_id).items
    assert [it.name for it in many.upcoming.first] == ["Tuesday", "Wednesday", "Thursday"]
    assert many.upcoming.in_all == 4
    assert (none.upcoming.first, none.upcoming.in_all) == ((), 0)


def test_a_page_says_where_the_next_one_begins(app: App) -> None:
    letters = "".join(LETTER.format(slug=slug) + " []" for slug in ("a", "b", "c"))
    apply(app, f"workspace: acme\nname: Acme\nspecifications:{letters}\n")
    with app.database.read() as connection:
        workspace = find_workspace(connection, "acme")
    assert workspace is not None
    reach = Reach(app, LOCAL)
    first = glance_at(reach, workspace.id, limit=2)
    assert [it.document.slug for it in first.items] == ["a", "b"]
    rest = glance_at(reach, workspace.id, after=first.next, limit=2)
    assert [it.document.slug for it in rest.items] == ["c"]
    assert rest.next is None
    assert [it.document.slug for it in glance_at(reach, workspace.id, text="LETTER B").items] == [
        "b"
    ]
