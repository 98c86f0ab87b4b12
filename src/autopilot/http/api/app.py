"""The API's application: its groups of addresses, its document, and how its faults are told."""

from __future__ import annotations

import re
from threading import Lock
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Mount

from autopilot import __version__
from autopilot.http.api import (
    deliveries,
    issues,
    members,
    previews,
    runs,
    schedules,
    sources,
    specifications,
    subscribers,
    tokens,
    workspaces,
)
from autopilot.http.api.document import describe
from autopilot.http.api.limits import Limits
from autopilot.http.api.once import Once
from autopilot.http.api.problems import add_handlers

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from autopilot.service.context import App

GROUPS = (
    workspaces,
    members,
    tokens,
    specifications,
    sources,
    previews,  # before the schedules, which take any last part of an address for an id
    schedules,
    runs,
    issues,
    deliveries,
    subscribers,
)
"""Each has a `router`; all of them stand under /api/v1."""
VERSION = "/v1"


class Api(FastAPI):
    """FastAPI with a document of its own."""

    def openapi(self) -> dict[str, Any]:
        """Return the document."""
        return describe(self)


class Everything(Mount):
    """Takes whatever stands below its address; `Mount` stops at a line break."""

    def __init__(self, path: str, app: FastAPI) -> None:
        super().__init__(path, app=app)
        self.path_regex = re.compile(self.path_regex.pattern, re.DOTALL)


def mounted_api(app: App) -> Mount:
    """Return the API at its address."""
    return Everything("/api", build_api(app))


def build_api(app: App) -> FastAPI:
    """Return the API of this App, to be mounted at /api."""
    api = Api(
        title="Autopilot",
        version=__version__,
        summary="Newsletters that make themselves.",
        docs_url=None,  # its pages would load scripts from elsewhere
        redoc_url=None,
        openapi_url=None,  # its route would hold up all others while the document is made
        redirect_slashes=False,  # its redirects name the host that was asked for
        generate_unique_id_function=_operation_id,
        middleware=[Middleware(Limits, app=app), Middleware(Once, app=app)],
    )
    api.state.autopilot = app
    for group in GROUPS:
        api.include_router(group.router, prefix=VERSION)
    api.add_api_route("/openapi.json", _document_of(api), include_in_schema=False)
    add_handlers(api)
    return api


def _document_of(api: FastAPI) -> Callable[[], JSONResponse]:
    lock = Lock()

    def openapi_json() -> JSONResponse:
        """Show the document; anybody may, it says nothing about this installation."""
        with lock:
            return JSONResponse(api.openapi())

    return openapi_json


def _operation_id(route: APIRoute) -> str:
    """What clients call an operation: as the function that answers it, with its group where need be."""
    group = str(route.tags[0]) if route.tags else ""
    has_noun = group.removesuffix("ies").removesuffix("s") in route.name
    return route.name if has_noun else f"{group}_{route.name}"
