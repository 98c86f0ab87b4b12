"""The API's application: its groups of addresses, its document, and how its faults are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI

from autopilot import __version__
from autopilot.http.api import (
    deliveries,
    issues,
    sources,
    specifications,
    subscribers,
    workspaces,
)
from autopilot.http.api.problems import MEDIA_TYPE, ProblemDetails, add_handlers

if TYPE_CHECKING:
    from autopilot.service.context import App

GROUPS = (workspaces, specifications, sources, issues, deliveries, subscribers)
"""Each has a `router`; all of them stand under /api/v1."""
VERSION = "/v1"
_FAULTS = {
    "401": "No token, or one that is wrong, revoked or expired.",
    "403": "The token's role lacks the right.",
    "404": "Not there, or in another workspace.",
    "409": "Its state does not allow this.",
    "413": "The body is over 10 MB.",
    "422": "The input cannot be used; `problems` names each fault.",
}


def build_api(app: App) -> FastAPI:
    """Return the API of this App, to be mounted at /api."""
    api = FastAPI(
        title="Autopilot",
        version=__version__,
        summary="Newsletters that make themselves.",
        docs_url=None,  # its pages would load scripts from elsewhere
        redoc_url=None,
        openapi_url="/openapi.json",
        responses={
            status: {
                "model": ProblemDetails,
                "description": told,
                "content": {MEDIA_TYPE: {}},
            }
            for status, told in _FAULTS.items()
        },
    )
    api.state.autopilot = app
    for group in GROUPS:
        api.include_router(group.router, prefix=VERSION)
    add_handlers(api)
    return api
