"""Huey: its consumer in a process of its own, its queue in a file or in a real Redis."""

from __future__ import annotations

import sys

from drivers.firing import Firing
from drivers.scene import Scene


def fire(scene: Scene) -> None:
    with scene.process(sys.executable, "-m", "autopilot.drivers.on_huey") as consumer:
        scene.until_ticked(consumer)


ON_SQLITE = Firing(name="huey on SQLite", fire=fire)
ON_REDIS = Firing(name="huey on Redis", fire=fire, needs={"redis_url": "AUTOPILOT_HUEY_URL"})
