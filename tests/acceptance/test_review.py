"""Review from end to end: a relay, a web process, a worker and a browser, each of them real.

Three newsletters have the same slot. One is held, changed and approved from its reviewer's letter;
one nobody looks at, and it goes out; one waits for an approval that never comes, and expires.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from acceptance.feed_server import HEADLINES, serving
from conftest import BROWSERS
from required import missing
from service.sinks import Relay, Sink
from sqlalchemy import select

from autopilot.domain.specification import WorkspaceDocument
from autopilot.service.configuration.applying import apply_document
from autopilot.service.context import App
from autopilot.settings import load_settings
from autopilot.store.migrate import migrate
from autopilot.store.tables import audit_log, deliveries, issues, newsletter_specifications, notices
from autopilot.wiring import assemble_app

if TYPE_CHECKING:
    from playwright.sync_api import Page

PATIENCE_SECONDS = 240
RITA = "rita@example.org"
HELD, UNTOUCHED, UNSEEN = "held", "untouched", "unseen"
REVIEWS = {
    HELD: {"mode": "hold", "hold_hours": 12, "reviewers": [RITA]},
    UNTOUCHED: {"mode": "hold", "hold_hours": 0.004, "reviewers": [RITA]},
    UNSEEN: {"mode": "approve", "expires_hours": 0.002, "reviewers": [RITA]},
}
LINK = re.compile(r"http://127\.0\.0\.1:\d+/r/[\w-]+")


@pytest.fixture
def relay() -> Iterator[Relay]:
    relay = Relay(Sink())
    yield relay
    relay.stop()


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def environment(database_url: str, tmp_path: Path, relay: Relay, port: int) -> dict[str, str]:
    return {
        "AUTOPILOT_DATABASE_URL": database_url,
        "AUTOPILOT_DATA_DIR": str(tmp_path / "data"),
        "AUTOPILOT_POLL_INTERVAL": "1",
        "AUTOPILOT_SMTP_URL": relay.url(),
        "AUTOPILOT_MAIL_FROM": "Acme <news@example.org>",
        "AUTOPILOT_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "AUTOPILOT_SECRET_KEY": "a key of the tests, long enough to be one",
    }


def document(place: str, minute: datetime) -> WorkspaceDocument:
    """Three newsletters with one reader each, and a slot at this minute."""
    cron = {"cron": f"{minute.minute} {minute.hour} * * *"}
    return WorkspaceDocument.model_validate(
        {
            "workspace": "acme",
            "name": "Acme",
            "specifications": [
                {
                    "slug": slug,
                    "name": f"News {slug}",
                    "cadence": "daily",
                    "categories": [
                        {
                            "id": "grid",
                            "name": "Power grid",
                            "max_stories": 2,
                            "keywords": ["grid", "power", "transmission"],
                        }
                    ],
                    "sources": [{"url": f"http://{place}/{slug}.xml"}],
                    "channels": [
                        {
                            "type": "email",
                            "internal": True,
                            "recipients": [f"reader-{slug}@example.org"],
                        }
                    ],
                    "schedules": [
                        {"name": slug, "type": "custom", "config": cron, "review": review}
                    ],
                }
                for slug, review in REVIEWS.items()
            ],
        }
    )


@contextmanager
def process(environment: dict[str, str], log: Path, *arguments: str) -> Iterator[None]:
    with log.open("wb") as output:
        running = subprocess.Popen(
            [sys.executable, "-m", "autopilot", *arguments],
            env=os.environ | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield
        assert running.poll() is None, log.read_text()
    finally:
        running.terminate()
        assert running.wait(30) == 0


def wait_until(met: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := met()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.1)
    return found


def status(app: App, slug: str) -> str | None:
    with app.database.read() as connection:
        return connection.scalar(
            select(issues.c.status)
            .join(newsletter_specifications)
            .where(newsletter_specifications.c.slug == slug)
        )


def letter(relay: Relay, recipient: str, subject: str) -> EmailMessage | None:
    for mail in relay.sink.taken:
        read = message_from_bytes(mail.content, policy=policy.default)
        assert isinstance(read, EmailMessage)
        if mail.recipient == recipient and subject in read["Subject"]:
            return read
    return None


def words(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


@contextmanager
def window() -> Iterator[Page]:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        missing("no chromium browser here; Debian has one in the package chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 400, "height": 900})
        browser.close()


def opened_at(page: Page, mail: EmailMessage, what: str) -> None:
    """Opens the link below these words of a letter."""
    told = words(mail)
    link = LINK.search(told, told.index(what))
    assert link is not None
    page.goto(link.group())


def test_hold_edit_approve_release_and_expire_through_mail_and_browser(
    environment: dict[str, str], relay: Relay, port: int, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        place = stack.enter_context(serving())
        environment["AUTOPILOT_ALLOW_HOSTS"] = place
        app = assemble_app(load_settings(environment))
        stack.callback(app.close)
        migrate(app.database)
        now = datetime.now(UTC)
        minute = (now + timedelta(seconds=75)).replace(second=0, microsecond=0)
        apply_document(app, document(place, minute), actor="ann@example.org")
        serve = ("serve", "--port", str(port))
        stack.enter_context(process(environment, tmp_path / "serve.log", *serve))
        stack.enter_context(process(environment, tmp_path / "worker.log", "worker"))

        asked = wait_until(lambda: letter(relay, RITA, "News held"), "the letter to Rita")
        assert "unless somebody holds it" in " ".join(words(asked).split())
        page = stack.enter_context(window())

        opened_at(page, asked, "Hold it:")
        assert status(app, HELD) == "waiting"  # a look changes nothing
        page.get_by_role("button", name="Hold it").click()
        page.get_by_text("It is held.").wait_for()
        assert status(app, HELD) == "held"

        opened_at(page, asked, "Drop story 1:")
        gone = page.locator("strong").first.inner_text()
        page.get_by_role("button", name="Drop this story").click()
        page.get_by_text("The story was dropped. In its place:").wait_for()

        opened_at(page, asked, "Look at it and change it:")
        assert gone not in page.locator("h3").all_inner_texts()
        lead = page.locator("h3").first.inner_text().partition(". ")[2]
        subject = f"{lead[:38].rpartition(' ')[0]}, and what it means"
        page.get_by_label("Subject").fill(subject)
        page.get_by_label("Introduction").fill("Good morning from the desk.")
        page.get_by_role("button", name="Save subject").click()
        page.get_by_text("Your changes are saved.").wait_for()

        opened_at(page, asked, "Approve it:")
        page.get_by_role("button", name="Send to 1 person").click()
        page.get_by_text("1 delivery leaves").wait_for()
        page.reload()  # a form sent twice

        sent = wait_until(lambda: letter(relay, "reader-held@example.org", ""), "the held issue")
        assert sent["Subject"] == subject
        assert "Good morning from the desk." in words(sent)
        assert gone not in words(sent)
        assert {title for title, _ in HEADLINES} - {gone} <= set(words(sent).splitlines())

        wait_until(lambda: letter(relay, "reader-untouched@example.org", ""), "the other issue")
        wait_until(lambda: status(app, UNSEEN) == "expired", "the third to expire")
        wait_until(lambda: status(app, HELD) == "sent", "the end of the first")
        wait_until(lambda: status(app, UNTOUCHED) == "sent", "the end of the second")
        assert_what_was_done(app, relay)


def assert_what_was_done(app: App, relay: Relay) -> None:
    asked = [mail.recipient for mail in relay.sink.taken].count(RITA)
    assert asked == len(REVIEWS)
    assert not [mail for mail in relay.sink.taken if "unseen" in mail.recipient]
    with app.database.read() as connection:
        deeds = connection.execute(
            select(audit_log.c.actor, audit_log.c.action)
            .where(audit_log.c.subject_type == "issue")
            .order_by(audit_log.c.at)
        ).all()
        sent = connection.execute(select(deliveries.c.address, deliveries.c.status)).all()
        (notice,) = connection.execute(select(notices.c.kind, notices.c.message)).all()
    rita = f"review:{RITA}"
    wanted = ["issue.held", "issue.story_dropped", "issue.edited", "issue.approved"]
    assert [action for actor, action in deeds if actor == rita] == wanted
    by_itself = {action for actor, action in deeds if actor == "autopilot"}
    assert by_itself == {"issue.released", "issue.expired"}
    assert sorted(sent) == [
        (f"reader-{slug}@example.org", "sent") for slug in sorted((HELD, UNTOUCHED))
    ]
    assert notice.kind == "expired"
    assert "nobody approved it in time" in notice.message
