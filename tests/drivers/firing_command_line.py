"""`autopilot tick`, as cron calls it."""

from __future__ import annotations

import sys

from drivers.firing import Firing
from drivers.scene import Scene


def fire(scene: Scene) -> None:
    scene.run(sys.executable, "-m", "autopilot", "tick", "--json")


FIRING = Firing(name="command line", fire=fire)
