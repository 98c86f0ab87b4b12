"""/preview/...: an issue in a frame of the web app. Whoever has the token was shown it there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse
from starlette.routing import Route

from autopilot.service.previews import shelf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from autopilot.service.context import App

# `sandbox` makes it a page of nowhere: it can run nothing and reach nothing, whatever is in it.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)


def routes(app: App) -> Sequence[BaseRoute]:
    """Return the address of previews."""

    async def preview(request: Request) -> Response:
        html = shelf().get(request.path_params["token"], app.clock())
        if html is None:
            raise HTTPException(404)
        headers = {"Content-Security-Policy": POLICY, "X-Frame-Options": "SAMEORIGIN"}
        return HTMLResponse(html, headers=headers)

    return [Route("/preview/{token}", preview)]
