"""/login, /logout, /setup/...: how people come in and go. Plain pages, without a script.

What another site's page sends is refused. What a network may try is limited besides the lock of an
account. No page tells whether an address has an account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.routing import Route

from autopilot.errors import AutopilotError, Conflict, InputRefused, LoginRequired, NotFound
from autopilot.http.cookies import forget_session, keep_next, keep_session, own_path
from autopilot.http.forms import form_of
from autopilot.http.origins import is_from_elsewhere
from autopilot.http.pace import Pace
from autopilot.http.pages import show
from autopilot.service.access.sessions import COOKIE, sign_in, sign_out
from autopilot.service.access.setup import set_up, user_of_setup
from autopilot.service.access.visitors import (
    bearer_of_visit,
    has_passwords,
    sign_visitor_out,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from autopilot.http.web_app import Ui
    from autopilot.service.context import App

TRIES_OF_A_NETWORK = 30  # an hour; an office behind one address has many people
TRIES_OF_ALL = 3_000
# So that a form says where it comes from, which `no-referrer` hides (Fetch, section 3.1).
FROM_HERE = {"Referrer-Policy": "same-origin"}
DIFFERENT = "The two passwords are not the same."


class _Told(NamedTuple):
    """What stands on the login page beside its form: who was refused, and why."""

    error: str = ""
    hint: str = ""
    email: str = ""


def routes(app: App, ui: Ui) -> Sequence[BaseRoute]:
    """Return the addresses of signing in and out."""
    pace = Pace(each=TRIES_OF_A_NETWORK, together=TRIES_OF_ALL)

    def count(request: Request) -> None:
        if not pace.allows(request.client.host if request.client else None):
            raise HTTPException(429, headers={"Retry-After": "3600"})

    async def login(request: Request) -> Response:
        if request.method == "POST":
            fields = await _own_form(app, request)
            count(request)
            return await run_in_threadpool(_sign_in, app, ui, request, fields)
        return await run_in_threadpool(_login_page, app, ui, request)

    async def elsewhere(request: Request) -> Response:
        return await run_in_threadpool(_go_elsewhere, ui, request)

    async def logout(request: Request) -> Response:
        if request.method == "POST":
            await _own_form(app, request)
            return await run_in_threadpool(_sign_out, app, ui, request)
        return _page("logout.html")

    async def setup(request: Request) -> Response:
        token = request.path_params["token"]
        if request.method == "POST":
            fields = await _own_form(app, request)
            count(request)
            return await run_in_threadpool(_set_up, app, request, token, fields)
        return await run_in_threadpool(_setup_page, app, token)

    return [
        Route("/login", login, methods=["GET", "POST"]),
        Route("/login/elsewhere", elsewhere),
        Route("/logout", logout, methods=["GET", "POST"]),
        Route("/setup/{token}", setup, methods=["GET", "POST"]),
    ]


async def _own_form(app: App, request: Request) -> Mapping[str, str]:
    """What was posted from a page of ours; answers 403 to that of another site."""
    if is_from_elsewhere(request, app.settings):
        raise HTTPException(403)
    return await form_of(request)


def _login_page(app: App, ui: Ui, request: Request) -> Response:
    """The form, or the way on for whoever is signed in already."""
    wanted = own_path(request.query_params.get("next"), ui.paths)
    claims = ui.claims_of(request.cookies)
    if ui.is_open():
        return RedirectResponse("/", status_code=303)
    try:
        bearer_of_visit(app, secret=request.cookies.get(COOKIE), claims=claims)
    except LoginRequired as error:
        told = _Told() if claims is None else _Told(error=error.message, hint=error.hint or "")
        return _login_form(app, wanted, told)
    return RedirectResponse(wanted, status_code=303)


def _sign_in(app: App, ui: Ui, request: Request, fields: Mapping[str, str]) -> Response:
    """Begin a session under a new secret; the one the browser came with is over."""
    wanted = own_path(fields.get("next"), ui.paths)
    email, client = fields.get("email", ""), request.headers.get("user-agent", "")
    try:
        secret = sign_in(app, email, fields.get("password", ""), client=client)
    except LoginRequired as error:
        return _login_form(app, wanted, _Told(error=error.message, email=email[:320]), 401)
    if before := request.cookies.get(COOKIE):
        sign_out(app, before)
    return _come_in(request, secret, wanted)


def _login_form(app: App, wanted: str, told: _Told, status: int = 200) -> Response:
    issuer = app.settings.oidc_issuer
    query = "" if wanted == "/" else "?" + urlencode({"next": wanted})
    return _page(
        "login.html",
        status=status,
        told=told,
        next=wanted,
        provider=None if issuer is None else urlsplit(issuer).hostname,
        elsewhere=f"/login/elsewhere{query}",
        with_password=issuer is None or has_passwords(app),
    )


def _go_elsewhere(ui: Ui, request: Request) -> Response:
    """Lead to the provider, and note where the visitor wants to be afterwards."""
    way = ui.way_in()
    if way is None:
        raise HTTPException(404)
    answer = RedirectResponse(way, status_code=303)
    keep_next(answer, request, own_path(request.query_params.get("next"), ui.paths))
    return answer


def _sign_out(app: App, ui: Ui, request: Request) -> Response:
    claims = ui.claims_of(request.cookies)
    sign_visitor_out(app, secret=request.cookies.get(COOKIE), claims=claims)
    issuer = urlsplit(app.settings.oidc_issuer or "").hostname
    answer = _page("signed-out.html", provider=None if claims is None else issuer)
    forget_session(answer)
    return answer


def _setup_page(app: App, token: str, error: str = "", status: int = 200) -> Response:
    try:
        user = user_of_setup(app, token)
    except NotFound:
        return _page("setup-void.html", status=404)
    return _page("setup.html", status=status, email=user.email, error=error)


def _set_up(app: App, request: Request, token: str, fields: Mapping[str, str]) -> Response:
    """Set the password and begin a session with it."""
    password = fields.get("password", "")
    if password != fields.get("again", ""):
        return _setup_page(app, token, DIFFERENT, 422)
    try:
        user = set_up(app, token, password)
        secret = sign_in(app, user.email, password, client=request.headers.get("user-agent", ""))
    except InputRefused as error:
        return _setup_page(app, token, _sentence(error), 422)
    except (NotFound, Conflict, LoginRequired):
        return _page("setup-void.html", status=404)
    return _come_in(request, secret, "/")


def _sentence(error: AutopilotError) -> str:
    told = [f"It {problem.message}." for problem in getattr(error, "problems", ())]
    return " ".join([error.message.rstrip(":") + ".", *told])


def _come_in(request: Request, secret: str, wanted: str) -> Response:
    answer = RedirectResponse(wanted, status_code=303)
    keep_session(answer, request, secret)
    return answer


def _page(template: str, *, status: int = 200, **values: Any) -> Response:
    answer = show(template, status=status, **values)
    for name, value in FROM_HERE.items():
        answer.headers[name] = value
    return answer
