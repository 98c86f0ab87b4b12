"""APScheduler in a process of its own."""

from __future__ import annotations

import sys

from drivers.firing import Firing
from drivers.scene import Scene


def fire(scene: Scene) -> None:
    with scene.process(sys.executable, "-m", "autopilot.drivers.on_apscheduler") as clock:
        scene.until_ticked(clock)


FIRING = Firing(name="apscheduler", fire=fire)
