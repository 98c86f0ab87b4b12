"""/favicon.ico, /favicon.png: the sign that browsers show beside a page's name, whosever page it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import FileResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from autopilot.service.context import App

FILE = Path(__file__).parents[1] / "favicon.png"
FOR_A_DAY = "public, max-age=86400"


def routes(_app: App) -> Sequence[BaseRoute]:
    """Return the addresses of the icon."""

    async def icon(_request: Request) -> FileResponse:
        return FileResponse(FILE, media_type="image/png", headers={"Cache-Control": FOR_A_DAY})

    return [Route("/favicon.ico", icon), Route("/favicon.png", icon)]
