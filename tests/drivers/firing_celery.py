"""Celery: a worker with its beat on a real Redis, until it has ticked and nothing is open."""

from __future__ import annotations

from drivers.celery_fleet import worker
from drivers.firing import Firing
from drivers.scene import Scene


def fire(scene: Scene) -> None:
    with worker(scene, "-B") as working:
        scene.until_ticked(working)


FIRING = Firing(name="celery", fire=fire, needs={"redis_url": "AUTOPILOT_CELERY_BROKER"})
