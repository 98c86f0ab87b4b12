"""Making by hand: an issue now, as a draft or as a test, and switching on - acts without a question."""

from __future__ import annotations

from collections.abc import Callable

from autopilot.domain.access import Right
from autopilot.domain.run import Run
from autopilot.domain.schedule import Schedule
from autopilot.service.making_now import progress, take_over
from autopilot.service.running import queue_test, run_now
from autopilot.service.schedule_overview import who_hears
from autopilot.service.schedules import enable_schedule
from autopilot.ui.autopilot.places import stay
from autopilot.ui.autopilot.words import switched_on
from autopilot.ui.guard import Visit
from autopilot.ui.parts.acting import told_if_refused


def switch_on(visit: Visit, schedule: Schedule) -> None:
    """Switch a schedule on and tell its next date."""
    with told_if_refused():
        own = visit.reach.schedule(schedule.id, Right.EDIT)
        done = enable_schedule(own.id, actor=visit.actor, app=visit.app)
        stay(told=switched_on(done, who_hears(visit.reach, done), visit.now))


def make_now(visit: Visit, schedule: Schedule) -> None:
    """Make the issue of a schedule now, as a draft."""
    told = (
        "The issue is being made: it is the first of the runs below. It is a draft that nobody gets"
        " until somebody approves it. The slots stay as they are."
    )
    _make(visit, schedule, run_now, told)


def make_test(visit: Visit, schedule: Schedule) -> None:
    """Make a test issue of a schedule now."""
    told = (
        "A test issue is being made: it is the first of the runs below. It goes to nobody, and no"
        " slot moves."
    )
    _make(visit, schedule, queue_test, told)


def _make(visit: Visit, schedule: Schedule, verb: Callable[..., Run], told: str) -> None:
    with told_if_refused():
        own = visit.reach.schedule(schedule.id, Right.EDIT)
        let_begin(visit, verb(visit.app, own.id, actor=visit.actor))
        stay(told=told)


def let_begin(visit: Visit, run: Run) -> None:
    """Let this process make the issue where no worker is alive to do it."""
    if progress(visit.app, run.id).is_stranded:
        take_over(visit.app, run.id)
