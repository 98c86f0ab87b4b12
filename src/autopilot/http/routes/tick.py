"""POST /tick: an outside clock makes one pass - Cloud Scheduler, GitHub Actions, a cron elsewhere."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import structlog
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Route

from autopilot.errors import LoginRequired, StoreUnavailable
from autopilot.http.api.problems import Fault, problem
from autopilot.http.bearer import bearer_of
from autopilot.http.forms import body_of
from autopilot.service.tick_callers import TickCallers, takes_ticks
from autopilot.service.tick_wishes import MAX_BODY_BYTES, Wish, pass_as_wished, wish_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from autopilot.service.context import App

log = structlog.get_logger(__name__)
AT_ONCE = 2
"""Passes of this process at the same time; whoever comes then is told that one is under way."""


def routes(app: App) -> Sequence[BaseRoute]:
    """Return the address that outside clocks call; none where nobody is allowed to."""
    if not takes_ticks(app.settings):
        return []
    callers, free = TickCallers(app), threading.BoundedSemaphore(AT_ONCE)

    async def tick(request: Request) -> Response:
        try:
            await run_in_threadpool(callers.admit, bearer_of(request))
            wish = wish_of(await body_of(request, limit=MAX_BODY_BYTES))
        except LoginRequired as error:
            return problem(401, error.message, hint=error.hint)
        except HTTPException as error:
            return problem(error.status_code, f"At most {MAX_BODY_BYTES} bytes are read.")
        except ValidationError as error:
            return problem(422, "The body cannot be used.", problems=_faults(error))
        if not free.acquire(blocking=False):
            return JSONResponse({"status": "under way"}, status_code=202)
        try:
            return JSONResponse(await run_in_threadpool(_pass, app, wish))
        except StoreUnavailable as error:
            headers = {"Retry-After": "30"}
            return problem(503, error.message, hint=error.hint, headers=headers)
        finally:
            free.release()

    return [Route("/tick", tick, methods=["POST"])]


def _pass(app: App, wish: Wish) -> dict[str, Any]:
    from autopilot.service.passing import pass_values  # late: it brings the pipeline

    return pass_values(pass_as_wished(app, wish))


def _faults(error: ValidationError) -> list[Fault]:
    return [
        Fault(path=".".join(map(str, it["loc"])), message=it["msg"])
        for it in error.errors(include_url=False, include_input=False)
    ]
