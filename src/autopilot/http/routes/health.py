"""/healthz: whether the store answers and whether somebody ticks. Names nobody and counts nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse
from starlette.routing import Route

from autopilot.errors import StoreUnavailable
from autopilot.service.status import Health, health_now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from autopilot.service.context import App

WORDS = {Health.OFF: "none yet", Health.ON_TIME: "on", Health.LATE: "late"}


def routes(app: App) -> Sequence[BaseRoute]:
    """Return the address that watchers ask."""

    async def healthz(_request: Request) -> JSONResponse:
        """200 while all is well; 503 where the store does not answer or no tick came for too long."""
        try:
            health = await run_in_threadpool(health_now, app)
        except StoreUnavailable:
            return JSONResponse({"status": "error", "store": "no answer"}, status_code=503)
        late = health is Health.LATE
        told = {"status": "late" if late else "ok", "store": "ok", "worker": WORDS[health]}
        return JSONResponse(told, status_code=503 if late else 200)

    return [Route("/healthz", healthz)]
