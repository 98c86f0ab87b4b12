"""Google's framework with our functions, as Cloud Run starts it; and the clock that calls them."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
from acceptance.processes import free_port
from drivers.scene import Scene, until
from issuer import RSA, Provider, jwk, token

MAIN = Path(__file__).resolve().parents[2] / "deploy" / "google" / "main.py"
AUDIENCE = "https://autopilot-tick-123456789012.europe-west1.run.app"
CLOCK = "autopilot-clock@project.iam.gserviceaccount.com"
STOPPED = (0, -15)
EVENT = {
    "specversion": "1.0",
    "id": "1",
    "source": "//pubsub.googleapis.com/projects/project/topics/autopilot-tick",
    "type": "google.cloud.pubsub.topic.v1.messagePublished",
    "datacontenttype": "application/json",
    "data": {"message": {"data": "dGljaw==", "messageId": "1"}, "subscription": "tick"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function that is up, and the issuer of the tokens it takes."""

    web: httpx2.Client
    provider: Provider

    def claims(self, **changed: Any) -> dict[str, Any]:
        """What a token of the clock says."""
        now = time.time()
        told = {
            "iss": self.provider.issuer,
            "aud": AUDIENCE,
            "email": CLOCK,
            "email_verified": True,
            "sub": "1234567890",
            "iat": now,
            "exp": now + 3_600,
        }
        return told | changed

    def call(self, bearer: str | None = None, **how: Any) -> httpx2.Response:
        """Calls as Cloud Scheduler does, with a good token unless another is given."""
        bearer = token(self.claims()) if bearer is None else bearer
        return self.web.post("/", headers={"Authorization": f"Bearer {bearer}"}, **how)

    def send(self, event: Any = None) -> httpx2.Response:
        """Sends an event as Eventarc does."""
        headers = {"Content-Type": "application/cloudevents+json"}
        return self.web.post("/", json=event or EVENT, headers=headers)


@contextmanager
def issuing() -> Iterator[Provider]:
    provider = Provider(keys=[jwk(RSA, "one")])
    try:
        yield provider
    finally:
        provider.close()


def command(target: str, port: int) -> tuple[str, ...]:
    """How the framework is started for one function."""
    return (
        *(sys.executable, "-m", "functions_framework", "--source", str(MAIN), "--target", target),
        *("--host", "127.0.0.1", "--port", str(port)),
    )


@contextmanager
def function(scene: Scene, target: str) -> Iterator[Function]:
    """Runs one of the two functions until the block ends."""
    port = free_port()
    with issuing() as provider:
        told = {
            "AUTOPILOT_ALLOW_HOSTS": f"{scene.environment['AUTOPILOT_ALLOW_HOSTS']},{provider.host}",
            "AUTOPILOT_TICK_OIDC_ISSUER": provider.issuer,
            "AUTOPILOT_TICK_OIDC_AUDIENCE": AUDIENCE,
            "AUTOPILOT_TICK_OIDC_SERVICE_ACCOUNT": CLOCK,
        }
        here = replace(scene, environment={**scene.environment, **told})
        base = f"http://127.0.0.1:{port}"
        with (
            here.process(*command(target, port), good_ends=STOPPED),
            httpx2.Client(base_url=base, trust_env=False, timeout=90) as web,
        ):
            until(lambda: _answers(web))
            yield Function(web=web, provider=provider)


def _answers(web: httpx2.Client) -> bool:
    try:
        web.get("/robots.txt")
    except httpx2.TransportError:
        return False
    return True
