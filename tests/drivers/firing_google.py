"""Google Cloud: each function under Google's own framework, called once."""

from __future__ import annotations

from drivers.firing import Firing
from drivers.google_functions import function
from drivers.scene import Scene


def fire_http(scene: Scene) -> None:
    with function(scene, "tick_http") as called:
        answer = called.call()
    assert answer.status_code == 200, answer.text


def fire_event(scene: Scene) -> None:
    with function(scene, "tick_event") as called:
        answer = called.send()
    assert answer.status_code == 200, answer.text


HTTP = Firing(name="google http", fire=fire_http)
EVENT = Firing(name="google event", fire=fire_event)
