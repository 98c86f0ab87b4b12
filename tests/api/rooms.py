"""Two workspaces with everything in them, and the keys that people and programs come with.

Every name, text and address of the first one holds MARK: where that is seen, something leaked.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
from service.conftest import MONDAY_NINE, SUNDAY, apply
from service.feeds import Feeds, Item
from sqlalchemy import select
from starlette.applications import Starlette
from web.conftest import clock_of, issue

from autopilot.domain.access import Grant, Role, User
from autopilot.domain.delivery import Delivery, DeliveryStatus
from autopilot.http.app import build_web
from autopilot.http.server import address_of, bind, serve
from autopilot.service.access.membership import grant
from autopilot.service.access.tokens import create_token, revoke_token
from autopilot.service.context import App
from autopilot.service.subscribers import add_subscriber, suppress_address
from autopilot.service.tick import tick
from autopilot.store import deliveries, specifications, users, workspaces
from autopilot.store.tables import metadata

MARK = "zanzibar"
HIDDEN = "tt-0815-hidden"
"""Stands in what only an admin may see: the address of a webhook."""
USED = ("api_tokens.last_used_at", "api_tokens.updated_at")
"""When a key was last used: that alone is written whoever only looks."""
SCRIPT = f"<script>alert('{MARK}')</script>"

MARKED = """
workspace: zanzibar-a
name: "<script>alert('zanzibar')</script>"
timezone: Europe/Berlin
brand: {{name: "Zanzibar <b>news</b>", postal_address: "Zanzibar Street 1"}}
owners: [zanzibar-owner@example.org]
specifications:
  - slug: zanzibar-energy
    name: "<script>alert('zanzibar')</script>"
    categories:
      - {{id: grid, name: "<i>zanzibar</i>", keywords: [zanzibar, grid]}}
    regions: [{{id: ZZ, name: zanzibar region, keywords: [zanzibar coast]}}]
    sources: [{{url: "{feed}", name: "<script>alert('zanzibar')</script>", region: ZZ}}]
    channels:
      - {{type: webhook, url: "https://hooks.example.org/{hidden}"}}
      - {{type: email, recipients: [zanzibar-reader@example.org], internal: true}}
    schedules:
      - name: "<script>alert('zanzibar')</script>"
        type: weekly
        config: {{days: [mon], times: ["09:00"]}}
        notes: zanzibar notes
        review: {{mode: approve, reviewers: [zanzibar-rita@example.org]}}
"""
OTHER = """
workspace: other
name: Other
specifications:
  - slug: other-energy
    name: Other Energy
    categories: [{id: grid, name: Grid, keywords: [grid]}]
"""


@dataclass
class Rooms:
    """The ids of everything in the marked workspace, and keys by who has them."""

    app: App
    ids: dict[str, UUID] = field(default_factory=dict)
    other: dict[str, UUID] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    def key(self, name: str, grant: Grant, *, inside: str = "workspace_id", **how: Any) -> str:
        """Makes a token of the marked workspace (or `other`) and returns its secret."""
        owner = self.other["workspace_id"] if inside == "other" else self.ids["workspace_id"]
        made = create_token(self.app, owner, f"{MARK}-{name}", grant, actor="ann", **how)
        self.keys[name] = made.secret
        self.ids.setdefault("token_id", made.token.id)
        return made.secret

    @contextmanager
    def client(self, key: str | None, *, web: Starlette | None = None) -> Iterator[httpx2.Client]:
        """A client of a real server that comes with a key."""
        with serving(web or build_web(self.app)) as client:
            if key is not None:
                client.headers["Authorization"] = f"Bearer {self.keys[key]}"
            yield client


@contextmanager
def serving(web: Starlette) -> Iterator[httpx2.Client]:
    """A client of a server that serves this application."""
    stop = threading.Event()
    with bind("127.0.0.1", 0) as bound:
        thread = threading.Thread(target=serve, args=(web, bound), kwargs={"stop": stop})
        thread.start()
        try:
            with httpx2.Client(base_url=address_of(bound), trust_env=False, timeout=60) as client:
                yield client
        finally:
            stop.set()
            thread.join()


def furnished(app: App, feeds: Feeds) -> Rooms:
    """Two workspaces, one run with an issue that waits, its deliveries, people and keys."""
    rooms = Rooms(app)
    items = [
        Item(title=f"Zanzibar {title}", published=SUNDAY - timedelta(days=1))
        for title in (
            "grid operator plans a new transmission line",
            "harbour opens its battery storage park",
            "schools get solar roofs before the summer",
        )
    ]
    feed = feeds.serve(f"{MARK}.xml", *items)
    apply(app, MARKED.format(feed=feed, hidden=HIDDEN))
    apply(app, OTHER)
    rooms.ids |= _named(app, "zanzibar-a")
    rooms.other |= _named(app, "other")
    clock_of(app).now = MONDAY_NINE
    (run,) = tick(app).runs
    rooms.ids |= {"run_id": run.id, "schedule_id": _only(app, "autopilot_schedules")}
    rooms.ids |= {"source_id": _only(app, "sources"), "issue_id": _only(app, "issues")}
    rooms.ids["delivery_id"] = _deliver(app, rooms)
    _people(app, rooms)
    _keys(rooms)
    return rooms


def _named(app: App, slug: str) -> dict[str, UUID]:
    with app.database.read() as connection:
        owner = workspaces.find_workspace(connection, slug)
        assert owner is not None
        (row,) = specifications.list_specifications(connection, workspace_id=owner.id)
    return {"workspace_id": owner.id, "specification_id": row.id}


def _only(app: App, table: str) -> UUID:
    with app.database.read() as connection:
        found: UUID = connection.execute(select(metadata.tables[table].c.id)).scalars().one()
    return found


def _deliver(app: App, rooms: Rooms) -> UUID:
    now, made = app.clock(), []
    sent = issue(
        app,
        "zanzibar-energy",
        workspace="zanzibar-a",
        subject=SCRIPT,
        preheader=MARK,
        status="partly_sent",
    )
    rooms.ids["sent_issue_id"] = sent
    for channel, address in (
        ("email", f"{MARK}-reader@example.org"),
        (f"webhook:https://hooks.example.org/{HIDDEN}", f"https://hooks.example.org/{HIDDEN}"),
    ):
        made.append(
            Delivery(
                id=uuid4(),
                workspace_id=rooms.ids["workspace_id"],
                specification_id=rooms.ids["specification_id"],
                issue_id=sent,
                channel=channel,
                address=address,
                name=SCRIPT,
                status=DeliveryStatus.PENDING,
                due_at=now,
                created_at=now,
            )
        )
    with app.database.begin() as connection:
        deliveries.add_deliveries(connection, made)
        for each in made:
            failed = each.claim(uuid4(), now + timedelta(minutes=1)).send()
            deliveries.move(connection, each, failed)
            deliveries.move(connection, failed, failed.refuse(f"{MARK} said no", now))
    return made[0].id


def _people(app: App, rooms: Rooms) -> None:
    with app.database.read() as connection:
        row = specifications.get_specification(connection, rooms.ids["specification_id"])
    assert row is not None
    add_subscriber(app, row, f"{MARK}-ann@example.org", name="Ann Zanzibar", actor="ann")
    suppress_address(app, row.workspace_id, f"{MARK}-no@example.org", actor="ann", detail=MARK)
    suppress_address(  # of an example
        app, row.workspace_id, "ann@example.org", specification_id=row.id, actor="ann"
    )
    rooms.ids["subscriber_id"] = _only(app, "subscribers")
    user = User(id=uuid4(), email=f"{MARK}-user@example.org", name=SCRIPT)
    with app.database.begin() as connection:
        users.add_user(connection, user)
        users.add_user(connection, User(id=uuid4(), email="bob@example.org"))  # of an example
    grant(app, row.workspace_id, user.email, Grant(role=Role.VIEWER), actor="ann")
    rooms.ids["user_id"] = user.id


def _keys(rooms: Rooms) -> None:
    everything = Grant(role=Role.ADMIN, may_send=True)
    now = rooms.app.clock()
    rooms.key("viewer", Grant(role=Role.VIEWER))
    rooms.key("editor", Grant(role=Role.EDITOR))
    rooms.key("admin", everything)
    rooms.key("stranger", everything, inside="other")
    rooms.key("revoked", everything)
    revoke_token(rooms.app, rooms.ids["workspace_id"], f"{MARK}-revoked", actor="ann")
    rooms.key("expired", everything, expires_at=now + timedelta(minutes=1))
    clock_of(rooms.app).pass_(timedelta(minutes=2))


def dump(app: App) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the store, but for when keys were last used."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    with app.database.read() as connection:
        for name, table in metadata.tables.items():
            columns = [it for it in table.c if f"{name}.{it.name}" not in USED]
            rows = connection.execute(select(*columns)).all()
            found[name] = sorted((tuple(row) for row in rows), key=repr)
    return found
