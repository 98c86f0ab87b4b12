"""`autopilot worker`, the default: started, left alone until it has ticked, stopped."""

from __future__ import annotations

import sys

from drivers.firing import Firing
from drivers.scene import Scene


def fire(scene: Scene) -> None:
    with scene.process(sys.executable, "-m", "autopilot", "worker") as worker:
        scene.until_ticked(worker)


FIRING = Firing(name="worker", fire=fire)
