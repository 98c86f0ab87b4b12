"""The door of the web app: a real server in front of a stand-in for the pages, on each engine.

What the pages are does not matter here; who is let through to them does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from service.conftest import Clock
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from autopilot.http.app import build_web
from autopilot.http.routes.login import TRIES_OF_A_NETWORK
from autopilot.http.server import address_of, bind, serve
from autopilot.service.access import people, sessions
from autopilot.service.access.setup import setup_link
from autopilot.service.context import App

PASSWORD = "correct horse battery staple"
ANN, COOKIE = "ann@example.org", sessions.COOKIE
KEY = "a key of the tests, long enough to be one"
PROVIDER = {
    "AUTOPILOT_OIDC_ISSUER": "https://login.example.org",
    "AUTOPILOT_OIDC_CLIENT_ID": "autopilot",
    "AUTOPILOT_OIDC_CLIENT_SECRET": "from the provider",
}


@dataclass
class Pages:
    """Stands where the web app does: says that it was reached, and takes websockets."""

    assets: Path
    open_to_all: bool = False
    claims: Mapping[str, Any] | None = None
    paths: Sequence[str] = ("/home", "/autopilot")
    script_sources: Sequence[str] = ("'sha256-abc='",)
    hosts: list[str] = field(default_factory=list)

    @property
    def app(self) -> Any:
        return self.answer

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.hosts += [value.decode() for name, value in scope["headers"] if name == b"host"]
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": 1000})
            return
        answer = PlainTextResponse("inside")
        answer.set_cookie("of_the_pages", "1")
        await answer(scope, receive, send)

    @property
    def lifespan(self) -> Callable[[Any], AbstractAsyncContextManager[None]]:
        @asynccontextmanager
        async def nothing(_app: Any) -> Any:
            yield

        return nothing

    def is_open(self) -> bool:
        return self.open_to_all

    def way_in(self) -> str | None:
        return "/auth/login?provider=x" if self.claims is not None else None

    def claims_of(self, cookies: Mapping[str, str]) -> Mapping[str, Any] | None:
        return self.claims if "elsewhere" in cookies else None


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    folder = tmp_path / "assets"
    (folder / "js").mkdir(parents=True)
    (folder / "js" / "index.js").write_text("1")
    return Pages(folder)


@contextmanager
def door(app: App, pages: Pages) -> Iterator[httpx2.Client]:
    """A client in front of a server of the whole web, with these pages."""
    stop = threading.Event()
    with bind("127.0.0.1", 0) as bound:
        web = build_web(app, ui=pages)
        arguments = {"stop": stop, "live": True}
        thread = threading.Thread(target=serve, args=(web, bound), kwargs=arguments)
        thread.start()
        try:
            with httpx2.Client(base_url=address_of(bound), trust_env=False) as client:
                yield client
        finally:
            stop.set()
            thread.join()


@pytest.fixture
def app(new_app: Callable[..., App]) -> App:
    made = new_app(AUTOPILOT_SECRET_KEY=KEY, AUTOPILOT_TRUSTED_PROXIES="127.0.0.1")
    people.add_user(made, ANN, actor="test", is_operator=True, password=PASSWORD)
    return made


@pytest.fixture
def web(app: App, pages: Pages) -> Iterator[httpx2.Client]:
    with door(app, pages) as client:
        yield client


def sign_in(web: httpx2.Client, password: str = PASSWORD, **more: str) -> httpx2.Response:
    return web.post("/login", data={"email": ANN, "password": password, **more})


def handshake(web: httpx2.Client, **headers: str) -> int:
    """The status that a websocket's beginning is answered with."""
    asked = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        **headers,
    }
    with web.stream("GET", "/_stcore/stream", headers=asked) as answer:
        return answer.status_code


def origin(web: httpx2.Client) -> str:
    return str(web.base_url).rstrip("/")


def test_nobody_unknown_reaches_anything_of_the_pages(web: httpx2.Client, pages: Pages) -> None:
    for path, to in (
        ("/", "/login"),
        ("/autopilot", "/login?next=%2Fautopilot"),
        ("/home?x=1&y=2", "/login?next=%2Fhome%3Fx%3D1%26y%3D2"),
    ):
        answer = web.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, to)
    for method, path in (
        ("GET", "/media/abc.png"),
        ("PUT", "/_stcore/upload_file/a/b"),
        ("DELETE", "/_stcore/upload_file/a/b"),
        ("GET", "/component/x/index.html"),
        ("GET", "/_stcore/stream"),
        ("POST", "/"),
        ("POST", "/autopilot"),
    ):
        assert web.request(method, path).status_code == 403, (method, path)
    assert handshake(web, Origin=origin(web)) == 403
    assert pages.hosts == []


def test_what_is_not_there_is_a_404_and_folders_are_not_listed(web: httpx2.Client) -> None:
    sign_in(web)
    for path in (
        *("/nope", "/autopilot/x", "/home/", "/_stcore/metrics", "/_stcore/agent/mcp"),
        *("/static", "/static/", "/static/js", "/static/js/", "/static/nope.js", "/auth"),
        *("/static/..%2f..%2fetc/passwd", "/login/", "/setup/"),
    ):
        assert web.get(path).status_code == 404, path
    script = web.get("/static/js/index.js")
    assert (script.status_code, script.text) == (200, "1")
    assert "immutable" in script.headers["cache-control"]


def test_the_icon_is_there_for_everybody(web: httpx2.Client) -> None:
    for path in ("/favicon.ico", "/favicon.png"):
        icon = web.get(path)
        assert icon.headers["content-type"] == "image/png"
        assert icon.content.startswith(b"\x89PNG")


def test_signing_in_leads_to_the_page_asked_for_with_a_cookie_scripts_cannot_read(
    web: httpx2.Client,
) -> None:
    page = web.get("/autopilot", follow_redirects=True)
    assert 'name="next" value="/autopilot"' in page.text
    answer = sign_in(web, next="/autopilot?schedule=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/autopilot?schedule=1")
    held = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= {part.strip() for part in held.split(";")}
    assert "Secure" not in held
    assert web.get("/autopilot").text == "inside"
    assert handshake(web, Origin=origin(web)) == 101
    assert web.get("/login?next=/home").headers["location"] == "/home"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/autopilot",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/autopilot\r\nSet-Cookie: a=b",
        "/api/v1/workspaces",
        "/logout",
        "/autopilot/../logout",
        "autopilot",
        "http:/autopilot",
        "https:autopilot",
        "/autopilot" + "x" * 2_000,
        "[",
        "",
    ],
)
def test_signing_in_leads_nowhere_but_to_our_own_pages(web: httpx2.Client, wanted: str) -> None:
    assert sign_in(web, next=wanted).headers["location"] == "/"


def test_a_wrong_password_is_told_without_saying_what_was_wrong(web: httpx2.Client) -> None:
    wrong = sign_in(web, "wrong")
    nobody = web.post("/login", data={"email": "eve@example.org", "password": "wrong"})
    assert (wrong.status_code, nobody.status_code) == (401, 401)
    assert wrong.text.replace(ANN, "") == nobody.text.replace("eve@example.org", "")
    assert "set-cookie" not in wrong.headers


def test_what_was_typed_is_shown_as_it_is(web: httpx2.Client) -> None:
    hostile = '"><script>alert(1)</script>'
    answer = web.post("/login", data={"email": hostile, "password": "x", "next": hostile})
    assert "<script>" not in answer.text
    assert "script-src" not in answer.headers["content-security-policy"]


def test_a_session_is_never_the_one_that_was_brought_along(web: httpx2.Client) -> None:
    web.cookies.set(COOKIE, "chosen by somebody else")
    first = sign_in(web).cookies[COOKIE]
    assert first != "chosen by somebody else"
    web.cookies.clear()
    web.cookies.set(COOKIE, first)
    second = sign_in(web).cookies[COOKIE]
    assert second != first
    web.cookies.clear()
    web.cookies.set(COOKIE, first)
    assert web.get("/").status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://["},
    ],
    ids=str,
)
def test_what_another_site_posts_is_refused(
    app: App, web: httpx2.Client, headers: dict[str, str]
) -> None:
    setup = "/setup/" + setup_link(app, ANN).url.rpartition("/")[2]
    sign_in(web)
    given = {
        "email": ANN,
        "password": "another password of Ann",
        "again": "another password of Ann",
    }
    for path in ("/login", "/logout", setup):
        assert web.post(path, data=given, headers=headers).status_code == 403, path
    assert web.get("/").text == "inside"


def test_what_our_own_page_posts_is_taken(web: httpx2.Client) -> None:
    for headers in (
        {"Origin": origin(web), "Sec-Fetch-Site": "same-origin"},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ):
        data = {"email": ANN, "password": PASSWORD}
        assert web.post("/login", data=data, headers=headers).status_code == 303


def test_signing_out_asks_first_and_ends_the_session(app: App, web: httpx2.Client) -> None:
    secret = sign_in(web).cookies[COOKIE]
    assert "Sign out?" in web.get("/logout").text
    assert web.get("/").text == "inside"
    answer = web.post("/logout")
    assert "You are signed out" in answer.text
    assert f"{COOKIE}=" in answer.headers["set-cookie"]
    web.cookies.set(COOKIE, secret)
    assert web.get("/").status_code == 303
    assert handshake(web, Origin=origin(web)) == 403


@pytest.mark.parametrize(
    "end",
    [
        lambda app: people.sign_out_everywhere(app, ANN, actor="test"),
        lambda app: people.set_password(app, ANN, "another password of Ann", actor="test"),
        lambda app: app.clock.pass_(sessions.STAYS),
    ],
    ids=["revoked", "new password", "expired"],
)
def test_a_session_that_is_over_opens_nothing(
    app: App, web: httpx2.Client, end: Callable[[App], object]
) -> None:
    sign_in(web)
    assert web.get("/").text == "inside"
    end(app)
    assert web.get("/").headers["location"] == "/login"
    assert web.get("/media/x").status_code == 403
    assert handshake(web, Origin=origin(web)) == 403


def test_a_cookie_stays_fresh_as_long_as_somebody_comes(web: httpx2.Client, clock: Clock) -> None:
    secret = sign_in(web).cookies[COOKIE]
    clock.pass_(sessions.STAYS / 2)
    answer = web.get("/autopilot")
    assert f"{COOKIE}={secret}" in answer.headers["set-cookie"]
    clock.pass_(sessions.STAYS * 0.75)
    assert web.get("/autopilot").text == "inside"


@pytest.mark.parametrize("path", ["/", "/media/x", "/_stcore/upload_file/a/b"])
def test_another_origin_is_refused_even_with_a_session(web: httpx2.Client, path: str) -> None:
    sign_in(web)
    assert web.get(path, headers={"Origin": "https://evil.example"}).status_code == 403
    assert handshake(web, Origin="https://evil.example") == 403
    assert handshake(web, Origin="null") == 403
    assert web.get(path, headers={"Origin": origin(web)}).text == "inside"


def test_guessing_is_slowed_down_for_a_network_and_not_for_others(web: httpx2.Client) -> None:
    def guess(number: int, network: str) -> int:
        data = {"email": f"nobody-{number}@example.org", "password": "x"}
        headers = {"X-Forwarded-For": network}
        return web.post("/login", data=data, headers=headers).status_code

    told = [guess(number, "203.0.113.7") for number in range(TRIES_OF_A_NETWORK + 1)]
    assert told == [401] * TRIES_OF_A_NETWORK + [429]
    assert guess(0, "203.0.113.8") == 401
    # What the visitor wrote before the proxy's own word is not believed.
    assert guess(0, "198.51.100.1, 203.0.113.7") == 429


def test_behind_a_trusted_proxy_cookies_are_for_https_alone(web: httpx2.Client) -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "news.example.org"}
    data = {"email": ANN, "password": PASSWORD}
    ours = headers | {"Origin": "https://news.example.org"}
    answer = web.post("/login", data=data, headers=ours)
    assert answer.status_code == 303
    assert "Secure" in answer.headers["set-cookie"]
    held = {"Cookie": f"{COOKIE}={answer.cookies[COOKIE]}"}
    page = web.get("/", headers=headers | held)
    cookies = page.headers.get_list("set-cookie")
    assert len(cookies) == 2
    assert all("Secure" in cookie for cookie in cookies)


def test_a_proxy_that_nobody_named_is_not_believed(
    new_app: Callable[..., App], pages: Pages
) -> None:
    app = new_app(AUTOPILOT_SECRET_KEY=KEY, AUTOPILOT_TRUSTED_PROXIES="10.0.0.0/8")
    people.add_user(app, ANN, actor="test", is_operator=True, password=PASSWORD)
    with door(app, pages) as web:
        headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "news.example.org"}
        data = {"email": ANN, "password": PASSWORD}
        assert "Secure" not in web.post("/login", data=data, headers=headers).headers["set-cookie"]
        ours = headers | {"Origin": "https://news.example.org"}
        assert web.post("/login", data=data, headers=ours).status_code == 403
        guesses = [
            web.post("/login", data={}, headers={"X-Forwarded-For": f"203.0.113.{number}"})
            for number in range(TRIES_OF_A_NETWORK)
        ]
        assert guesses[-1].status_code == 429


def test_the_public_address_is_ours_whatever_name_a_proxy_asks_by(
    new_app: Callable[..., App], pages: Pages
) -> None:
    public = "https://news.example.org"
    app = new_app(AUTOPILOT_SECRET_KEY=KEY, AUTOPILOT_PUBLIC_URL=public)
    people.add_user(app, ANN, actor="test", is_operator=True, password=PASSWORD)
    with door(app, pages) as web:
        data = {"email": ANN, "password": PASSWORD}
        assert web.post("/login", data=data, headers={"Origin": public}).status_code == 303
        assert handshake(web, Origin=public) == 101
        assert pages.hosts[-1] == "news.example.org"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:8501"}, 200),
        ({"Host": "autopilot.localhost"}, 200),
        ({"Host": "[::1]:8501"}, 200),
        ({"Host": "127.1.2.3"}, 200),
        ({"Host": "news.example.org"}, 403),
        ({"Host": "localhost.evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": "192.168.1.5:8501"}, 403),
        ({"Host": "0.0.0.0"}, 403),
        ({"Host": "["}, 403),
        ({"Host": ""}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"X-Forwarded-For": "203.0.113.9"}, 403),
        ({"X-Forwarded-For": "127.0.0.1"}, 403),
        ({"Forwarded": "for=203.0.113.9"}, 403),
        ({"X-Forwarded-Host": "localhost"}, 403),
        ({"X-Real-IP": "203.0.113.9"}, 403),
    ],
    ids=str,
)
def test_while_no_login_is_set_up_only_this_machine_gets_in(
    new_app: Callable[..., App], pages: Pages, headers: dict[str, str], status: int
) -> None:
    pages.open_to_all = True
    with door(new_app(AUTOPILOT_TRUSTED_PROXIES="127.0.0.1"), pages) as web:
        for path in ("/", "/autopilot", "/media/x", "/_stcore/health"):
            answer = web.get(path, headers=headers)
            assert answer.status_code == status, path
        if status == 403 and "Origin" not in headers:
            assert "autopilot users add" in answer.text
        assert handshake(web, **headers) == (101 if status == 200 else 403)


def test_whoever_sits_at_the_machine_is_not_asked_to_sign_in(
    new_app: Callable[..., App], pages: Pages
) -> None:
    pages.open_to_all = True
    with door(new_app(), pages) as web:
        assert web.get("/login").headers["location"] == "/"


def test_a_link_sets_a_password_once_and_signs_in(app: App, web: httpx2.Client) -> None:
    path = "/setup/" + setup_link(app, ANN).url.rpartition("/")[2]
    assert ANN in web.get(path).text
    new = "another password of Ann"
    for given, told in (
        ({"password": new, "again": "something else"}, "not the same"),
        ({"password": "short", "again": "short"}, "12 to 200"),
        ({}, "12 to 200"),
    ):
        refused = web.post(path, data=given)
        assert refused.status_code == 422
        assert told in refused.text
    answer = web.post(path, data={"password": new, "again": new})
    assert answer.headers["location"] == "/"
    assert web.get("/").text == "inside"
    for again in (web.get(path), web.post(path, data={"password": new, "again": new})):
        assert again.status_code == 404
    web.cookies.clear()
    assert sign_in(web).status_code == 401
    assert sign_in(web, new).status_code == 303


def test_a_provider_is_offered_and_leads_back_to_the_page_asked_for(
    new_app: Callable[..., App], pages: Pages
) -> None:
    app = new_app(AUTOPILOT_SECRET_KEY=KEY, **PROVIDER)
    people.add_user(app, ANN, actor="test", is_operator=True)
    now = app.clock().timestamp()
    pages.claims = {"iss": "x", "sub": "1", "iat": now, "email": ANN, "email_verified": True}
    with door(app, pages) as web:
        page = web.get("/autopilot", follow_redirects=True).text
        assert "Sign in with login.example.org" in page
        assert 'type="password"' not in page
        answer = web.get("/login/elsewhere?next=/autopilot")
        assert answer.headers["location"] == "/auth/login?provider=x"
        web.cookies.set("elsewhere", "yes")
        assert web.get("/").headers["location"] == "/autopilot"
        assert web.get("/").text == "inside"
        out = web.post("/logout")
        assert "login.example.org" in out.text
        assert web.get("/").headers["location"] == "/login"
        assert "This login is over." in web.get("/login").text


@pytest.mark.parametrize("path", ["/auth/login", "/auth/logout"])
def test_another_site_leads_nobody_into_or_out_of_a_login(web: httpx2.Client, path: str) -> None:
    assert web.get(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert web.get(path, headers={"Sec-Fetch-Site": "same-origin"}).text == "inside"
    assert web.get("/oauth2callback", headers={"Sec-Fetch-Site": "cross-site"}).text == "inside"


def test_pages_run_their_own_scripts_and_no_others(web: httpx2.Client) -> None:
    sign_in(web)
    policy = web.get("/").headers["content-security-policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["script-src"] == "'self' 'wasm-unsafe-eval' 'sha256-abc='"
    assert rules["connect-src"] == "'self'"
    assert rules["frame-ancestors"] == "'none'"
    assert "http" not in policy


def test_a_body_that_is_too_large_is_refused(web: httpx2.Client) -> None:
    assert web.post("/login", content=b"x" * 100_000).status_code == 413


def test_no_secret_is_in_the_log(app: App, web: httpx2.Client, events: list[Any]) -> None:
    secret = sign_in(web).cookies[COOKIE]
    web.get("/")
    link = setup_link(app, ANN).url
    web.get("/setup/" + link.rpartition("/")[2])
    told = str(events)
    for hidden in (secret, PASSWORD, link):
        assert hidden not in told
