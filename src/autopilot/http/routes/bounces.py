"""/hooks/bounces/...: where a relay tells of bounces and complaints; the token says whose they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Route

from autopilot.errors import DocumentInvalid
from autopilot.http.forms import body_of
from autopilot.service.bounces import hear, workspace_of_hook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from autopilot.service.context import App

MAX_BODY_BYTES = 2_000_000


def routes(app: App) -> Sequence[BaseRoute]:
    """Return the address that relays post to."""

    async def bounces(request: Request) -> JSONResponse:
        workspace_id = await run_in_threadpool(workspace_of_hook, app, request.path_params["token"])
        if workspace_id is None:
            raise HTTPException(404)
        body = await body_of(request, limit=MAX_BODY_BYTES)
        try:
            heard = await run_in_threadpool(hear, app, workspace_id, body)
        except DocumentInvalid as error:
            return JSONResponse({"error": error.message}, status_code=400)
        return JSONResponse(heard)

    return [Route("/hooks/bounces/{token}", bounces, methods=["POST"])]
