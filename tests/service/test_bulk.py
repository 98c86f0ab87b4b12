"""Many schedules at once: each by itself, within what one may, with a reason."""

from __future__ import annotations

from uuid import uuid4

import pytest
from service.conftest import SECOND, Clock

from autopilot.domain.access import LOCAL, Grant, Principal, Role
from autopilot.domain.schedule import Schedule
from autopilot.errors import InputRefused
from autopilot.service.access.reach import Reach
from autopilot.service.bulk import pause_schedules, resume_schedules
from autopilot.service.context import App
from autopilot.service.schedule_overview import choices, deeds_on, names_of, who_hears
from autopilot.service.schedules import (
    create_autopilot_schedule,
    delete_schedule,
    get_autopilot_schedules,
)


@pytest.fixture
def two(energy: App) -> list[Schedule]:
    (first,) = get_autopilot_schedules(app=energy)
    second = create_autopilot_schedule(
        first.specification_id,
        first.workspace_id,
        "bob@example.org",
        "Daily",
        "daily",
        {"times": ["10:00"]},
        app=energy,
    )
    return [first, second]


def test_one_that_cannot_be_paused_keeps_no_other(energy: App, two: list[Schedule]) -> None:
    delete_schedule(two[0].id, app=energy)
    unknown = uuid4()
    done = pause_schedules(
        Reach(energy, LOCAL), [two[0].id, unknown, two[1].id], reason=" Summer\nbreak "
    )
    assert [item.status_reason for item in done.changed] == ["Summer break"]
    assert [identity for identity, _ in done.refused] == [two[0].id, unknown]
    back = resume_schedules(Reach(energy, LOCAL), [two[1].id])
    assert [item.enabled for item in back.changed] == [True]


def test_a_viewer_pauses_nothing(energy: App, two: list[Schedule]) -> None:
    grant = Grant(role=Role.VIEWER)
    viewer = Reach(energy, Principal(name="vic", grants={two[0].workspace_id: grant}))
    done = pause_schedules(viewer, [item.id for item in two], reason="mine")
    assert (len(done.changed), len(done.refused)) == (0, 2)
    assert all(item.enabled for item in get_autopilot_schedules(app=energy))


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 501])
def test_a_pause_has_a_reason_that_can_be_read(
    energy: App, two: list[Schedule], reason: str
) -> None:
    with pytest.raises(InputRefused, match="reason"):
        pause_schedules(Reach(energy, LOCAL), [item.id for item in two], reason=reason)


def test_what_a_list_can_be_narrowed_by(energy: App, two: list[Schedule]) -> None:
    reach = Reach(energy, LOCAL)
    pause_schedules(reach, [two[0].id], reason="x")
    known = choices(reach, [two[0].workspace_id])
    assert list(known.specifications.values()) == ["Energy Weekly"]
    assert known.owners == ["ann@example.org", "bob@example.org"]
    assert (known.counts, known.total) == ({"active": 1, "paused": 1}, 2)
    assert set(names_of(reach, two).values()) == {"Energy Weekly"}


def test_deeds_are_told_newest_first(energy: App, two: list[Schedule], clock: Clock) -> None:
    reach = Reach(energy, LOCAL)
    clock.pass_(SECOND)
    pause_schedules(reach, [two[1].id], reason="x")
    assert [deed.action for deed in deeds_on(reach, two[1].id)] == [
        "schedule.paused",
        "schedule.created",
    ]


def test_who_hears_of_a_failure_is_said_also_where_nobody_does(
    energy: App, two: list[Schedule]
) -> None:
    told = who_hears(Reach(energy, LOCAL), two[0])
    assert not told.is_heard
    assert told.why_not is not None
    assert "AUTOPILOT_SMTP_URL" in told.why_not
