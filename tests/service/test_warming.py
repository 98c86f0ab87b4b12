"""What the first slot would have to wait for."""

from __future__ import annotations

from service.asking import all_runs, rows
from service.conftest import SUNDAY, Clock
from service.scheduling import DAY, daily

from autopilot.service.context import App
from autopilot.service.tick import tick
from autopilot.service.warming import warm_up
from autopilot.store import batches


def test_warming_up_writes_nothing(quiet: App, clock: Clock) -> None:
    daily(quiet)
    before = rows(quiet, "autopilot_schedules")
    clock.now = SUNDAY + DAY
    warm_up(quiet)
    assert rows(quiet, "autopilot_schedules") == before
    assert all_runs(quiet) == []
    assert len(tick(quiet).runs) == 1


def test_the_statements_of_a_batch_are_built_then(quiet: App) -> None:
    warm_up(quiet)
    built = "_for_arrays" if quiet.database.is_postgres else "_for_rows"
    assert built in vars(batches._END)
