"""POST /tick of `autopilot serve`, called once with the secret."""

from __future__ import annotations

import sys
from dataclasses import replace

import httpx2
from acceptance.processes import free_port
from drivers.firing import Firing
from drivers.scene import Scene, until

SECRET = "of-the-outside-clock-0123456789"


def fire(scene: Scene) -> None:
    port = free_port()
    here = replace(
        scene,
        environment={
            **scene.environment,
            "AUTOPILOT_TICK_SECRET": SECRET,
            "AUTOPILOT_SECRET_KEY": "of-these-tests-0123456789-abcdefghij",
        },
    )
    serve = ("serve", "--no-ui", "--port", str(port))
    with (
        here.process(sys.executable, "-m", "autopilot", *serve),
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=90) as web,
    ):
        until(lambda: _answers(web))
        answer = web.post("/tick", headers={"Authorization": f"Bearer {SECRET}"})
    assert answer.status_code == 200, answer.text


def _answers(web: httpx2.Client) -> bool:
    try:
        web.get("/healthz")
    except httpx2.TransportError:
        return False
    return True


FIRING = Firing(name="tick address", fire=fire)
