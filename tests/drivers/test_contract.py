"""The contract of all drivers, each with its real component: a due slot and one firing leave exactly
one run; two firings at once, and one more afterwards, still one.

A driver plugs in with a file `firing_NAME.py` and a line in `firings.py`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from drivers.conftest import SetScene
from drivers.firing import Firing
from drivers.firings import FIRINGS
from drivers.scene import Scene
from sqlalchemy import select

from autopilot.store.tables import autopilot_schedules, issues, newsletter_runs

each_driver = pytest.mark.parametrize("driver", FIRINGS, ids=lambda it: it.name.replace(" ", "-"))


@pytest.fixture
def scene(driver: Firing, set_scene: SetScene, request: pytest.FixtureRequest) -> Scene:
    told = {name: request.getfixturevalue(fixture) for fixture, name in driver.needs.items()}
    return set_scene(**told)


@each_driver
def test_a_due_slot_and_one_firing_leave_exactly_one_run(driver: Firing, scene: Scene) -> None:
    driver.fire(scene)
    assert_made_once(scene)


@each_driver
def test_two_firings_at_once_and_one_afterwards_leave_exactly_one_run(
    driver: Firing, scene: Scene
) -> None:
    with ThreadPoolExecutor(2) as pool:
        for fired in [pool.submit(driver.fire, scene) for _ in range(2)]:
            fired.result()
    driver.fire(scene)
    assert_made_once(scene)


def assert_made_once(scene: Scene) -> None:
    def rows(query: Any) -> list[Any]:
        return list(connection.execute(query).all())

    with scene.app.database.read() as connection:
        (run,) = rows(select(newsletter_runs))
        made = rows(select(issues.c.run_id))
        counted = autopilot_schedules.c
        figures = rows(select(counted.run_count, counted.success_count, counted.failure_count))
    assert (run.status, run.lease_until, run.owner_token) == ("succeeded", None, None)
    assert [it.run_id for it in made] == [run.id]
    assert figures == [(1, 1, 0)]
