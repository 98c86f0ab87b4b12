"""AWS Lambda: a container under AWS's own runtime client, invoked once by the Runtime API."""

from __future__ import annotations

from drivers.firing import Firing
from drivers.runtime_api import container, running_api
from drivers.scene import Scene


def fire(scene: Scene) -> None:
    with running_api() as api, container(scene, api):
        answered = api.invoke()
    assert answered.error is None, answered.error


FIRING = Firing(name="lambda", fire=fire)
