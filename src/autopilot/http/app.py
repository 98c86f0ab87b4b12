"""The web application: which groups of addresses there are, and what every answer carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response

from autopilot.errors import StoreUnavailable
from autopilot.http.api.app import mounted_api
from autopilot.http.guard import Guard
from autopilot.http.pages import show
from autopilot.http.proxies import TrustedProxies
from autopilot.http.routes import (
    archive,
    bounces,
    health,
    icon,
    login,
    metrics,
    preview,
    review,
    subscribe,
    tick,
    unsubscribe,
)
from autopilot.http.web_app import ui_routes

if TYPE_CHECKING:
    from starlette.requests import Request

    from autopilot.http.web_app import Ui
    from autopilot.service.context import App

log = structlog.get_logger(__name__)
GROUPS = (health, icon, unsubscribe, subscribe, review, archive, bounces, preview, tick, metrics)
"""Each has `routes(app)`; an address that is in none of them is answered with 404."""


def build_web(app: App, *, ui: Ui | None = None) -> Starlette:
    """Return the application: public pages, the API, and the web app where `ui` is given."""
    web = Starlette(
        routes=[
            *(route for group in GROUPS for route in group.routes(app)),
            mounted_api(app),
            *(() if ui is None else (*login.routes(app, ui), *ui_routes(app, ui))),
        ],
        middleware=[
            Middleware(TrustedProxies, networks=app.settings.trusted_proxies),
            Middleware(Guard),
        ],
        lifespan=None if ui is None else ui.lifespan,
        exception_handlers={
            HTTPException: _refused,
            StoreUnavailable: _unavailable,
            Exception: _fault,
        },
    )
    web.router.redirect_slashes = False  # its redirects name the host that was asked for
    return web


def _refused(_request: Request, error: Exception) -> Response:
    """What is not there, not allowed or too much: one page for each, whoever asks."""
    assert isinstance(error, HTTPException)
    answer = show(_PAGES.get(error.status_code, "refused.html"), status=error.status_code)
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer


_PAGES = {404: "not-found.html", 429: "too-many.html"}


def _unavailable(_request: Request, error: Exception) -> Response:
    log.warning(
        "The store does not answer; a page could not be shown.", action="page", error=str(error)
    )
    answer = show("unavailable.html", status=503)
    answer.headers["Retry-After"] = "30"
    return answer


def _fault(_request: Request, error: Exception) -> Response:
    log.error("A page met a fault of Autopilot's own.", action="page", error=type(error).__name__)
    return show("unavailable.html", status=500)
