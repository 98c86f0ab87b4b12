"""/u/...: the link in every mail. GET shows what there is to choose; only POST changes anything.

Scanners open links before their readers do. RFC 8058 (one-click) posts `List-Unsubscribe=One-Click`;
the page's own forms post `choice`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.routing import Route

from autopilot.http.forms import form_of
from autopilot.http.pages import show
from autopilot.service.unsubscribing import Preferences, preferences, take_back, unsubscribe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from autopilot.service.context import App

ONE_CLICK = "one-click"


def routes(app: App) -> Sequence[BaseRoute]:
    """Return the addresses of unsubscribing and of its preferences."""

    async def unsubscribe_page(request: Request) -> Response:
        token = request.path_params["token"]
        if request.method == "POST":
            fields = await form_of(request)
            return _page(await run_in_threadpool(_act, app, token, fields), done=bool(fields))
        return _page(await run_in_threadpool(preferences, app, token))

    return [Route("/u/{token}", unsubscribe_page, methods=["GET", "POST"])]


def _act(app: App, token: str, fields: Mapping[str, str]) -> Preferences | None:
    """Do what was posted; what says nothing that we know changes nothing."""
    one_click = fields.get("List-Unsubscribe", "").strip().lower() == ONE_CLICK
    match "this" if one_click else fields.get("choice"):
        case "this":
            return unsubscribe(app, token)
        case "all":
            return unsubscribe(app, token, everything=True)
        case "undo":
            return take_back(app, token)
        case _:
            return preferences(app, token)


def _page(found: Preferences | None, *, done: bool = False) -> Response:
    if found is None:
        raise HTTPException(404)
    return show("unsubscribe.html", color=found.color, it=found, done=done)
