"""Lists in pages: each thing once, newest first, and only what one may read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from service.conftest import MONDAY_NINE, SUNDAY, WEEK, Clock, apply
from sqlalchemy import insert

from autopilot.domain.access import LOCAL, Grant, Principal, Role
from autopilot.errors import InputRefused, NotFound
from autopilot.service.access.reach import Reach
from autopilot.service.context import App
from autopilot.service.listing import Listed, issues_page, last_outcomes, runs_page, schedules_page
from autopilot.service.schedules import disable_schedule, get_autopilot_schedules
from autopilot.service.skipping import skip_next
from autopilot.store.tables import newsletter_runs

SMALL = """
workspace: {name}
name: {name}
timezone: Europe/Berlin
specifications:
  - slug: energy
    name: Energy
    categories: [{{id: grid, name: Grid, keywords: [grid]}}]
    schedules:
      - {{name: First, type: weekly, config: {{days: [mon], times: ["09:00"]}}}}
      - {{name: Second, type: weekly, config: {{days: [mon], times: ["09:00"]}}}}
      - {{name: Third, type: weekly, config: {{days: [tue], times: ["09:00"]}}}}
"""


@dataclass
class Shelf:
    """Two workspaces with three schedules each, by name."""

    app: App
    schedules: Mapping[tuple[str, str], Any]
    workspaces: Mapping[str, UUID]

    @property
    def everything(self) -> Reach:
        return Reach(self.app, LOCAL)

    def only(self, name: str) -> Reach:
        grants = {self.workspaces[name]: Grant(role=Role.VIEWER)}
        return Reach(self.app, Principal(name=name, grants=grants))

    def put(self, workspace: str, *minutes: int, **given: Any) -> list[UUID]:
        """Stores runs that were made so many minutes after Sunday noon."""
        schedule = self.schedules[workspace, "First"]
        rows = [
            {
                "id": uuid4(),
                "workspace_id": schedule.workspace_id,
                "specification_id": schedule.specification_id,
                "autopilot_schedule_id": schedule.id,
                "trigger": "schedule",
                "scheduled_for": MONDAY_NINE - number * WEEK,
                "status": "succeeded",
                "window_start": SUNDAY,
                "window_end": SUNDAY,
                "zone": "Europe/Berlin",
                "due_at": SUNDAY,
                "finished_at": SUNDAY,
                "created_by": "ann",
                "created_at": SUNDAY + timedelta(minutes=minute),
                **given,
            }
            for number, minute in enumerate(minutes)
        ]
        with self.app.database.begin() as connection:
            connection.execute(insert(newsletter_runs), rows)
        return [row["id"] for row in rows]


@pytest.fixture
def shelf(app: App) -> Shelf:
    apply(app, SMALL.format(name="a"))
    apply(app, SMALL.format(name="b"))
    with app.database.read() as connection:
        from autopilot.store.workspaces import list_workspaces

        named = {it.slug: it.id for it in list_workspaces(connection)}
    slugs = {identity: slug for slug, identity in named.items()}
    found = get_autopilot_schedules(app=app)
    return Shelf(app, {(slugs[it.workspace_id], it.name): it for it in found}, named)


def all_pages(ask: Callable[[Any], Listed[Any]]) -> list[Any]:
    """Goes through a list page by page."""
    items, after = [], None
    while True:
        page = ask(after)
        items += page.items
        if page.next is None:
            return items
        after = page.next


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_runs_of_several_workspaces_stand_in_one_order_each_once(shelf: Shelf, size: int) -> None:
    shelf.put("a", 1, 5, 5, 5, 9)
    shelf.put("b", 2, 5, 5, 8)
    runs = all_pages(lambda after: runs_page(shelf.everything, after=after, limit=size))
    assert len({run.id for run in runs}) == 9
    keys = [(run.created_at, run.id.hex) for run in runs]
    assert keys == sorted(keys, reverse=True)


@pytest.mark.parametrize("size", [1, 2, 5, 50])
def test_schedules_stand_by_their_next_slot_then_those_that_are_off(
    shelf: Shelf, size: int
) -> None:
    disable_schedule(shelf.schedules["a", "First"].id, actor="ann", app=shelf.app)
    found = all_pages(lambda after: schedules_page(shelf.everything, after=after, limit=size))
    names = [it.name for it in found]
    assert names == ["First", "Second", "Second", "Third", "Third", "First"]
    assert len({it.id for it in found}) == 6


def test_a_run_that_comes_meanwhile_moves_no_page(shelf: Shelf) -> None:
    shelf.put("a", 1, 2, 3, 4)
    first = runs_page(shelf.everything, limit=2)
    shelf.put("b", 60)
    second = runs_page(shelf.everything, limit=2, after=first.next)
    assert [it.created_at.minute for it in (*first.items, *second.items)] == [4, 3, 2, 1]


def test_who_is_in_one_workspace_reads_nothing_of_the_other(shelf: Shelf) -> None:
    mine, theirs = shelf.put("a", 1), shelf.put("b", 1)
    reach = shelf.only("a")
    assert [run.id for run in runs_page(reach).items] == mine
    assert {it.workspace_id for it in schedules_page(reach).items} == {shelf.workspaces["a"]}
    other = shelf.schedules["b", "First"]
    for asked in (
        {"workspace_id": shelf.workspaces["b"]},
        {"specification_id": other.specification_id},
        {"schedule_id": other.id},
        {"schedule_id": uuid4()},
    ):
        with pytest.raises(NotFound):
            runs_page(reach, **asked)
        with pytest.raises(NotFound):
            issues_page(reach, **asked)
    assert theirs
    assert last_outcomes(reach, [other.id]) == {other.id: []}
    nobody = Reach(shelf.app, Principal(name="nobody"))
    assert not runs_page(nobody).items
    assert not schedules_page(nobody).items


def test_a_specification_of_another_workspace_is_an_empty_list(shelf: Shelf) -> None:
    shelf.put("b", 1)
    other = shelf.schedules["b", "First"].specification_id
    page = runs_page(shelf.everything, workspace_id=shelf.workspaces["a"], specification_id=other)
    assert not page.items


@pytest.mark.parametrize(
    ("filter_", "count"),
    [
        ({"status": "failed"}, 2),
        ({"status": "succeeded"}, 3),
        ({"status": "queued"}, 1),
        ({"status": "running"}, 0),
        ({"trigger": "manual"}, 1),
        ({"trigger": "schedule", "status": "failed"}, 2),
        ({"since": SUNDAY + timedelta(minutes=10)}, 3),
        ({"until": SUNDAY + timedelta(minutes=10)}, 3),
    ],
    ids=str,
)
@pytest.mark.parametrize("who", ["one", "all"])
def test_runs_are_filtered(shelf: Shelf, filter_: dict[str, Any], count: int, who: str) -> None:
    shelf.put("a", 1, 2, 3)
    reach = shelf.everything if who == "all" else shelf.only("a")
    fill_ends(shelf)
    assert len(runs_page(reach, **filter_).items) == count


def fill_ends(shelf: Shelf) -> None:
    for number, minute in enumerate((11, 12)):
        at = MONDAY_NINE - (10 + number) * WEEK
        shelf.put("a", minute, status="failed", reason="broken", scheduled_for=at)
    shelf.put("a", 20, status="queued", finished_at=None, trigger="manual", scheduled_for=None)


def test_the_last_slots_are_told_oldest_first_without_what_people_asked_for(
    shelf: Shelf, clock: Clock
) -> None:
    schedule = shelf.schedules["a", "First"]
    shelf.put("a", 1, 2, 3)
    fill_ends(shelf)
    clock.pass_(timedelta(minutes=30))
    skip_next_of = shelf.schedules["a", "Second"]
    skip_next(shelf.app, skip_next_of.id, actor="ann")
    squares = last_outcomes(shelf.everything, [schedule.id, skip_next_of.id], last=4)
    assert squares == {
        schedule.id: ["failed", "succeeded", "succeeded", "succeeded"],
        skip_next_of.id: ["skipped"],
    }


@pytest.mark.parametrize("text", ["firs", "FIRST", " first "])
def test_schedules_are_found_by_a_part_of_their_name(shelf: Shelf, text: str) -> None:
    assert {it.name for it in schedules_page(shelf.everything, text=text).items} == {"First"}
    assert not schedules_page(shelf.everything, text="%").items


@pytest.mark.parametrize(
    "after", [["x"], ["x", "y"], [1, 2], ["2026-01-01T00:00:00", str(uuid4())]]
)
def test_what_is_no_place_is_refused(shelf: Shelf, after: list[Any]) -> None:
    with pytest.raises(InputRefused):
        runs_page(shelf.everything, after=after)
    with pytest.raises(InputRefused):
        schedules_page(shelf.everything, after=after)
