"""POST /tick: an outside clock makes one pass - Cloud Scheduler, GitHub Actions, a cron elsewhere."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Route

from autopilot.errors import LoginRequired, StoreUnavailable
from autopilot.http.api.problems import Fault, problem
from autopilot.http.bearer import bearer_of
from autopilot.http.forms import body_of
from autopilot.service.tick_callers import TickCallers, takes_ticks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from autopilot.service.context import App

log = structlog.get_logger(__name__)
MAX_BODY_BYTES = 4_096
AT_ONCE = 2
"""Passes of this process at the same time; whoever comes then is told that one is under way."""
USUAL_SECONDS = 50.0  # outside clocks give up after a minute
MOST_SECONDS = 600.0


class Wish(BaseModel):
    """What a caller may say: how many runs at most, and after how many seconds nothing new begins."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=10_000)] | None = None
    seconds: Annotated[float, Field(ge=1, le=MOST_SECONDS)] = USUAL_SECONDS


def routes(app: App) -> Sequence[BaseRoute]:
    """Return the address that outside clocks call; none where nobody is allowed to."""
    if not takes_ticks(app):
        return []
    callers, free = TickCallers(app), threading.BoundedSemaphore(AT_ONCE)

    async def tick(request: Request) -> Response:
        try:
            await run_in_threadpool(callers.admit, bearer_of(request))
            wish = _wish(await body_of(request, limit=MAX_BODY_BYTES))
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
    from autopilot.service.passing import pass_once, pass_values  # late: it brings the pipeline

    deadline = app.clock() + timedelta(seconds=wish.seconds)
    return pass_values(pass_once(app, limit=wish.limit, deadline=deadline))


def _wish(body: bytes) -> Wish:
    return Wish.model_validate_json(body) if body.strip() else Wish()


def _faults(error: ValidationError) -> list[Fault]:
    return [
        Fault(path=".".join(map(str, it["loc"])), message=it["msg"])
        for it in error.errors(include_url=False, include_input=False)
    ]
