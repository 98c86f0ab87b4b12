"""Single sign-on as people meet it: a real provider, a real server, a real browser.

Ann has an account, Eve has none, and the provider has not verified Bob's address.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from acceptance.processes import answers, free_port, process, until

from autopilot.domain.access import Grant, Role
from autopilot.service.access import membership, people, sessions
from autopilot.service.configuration.applying import apply_document
from autopilot.service.configuration.reading import read_document
from autopilot.service.context import App
from autopilot.service.lookup import workspace_named
from autopilot.settings import load_settings
from autopilot.wiring import build_app

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PATIENCE_SECONDS = 90
ANN, EVE, BOB = "ann@example.org", "eve@example.org", "bob@example.org"
CLAIMS = (
    {"sub": ANN, "email": "Ann@Example.org", "email_verified": True},
    {"sub": EVE, "email": EVE, "email_verified": True},
    {"sub": BOB, "email": BOB, "email_verified": False},
)
pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")


@pytest.fixture(scope="module")
def browser(browser_path: str) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, App]]:
    """The address of a web app whose people sign in at a provider, and its App."""
    folder = tmp_path_factory.mktemp("oidc")
    provider, port = free_port(), free_port()
    environment = {
        "AUTOPILOT_DATA_DIR": str(folder / "data"),
        "AUTOPILOT_DATABASE_URL": f"sqlite:///{folder / 'autopilot.db'}",
        "AUTOPILOT_OIDC_ISSUER": f"http://localhost:{provider}",
        "AUTOPILOT_OIDC_CLIENT_ID": "autopilot",
        "AUTOPILOT_OIDC_CLIENT_SECRET": "a secret of the provider",
    }
    known = [option for claims in CLAIMS for option in ("--user-claims", json.dumps(claims))]
    mock = ("oidc_provider_mock", "--port", str(provider), *known)
    with ExitStack() as stack:
        app = build_app(load_settings(environment))
        stack.callback(app.close)
        apply_document(app, read_document("workspace: acme\nname: Acme Research"), actor="test")
        people.add_user(app, "root@example.org", actor="test", is_operator=True)
        for email in (ANN, BOB):
            people.add_user(app, email, actor="test")
            member = Grant(role=Role.EDITOR)
            membership.grant(app, workspace_named(app, None).id, email, member, actor="test")
        stack.enter_context(process(environment, folder / "provider.log", *mock))
        serve = ("autopilot", "serve", "--port", str(port))
        stack.enter_context(process(environment, folder / "serve.log", *serve))
        base = f"http://127.0.0.1:{port}"
        until(lambda: answers(f"{base}/healthz") and answers(f"http://localhost:{provider}/"))
        yield base, app


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a browser that has been nowhere yet; what it complains of fails the test."""
    context = browser.new_context()
    complaints: list[str] = []
    opened = context.new_page()
    opened.on(
        "console",
        lambda said: complaints.append(said.text) if "Content Security" in said.text else None,
    )
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert complaints == []


def sign_in(page: Page, base: str, who: str, *, at: str = "/") -> None:
    """Goes to a page, to the provider by our login page, and through it as somebody."""
    page.goto(base + at)
    page.get_by_role("link", name="Sign in with localhost").click()
    page.get_by_role("button", name=who).click()


def shows(page: Page, words: str) -> None:
    page.get_by_text(words).first.wait_for(timeout=PATIENCE_SECONDS * 1_000)


def sign_out_by_button(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    page.locator("form[action*='end_session'] button, form button").first.click()


def user_id(app: App, email: str) -> Any:
    return people.user_named(app, email).id


def test_a_known_address_comes_in_where_it_wanted_to_and_goes_out(
    place: tuple[str, App], page: Page
) -> None:
    base, app = place
    sign_in(page, base, ANN, at="/autopilot")
    page.wait_for_url(f"{base}/autopilot")
    shows(page, ANN)
    held = {cookie["name"]: cookie for cookie in page.context.cookies(base)}
    assert held["_streamlit_user"]["httpOnly"]
    stolen = page.context.cookies(base)
    sign_out_by_button(page)
    page.wait_for_url(f"{base}/login*")
    assert sessions.list_sessions(app, user_id(app, ANN)) == []
    page.context.add_cookies(stolen)
    page.goto(base)
    shows(page, "This login is over.")


def test_an_unknown_address_is_told_so_and_sees_nothing(place: tuple[str, App], page: Page) -> None:
    base, _ = place
    sign_in(page, base, EVE)
    page.wait_for_url(f"{base}/login*")
    shows(page, f"{EVE} has no account here.")
    for path in ("/autopilot", "/settings"):
        page.goto(base + path)
        page.wait_for_url(f"{base}/login*")
    assert page.request.get(f"{base}/media/x.png").status == 403


def test_an_address_that_the_provider_has_not_verified_stays_out(
    place: tuple[str, App], page: Page
) -> None:
    base, app = place
    sign_in(page, base, BOB)
    page.wait_for_url(f"{base}/login*")
    shows(page, f"The provider has not verified {BOB}.")
    assert sessions.list_sessions(app, user_id(app, BOB)) == []


def test_an_open_page_ends_at_the_next_click_after_a_sign_out_everywhere(
    place: tuple[str, App], page: Page
) -> None:
    base, app = place
    sign_in(page, base, ANN)
    shows(page, ANN)
    people.sign_out_everywhere(app, ANN, actor="test")
    page.get_by_role("link", name="History").click()
    shows(page, "You are signed out")
    assert page.get_by_text(ANN).count() == 0
    page.reload()
    page.wait_for_url(f"{base}/login*")


def test_a_cookie_that_was_not_made_here_opens_nothing(place: tuple[str, App], page: Page) -> None:
    from itsdangerous import URLSafeTimedSerializer

    base, _ = place
    forged = {**CLAIMS[0], "iat": time.time(), "origin": base, "is_logged_in": True}
    made = URLSafeTimedSerializer("another key", salt="_streamlit_user").dumps(json.dumps(forged))
    page.context.add_cookies([{"name": "_streamlit_user", "value": str(made), "url": base}])
    page.goto(base)
    page.wait_for_url(f"{base}/login*")
    assert page.get_by_role("alert").count() == 0
