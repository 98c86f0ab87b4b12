"""/healthz and /readyz: whether somebody ticks, and whether this process can work. They name nobody
and count nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse
from starlette.routing import Route

from autopilot.errors import SchemaMismatch, StoreUnavailable
from autopilot.service.readiness import check_ready
from autopilot.service.status import Health, health_now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from autopilot.service.context import App

WORDS = {Health.OFF: "none yet", Health.ON_TIME: "on", Health.LATE: "late"}


def routes(app: App) -> Sequence[BaseRoute]:
    """Return the addresses that watchers ask."""

    async def healthz(_request: Request) -> JSONResponse:
        """200 while all is well; 503 where the store does not answer or no tick came for too long."""
        try:
            health = await run_in_threadpool(health_now, app)
        except StoreUnavailable:
            return JSONResponse({"status": "error", "store": "no answer"}, status_code=503)
        late = health is Health.LATE
        told = {"status": "late" if late else "ok", "store": "ok", "worker": WORDS[health]}
        return JSONResponse(told, status_code=503 if late else 200)

    async def readyz(_request: Request) -> JSONResponse:
        """200 where the store answers and its tables fit; 503 otherwise: send nobody here yet."""
        try:
            await run_in_threadpool(check_ready, app)
        except SchemaMismatch:
            return JSONResponse({"status": "error", "store": "other tables"}, status_code=503)
        except StoreUnavailable:
            return JSONResponse({"status": "error", "store": "no answer"}, status_code=503)
        return JSONResponse({"status": "ok", "store": "ok"})

    return [Route("/healthz", healthz), Route("/readyz", readyz)]
