"""/r/...: what a reviewer's link leads to. GET shows and asks, only POST acts: mail scanners open links.

A link that was not made here, whose time is over, or whose issue is gone is the same 404.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from autopilot.errors import ArtifactLost, Conflict, InputRefused, NotFound
from autopilot.http.forms import form_of
from autopilot.http.pages import show
from autopilot.service.links import PLACEHOLDER
from autopilot.service.review_acts import Visit, Wish, fulfil, may, visit
from autopilot.service.review_links import Action, mark_of
from autopilot.service.review_view import send_label, told_state

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from autopilot.service.context import App

# Mails carry their styles in attributes; nothing else of a draft may do anything here.
DRAFT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https:; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'; sandbox allow-popups"
)
PLACE = "place-"


def routes(app: App) -> Sequence[BaseRoute]:
    """Return the addresses of review links."""

    async def review(request: Request) -> Response:
        token = request.path_params["token"]
        if request.method != "POST":
            return await run_in_threadpool(_shown, app, token)
        fields = await form_of(request)
        return await run_in_threadpool(_done, app, token, fields)

    async def draft(request: Request) -> Response:
        return await run_in_threadpool(_draft, app, request.path_params["token"])

    return [
        Route("/r/{token}", review, methods=["GET", "POST"]),
        Route("/r/{token}/issue", draft),
    ]


def _visit(app: App, token: str) -> Visit:
    try:
        came = visit(app, token)
    except NotFound:
        came = None
    if came is None:
        raise HTTPException(404)
    return came


def _shown(app: App, token: str) -> Response:
    return _page(token, _visit(app, token))


def _done(app: App, token: str, fields: Mapping[str, str]) -> Response:
    """Act, and show the issue as it is afterwards; where nothing was done, say why."""
    came = _visit(app, token)
    try:
        told, status = fulfil(app, came, _wish(fields)), 200
    except (Conflict, NotFound) as error:
        told, status = f"Nothing was done. {error.message}", 409
    except InputRefused as error:
        told, status = " ".join([error.message, *(f"{it.message}." for it in error.problems)]), 422
    is_refused = status != 200
    wish = _wish(fields) if is_refused else None
    return _page(token, _visit(app, token), told=told, wish=wish, status=status)


def _page(
    token: str, came: Visit, *, told: str = "", wish: Wish | None = None, status: int = 200
) -> HTMLResponse:
    view, action = came.view, came.ticket.action
    return show(
        "review-desk.html" if action is Action.OPEN else "review.html",
        status=status,
        color=view.workspace.brand.color,
        it=came,
        view=view,
        action=action.value,
        token=token,
        told=told,
        refused=wish is not None,
        wish=wish,
        state=told_state(view),
        label=send_label(view),
        may={each.value: may(view, each) for each in Action},
        mark_of=mark_of,
    )


def _wish(fields: Mapping[str, str]) -> Wish:
    return Wish(
        act=fields.get("act", ""),
        version=_number(fields.get("version", "")) or 0,
        story=fields.get("story", ""),
        subject=fields.get("subject", ""),
        intro=fields.get("intro", ""),
        places={
            name.removeprefix(PLACE): place
            for name, text in fields.items()
            if name.startswith(PLACE) and (place := _number(text)) is not None
        },
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def _draft(app: App, token: str) -> Response:
    """The issue as its readers would see it."""
    came = _visit(app, token)
    try:
        html = app.artifacts.get(came.view.issue.html_sha256)
    except ArtifactLost as error:
        raise HTTPException(404) from error
    shown = html.replace(PLACEHOLDER.encode(), b"#")
    return HTMLResponse(shown, headers={"Content-Security-Policy": DRAFT_POLICY})
