"""The web application: which groups of addresses there are, and what every answer carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import structlog
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Mount, NoMatchFound

from autopilot.errors import StoreUnavailable
from autopilot.http.api.app import build_api
from autopilot.http.guard import Guard
from autopilot.http.pages import show
from autopilot.http.routes import archive, bounces, health, preview, review, subscribe, unsubscribe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractAsyncContextManager

    from starlette.datastructures import URLPath
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from autopilot.service.context import App

log = structlog.get_logger(__name__)
GROUPS = (health, unsubscribe, subscribe, review, archive, bounces, preview)
"""Each has `routes(app)`; an address that is in none of them is answered with 404."""


# What the web app answers itself; its other addresses (an interface for agents, metrics) stay shut.
UI_PATHS = (
    *("/_stcore/health", "/_stcore/host-config", "/_stcore/stream", "/_stcore/upload_file"),
    *("/static", "/media", "/component", "/auth", "/oauth2callback"),
)

UI_HEADERS = {
    # Its own scripts and styles and nobody else's; frames show previews, which can do nothing.
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline';"
        " img-src 'self' https: data: blob:; font-src 'self' data:; media-src 'self' blob:;"
        " worker-src 'self' blob:; connect-src 'self'; frame-src 'self'; object-src 'none';"
        " base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    ),
}


class Ui(Protocol):
    """The web app as it is given to be served beside the rest."""

    @property
    def app(self) -> ASGIApp:
        """What answers."""

    @property
    def paths(self) -> Sequence[str]:
        """The addresses of its pages, each with a slash before it."""

    @property
    def lifespan(self) -> Callable[[Any], AbstractAsyncContextManager[None]]:
        """What has to surround all serving."""


def build_web(app: App, *, ui: Ui | None = None) -> Starlette:
    """Return the application: public pages, the API, and the web app where `ui` is given."""
    web = Starlette(
        routes=[
            *(route for group in GROUPS for route in group.routes(app)),
            Mount("/api", app=build_api(app)),
            *(() if ui is None else _ui_routes(ui)),
        ],
        middleware=[Middleware(Guard)],
        lifespan=None if ui is None else ui.lifespan,
        exception_handlers={
            HTTPException: _refused,
            StoreUnavailable: _unavailable,
            Exception: _fault,
        },
    )
    web.router.redirect_slashes = False  # its redirects name the host that was asked for
    return web


def _ui_routes(ui: Ui) -> Iterator[BaseRoute]:
    """The addresses of the web app, each as it is: whatever is not named here is a 404."""
    for path in ("/", *ui.paths, *UI_PATHS):
        yield Exactly(path, ui.app)


class Exactly(BaseRoute):
    """Hands an address on unchanged, with what lies below it; `Mount` would cut its beginning off."""

    def __init__(self, path: str, app: ASGIApp) -> None:
        self._path, self._app = path, app

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether this is the address, or below it; the root has nothing below."""
        if scope["type"] not in ("http", "websocket"):
            return Match.NONE, {}
        path = scope["path"]
        below = self._path != "/" and path.startswith(f"{self._path}/")
        return (Match.FULL if path == self._path or below else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                for name, value in UI_HEADERS.items():
                    MutableHeaders(scope=message)[name] = value
            await send(message)

        await self._app(scope, receive, answer if scope["type"] == "http" else send)

    def url_path_for(self, name: str, /, **_params: object) -> URLPath:
        """These addresses have no names."""
        raise NoMatchFound(name, {})


def _refused(_request: Request, error: Exception) -> Response:
    """What is not there, not allowed or too much: one page for each, whoever asks."""
    assert isinstance(error, HTTPException)
    answer = show(_PAGES.get(error.status_code, "refused.html"), status=error.status_code)
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer


_PAGES = {404: "not-found.html", 429: "too-many.html"}


def _unavailable(_request: Request, error: Exception) -> Response:
    log.warning("The store does not answer; a page could not be shown.", error=str(error))
    answer = show("unavailable.html", status=503)
    answer.headers["Retry-After"] = "30"
    return answer


def _fault(_request: Request, error: Exception) -> Response:
    log.error("A page met a fault of Autopilot's own.", error=type(error).__name__)
    return show("unavailable.html", status=500)
