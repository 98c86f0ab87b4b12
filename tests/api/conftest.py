"""The API as programs use it: a real server, a real client with a token, on each engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import httpx2
import pytest
from api.rooms import serving
from service.conftest import (
    SUNDAY,
    Clock,
    app,
    apply,
    clock,
    database,
    document,
    events,
    feeds,
    new_app,
    new_store,
    postgres_template,
    sqlite_template,
    store_url,
)
from service.feeds import Feeds, Item

from autopilot.domain.access import EVERYTHING, Grant
from autopilot.http.app import build_web
from autopilot.service.access.tokens import create_token
from autopilot.service.context import App
from autopilot.service.schedules import get_autopilot_schedules

__all__ = [
    "app", "clock", "database", "events", "feeds", "new_app", "new_store", "postgres_template",
    "sqlite_template", "store_url",
]  # fmt: skip
V1 = "/api/v1"


@dataclass
class Desk:
    """A client with a token, and the ids of what there is in its workspace."""

    app: App
    clock: Clock
    client: httpx2.Client
    workspace_id: str
    specification_id: str
    schedule_id: str

    def ask(self, method: str, path: str, json: object = None, **headers: str) -> httpx2.Response:
        """Asks below /api/v1."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.request(method, V1 + path, json=json, headers=named)

    def get(self, path: str, **params: object) -> httpx2.Response:
        given = {name: str(value) for name, value in params.items()}
        return self.client.get(V1 + path, params=given)

    def token(self, grant: Grant, name: str = "other") -> str:
        """Makes one more token of the workspace."""
        return create_token(self.app, UUID(self.workspace_id), name, grant, actor="ann").secret

    def schedule(self, **given: object) -> dict[str, object]:
        """A schedule as it is asked for."""
        return {
            "specification_id": self.specification_id,
            "name": "Tuesday ten",
            "type": "weekly",
            "config": {"days": ["tue"], "times": ["10:00"]},
            **given,
        }


@pytest.fixture
def desk(app: App, clock: Clock, feeds: Feeds) -> Iterator[Desk]:
    published = SUNDAY.replace(hour=6)
    apply(app, document(feeds.serve("feed.xml", Item(title="Grid line", published=published))))
    (schedule,) = get_autopilot_schedules(app=app)
    token = create_token(app, schedule.workspace_id, "desk", EVERYTHING, actor="ann").secret
    with serving(build_web(app)) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        yield Desk(
            app=app,
            clock=clock,
            client=client,
            workspace_id=str(schedule.workspace_id),
            specification_id=str(schedule.specification_id),
            schedule_id=str(schedule.id),
        )
