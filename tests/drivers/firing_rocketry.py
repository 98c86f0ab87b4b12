"""Rocketry in an environment of its own, which starts `autopilot tick` as a process."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace

from drivers.firing import Firing
from drivers.rocketry_home import CLOCK, rocketry_python
from drivers.scene import Scene, until
from sqlalchemy import func, select

from autopilot.store.tables import workers


def with_command(scene: Scene) -> Scene:
    """The scene with the setting that says where `autopilot` is."""
    told = {"AUTOPILOT_COMMAND": shlex.join([sys.executable, "-m", "autopilot"])}
    return replace(scene, environment={**scene.environment, **told})


def fire(scene: Scene) -> None:
    here, before = with_command(scene), ticks_of(scene)
    with here.process(rocketry_python(), str(CLOCK)):
        until(lambda: ticks_of(scene) > before and not scene.open_runs())


def ticks_of(scene: Scene) -> int:
    """How many ticks of processes that came and went have ended well."""
    query = select(func.count()).where(workers.c.last_tick_at.is_not(None))
    with scene.app.database.read() as connection:
        return int(connection.scalar(query) or 0)


FIRING = Firing(name="rocketry", fire=fire)
