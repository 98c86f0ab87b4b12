"""The public pages as readers reach them: a real server, a real client, on each engine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from service.conftest import (
    Clock,
    app,
    apply,
    clock,
    database,
    events,
    feeds,
    new_app,
    new_store,
    postgres_template,
    sqlite_template,
    store_url,
)
from sqlalchemy import insert

from autopilot.domain.letter import Answer, Letter, Verdict
from autopilot.domain.signing import Purpose, signed
from autopilot.http.app import build_web
from autopilot.http.server import address_of, bind, serve
from autopilot.service.context import App
from autopilot.service.secret import secret_key
from autopilot.store import specifications, workspaces
from autopilot.store.tables import deliveries, issues, newsletter_runs

__all__ = [
    "app", "clock", "database", "events", "feeds", "new_app", "new_store", "postgres_template",
    "sqlite_template", "store_url",
]  # fmt: skip
PUBLIC = "https://news.example.org"

CONFIGURATION = """
workspace: {workspace}
name: Acme Research
timezone: Europe/Berlin
brand: {{name: Acme Weekly, color: "#0f766e", postal_address: "Acme GmbH, Example Street 1, Berlin"}}
specifications:
  - slug: energy
    name: Energy Weekly
    categories: [{{id: grid, name: Power grid, keywords: [grid]}}]
    channels: [{{type: email}}, {{type: archive}}]
  - slug: inside
    name: Inside
    categories: [{{id: grid, name: Power grid, keywords: [grid]}}]
    channels: [{{type: email, recipients: [ann@example.org], internal: true}}]
  - slug: quiet
    name: Quiet
    categories: [{{id: grid, name: Power grid, keywords: [grid]}}]
"""


@dataclass
class Box:
    """Takes letters in place of a relay."""

    letters: list[Letter] = field(default_factory=list)
    verdict: Verdict = Verdict.ACCEPTED

    def send(self, letter: Letter) -> Answer:
        self.letters.append(letter)
        return Answer(self.verdict, "250 2.0.0 kept")


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def public(new_app: Callable[..., App], box: Box) -> App:
    """An App with a workspace, a public address and a way out for letters."""
    made = replace(
        new_app(
            AUTOPILOT_PUBLIC_URL=PUBLIC,
            AUTOPILOT_SECRET_KEY="a key of the tests, long enough to be one",
        ),
        post=box,
    )
    apply(made, CONFIGURATION.format(workspace="acme"))
    return made


@contextmanager
def served(app: App) -> Iterator[httpx2.Client]:
    """A client of a server that serves this App's pages."""
    stop = threading.Event()
    with bind("127.0.0.1", 0) as bound:
        thread = threading.Thread(target=serve, args=(build_web(app), bound), kwargs={"stop": stop})
        thread.start()
        try:
            with httpx2.Client(base_url=address_of(bound), trust_env=False) as client:
                yield client
        finally:
            stop.set()
            thread.join()


@pytest.fixture
def web(public: App) -> Iterator[httpx2.Client]:
    with served(public) as client:
        yield client


def ids(app: App, slug: str, workspace: str = "acme") -> tuple[UUID, UUID]:
    """The workspace's and the specification's id."""
    with app.database.read() as connection:
        owner = workspaces.find_workspace(connection, workspace)
        assert owner is not None
        (row,) = specifications.list_specifications(connection, workspace_id=owner.id, slug=slug)
    return owner.id, row.id


def issue(app: App, slug: str = "energy", *, workspace: str = "acme", **given: Any) -> UUID:
    """Stores an issue as it stands after its run."""
    owner, specification = ids(app, slug, workspace)
    now, run_id, issue_id = app.clock(), uuid4(), uuid4()
    at: datetime = given.get("scheduled_for", now)
    with app.database.begin() as connection:
        connection.execute(
            insert(newsletter_runs).values(
                id=run_id,
                workspace_id=owner,
                specification_id=specification,
                trigger="manual",
                status="queued",
                window_start=at,
                window_end=at,
                zone="Europe/Berlin",
                due_at=at,
                created_by="test",
            )
        )
        connection.execute(
            insert(issues).values(
                {
                    "id": issue_id,
                    "workspace_id": owner,
                    "specification_id": specification,
                    "run_id": run_id,
                    "scheduled_for": at,
                    "status": "sent",
                    "subject": "Grid news",
                    "preheader": "What happened on the grid",
                    "writer": "extractive",
                    "html_sha256": "0" * 64,
                    "text_sha256": "0" * 64,
                    "created_at": now,
                    "notes": [],
                    **given,
                }
            )
        )
    return issue_id


def delivery(app: App, address: str, slug: str = "energy", *, workspace: str = "acme") -> str:
    """Stores a mail that was sent, and returns the token of its link."""
    owner, specification = ids(app, slug, workspace)
    identity = uuid4()
    issue_id = issue(app, slug, workspace=workspace)
    with app.database.begin() as connection:
        connection.execute(
            insert(deliveries).values(
                id=identity,
                workspace_id=owner,
                specification_id=specification,
                issue_id=issue_id,
                channel="email",
                address=address,
                target=address.casefold(),
                status="sent",
                due_at=app.clock(),
                ended_at=app.clock(),
            )
        )
    return signed(secret_key(app), Purpose.UNSUBSCRIBE, identity.bytes)


def clock_of(app: App) -> Clock:
    assert isinstance(app.clock, Clock)
    return app.clock
