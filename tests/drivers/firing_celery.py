"""Celery: a beat and a worker on a real Redis, until the worker has ticked and nothing is open."""

from __future__ import annotations

from drivers.celery_fleet import beat, worker
from drivers.firing import Firing
from drivers.scene import Scene


def fire(scene: Scene) -> None:
    with worker(scene) as working, beat(scene):
        scene.until_ticked(working)


FIRING = Firing(name="celery", fire=fire, needs={"redis_url": "AUTOPILOT_CELERY_BROKER"})
