"""The web app's addresses: what it is given to be served as, and who is let through to it.

Nothing of it answers somebody unknown: a page leads to the login, all else is refused. Where no login
is set up it is for whoever sits at this machine, and refuses what came from anywhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Match, Mount, NoMatchFound
from starlette.staticfiles import StaticFiles

from autopilot.errors import LoginRequired
from autopilot.http.cookies import NEXT_COOKIE, keep_session, own_path
from autopilot.http.origins import is_at_this_machine, is_foreign_origin
from autopilot.http.pages import show
from autopilot.service.access.sessions import COOKIE
from autopilot.service.access.visitors import bearer_of_visit

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from starlette.datastructures import URLPath
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from autopilot.service.context import App

# What answers before anybody has signed in: it shows nothing of a store.
FREE = ("/_stcore/health", "/_stcore/host-config", "/auth/login", "/auth/logout", "/oauth2callback")
# What the web app answers itself besides; its other addresses (an interface for agents, metrics)
# stay shut.
WITH_SESSION = ("/_stcore/stream", "/_stcore/upload_file", "/media", "/component")
STATIC = "/static"
FOR_A_YEAR = "public, max-age=31536000, immutable"  # their names change with their content
POLICY_VIOLATION = 1008  # RFC 6455, section 7.4.1


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

    @property
    def assets(self) -> Path:
        """The folder of its scripts and styles."""

    @property
    def script_sources(self) -> Sequence[str]:
        """What `script-src` has to name for the scripts that stand in its page itself."""

    def is_open(self) -> bool:
        """Whether it is for whoever sits at this machine: no login is set up."""

    def way_in(self) -> str | None:
        """The address where a login elsewhere begins, None where there is no provider."""

    def claims_of(self, cookies: Mapping[str, str]) -> Mapping[str, Any] | None:
        """The claims of a login elsewhere that these cookies hold, truly; None where they hold none."""


def ui_routes(app: App, ui: Ui) -> Iterator[BaseRoute]:
    """The addresses of the web app, each as it is: whatever is not named here is a 404."""
    gate = Gate(app, ui)
    headers = {"Content-Security-Policy": _policy(ui)}
    for path in ("/", *ui.paths):
        yield Exactly(path, gate, headers=headers)
    for path in (*FREE, *WITH_SESSION):
        yield Exactly(path, gate, headers=headers, below=path in WITH_SESSION)
    yield Mount(STATIC, app=Assets(directory=ui.assets, follow_symlink=True))


def _policy(ui: Ui) -> str:
    """Its own scripts and styles and nobody else's; frames show previews, which can do nothing."""
    return (
        f"default-src 'self'; script-src 'self' 'wasm-unsafe-eval' {' '.join(ui.script_sources)};"
        " style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:;"
        " media-src 'self' blob:; worker-src 'self' blob:; connect-src 'self'; frame-src 'self';"
        " object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    )


class Exactly(BaseRoute):
    """Hands an address on unchanged; `Mount` would cut its beginning off. With `below` what lies
    below it, too.
    """

    def __init__(
        self, path: str, app: ASGIApp, *, headers: Mapping[str, str], below: bool = False
    ) -> None:
        self._path, self._app = path, app
        self._headers, self._below = headers, below

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether this is the address."""
        if scope["type"] not in ("http", "websocket"):
            return Match.NONE, {}
        path = scope["path"]
        below = self._below and path.startswith(f"{self._path}/")
        return (Match.FULL if path == self._path or below else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, answer if scope["type"] == "http" else send)

    def url_path_for(self, name: str, /, **_params: object) -> URLPath:
        """These addresses have no names."""
        raise NoMatchFound(name, {})


class Assets(StaticFiles):
    """The web app's scripts and styles: kept by browsers for good, never listed."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Return one file."""
        answer = super().file_response(full_path, stat_result, scope, status_code)
        if isinstance(answer, FileResponse):
            answer.headers["Cache-Control"] = FOR_A_YEAR
        return answer


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets through to the web app who may come in."""

    app: App
    ui: Ui

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        came = HTTPConnection(scope)
        refusal = await self._refusal(came)
        if refusal is not None:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": ""})
            else:
                await refusal(scope, receive, send)
            return
        if scope["type"] == "http":
            send = _answering(came, send, self._fresh_cookie(came))
        await self.ui.app(_as_asked(scope, came), receive, send)

    async def _refusal(self, came: HTTPConnection) -> Response | None:
        """What is answered in place of the web app, None where the visitor may come in."""
        if is_foreign_origin(came, self.app.settings):
            return show("refused.html", status=403)
        if await run_in_threadpool(self.ui.is_open):
            return None if is_at_this_machine(came) else show("needs-login.html", status=403)
        path = came.url.path
        if path in FREE:
            # The provider leads back here; another site has no reason to lead to the others.
            is_led = came.headers.get("sec-fetch-site") == "cross-site" and path.startswith(
                "/auth/"
            )
            return show("refused.html", status=403) if is_led else None
        return await run_in_threadpool(self._unknown, came)

    def _unknown(self, came: HTTPConnection) -> Response | None:
        """How somebody is led to the login who has not signed in, or back to where they wanted to go."""
        is_page = self._is_page(came)
        try:
            bearer_of_visit(
                self.app,
                secret=came.cookies.get(COOKIE),
                claims=self.ui.claims_of(came.cookies),
            )
        except LoginRequired:
            if not is_page:
                return show("refused.html", status=403)
            wanted = came.url.path + (f"?{came.url.query}" if came.url.query else "")
            query = "" if wanted == "/" else "?" + urlencode({"next": wanted})
            return RedirectResponse(f"/login{query}", status_code=303)
        wanted = own_path(came.cookies.get(NEXT_COOKIE), self.ui.paths)
        if is_page and came.url.path == "/" and wanted != "/":
            answer = RedirectResponse(wanted, status_code=303)
            answer.delete_cookie(NEXT_COOKIE)
            return answer
        return None

    def _is_page(self, came: HTTPConnection) -> bool:
        is_read = came.scope["type"] == "http" and came.scope["method"] in ("GET", "HEAD")
        return is_read and came.url.path in ("/", *self.ui.paths)

    def _fresh_cookie(self, came: HTTPConnection) -> Sequence[tuple[bytes, bytes]]:
        """The cookie again with each page, so that a browser keeps it as long as its session lasts."""
        secret, answer = came.cookies.get(COOKIE), Response()
        if not secret or not self._is_page(came):
            return ()
        keep_session(answer, came, secret)
        return [pair for pair in answer.raw_headers if pair[0] == b"set-cookie"]


def _as_asked(scope: Scope, came: HTTPConnection) -> Scope:
    """The request with the host that the browser's page has, where a proxy told another: the web app
    compares them, and asks the network for this machine's addresses where they differ.
    """
    origin = came.headers.get("origin")
    if origin is None:
        return scope
    others = [pair for pair in scope["headers"] if pair[0] != b"host"]
    host = urlsplit(origin).netloc.encode("latin-1")
    return {**scope, "headers": [*others, (b"host", host)]}


def _answering(came: HTTPConnection, send: Send, fresh: Sequence[tuple[bytes, bytes]]) -> Send:
    """What adds the session's cookie afresh, and over https marks every cookie as one for it alone."""
    mark = b"; Secure" if came.url.scheme == "https" else b""

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            set_by_it = [
                (name, value + mark if name.lower() == b"set-cookie" else value)
                for name, value in message["headers"]
            ]
            message["headers"] = [*set_by_it, *fresh]
        await send(message)

    return answer
