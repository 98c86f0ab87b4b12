"""/s/...: the public form of a newsletter, and the page that its letter leads to.

The answer is the same whether an address is on the list or not, and its letter leaves afterwards,
so that the time it takes tells nothing either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.routing import Route

from autopilot.errors import InputRefused, NotFound
from autopilot.http.forms import form_of
from autopilot.http.pace import Pace
from autopilot.http.pages import show
from autopilot.service.newsletter import Newsletter, newsletter_at
from autopilot.service.subscribing import ask, asked_for, can_subscribe, confirm, post_letter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from autopilot.service.context import App

ASKS_OF_A_NETWORK = 20  # an hour; an office behind one address has many people
ASKS_OF_ALL = 1_000
LONGEST_SHOWN = 100


def routes(app: App) -> Sequence[BaseRoute]:
    """Return the addresses of subscribing."""
    pace = Pace(each=ASKS_OF_A_NETWORK, together=ASKS_OF_ALL)

    async def form(request: Request) -> Response:
        newsletter = await run_in_threadpool(_newsletter, app, request)
        if not can_subscribe(app, newsletter):
            return _show("closed.html", newsletter, status=503)
        if request.method != "POST":
            return _show("subscribe.html", newsletter, email="", error=False)
        email = (await form_of(request)).get("email", "")
        if not pace.allows(request.client.host if request.client else None):
            raise HTTPException(429, headers={"Retry-After": "3600"})
        try:
            letter = await run_in_threadpool(ask, app, newsletter, email)
        except InputRefused:
            shown = email[:LONGEST_SHOWN]
            return _show("subscribe.html", newsletter, status=422, email=shown, error=True)
        answer = _show("asked.html", newsletter)
        answer.background = None if letter is None else BackgroundTask(post_letter, app, letter)
        return answer

    async def confirmation(request: Request) -> Response:
        token = request.path_params["token"]
        if request.method == "POST":
            newsletter = await run_in_threadpool(confirm, app, token)
            return _known(newsletter, "confirmed.html")
        found = await run_in_threadpool(asked_for, app, token)
        return _known(found and found[0], "confirm.html")

    return [
        Route("/s/confirm/{token}", confirmation, methods=["GET", "POST"]),
        Route("/s/{workspace}/{specification}", form, methods=["GET", "POST"]),
    ]


def _newsletter(app: App, request: Request) -> Newsletter:
    try:
        found = newsletter_at(app, **request.path_params)
    except NotFound as error:
        raise HTTPException(404) from error
    if not found.subscribes:
        raise HTTPException(404)
    return found


def _known(newsletter: Newsletter | None, template: str) -> Response:
    if newsletter is None:
        raise HTTPException(404)
    return _show(template, newsletter)


def _show(
    template: str, newsletter: Newsletter, *, status: int = 200, **values: object
) -> Response:
    return show(template, status=status, color=newsletter.color, it=newsletter, **values)
