"""The web app's pages in front of a real store on each engine, without a browser.

`shown` runs the whole script as a visitor's click does: guard, frame and one page.
"""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from service.conftest import (
    MONDAY_NINE,
    SUNDAY,
    WEEK,
    Clock,
    apply,
    clock,
    database,
    events,
    feeds,
    new_app,
    new_store,
    news,
    postgres_template,
    sqlite_template,
    store_url,
)
from service.feeds import Feeds, Item
from streamlit.runtime.scriptrunner import script_runner
from streamlit.testing.v1 import AppTest

from autopilot.domain.access import Grant, Principal, Role
from autopilot.domain.run import Run
from autopilot.domain.schedule import Schedule
from autopilot.service.context import App
from autopilot.service.generate import generate
from autopilot.service.schedules import get_autopilot_schedules
from autopilot.service.tick import tick
from autopilot.store import runs, specifications, workspaces
from autopilot.ui import frame, guard
from autopilot.ui.host import SCRIPT, _hosts, serve_for

__all__ = [
    "clock", "database", "events", "feeds", "new_app", "new_store", "postgres_template",
    "sqlite_template", "store_url",
]  # fmt: skip
PATIENCE_SECONDS = 30  # for one run of a page on a crowded machine
HOSTILE = (
    "<script>alert(1)</script>",
    "**bold** _it_ `code` # head",
    ":red[x] :material/home: 100%",
    "$x^2$ [link](https://example.org) ![i](https://example.org/i.png)",
    "n" * 200,
)
"""Names that have to stand on every page as they are written."""

WORKSPACE = """
workspace: acme
name: Acme Research
timezone: Europe/Berlin
owners: [ann@example.org]
brand: {{name: Acme Weekly, color: "#0f766e", footer: "Acme GmbH, Example Street 1, Berlin"}}
specifications:
  - slug: energy
    name: Energy Weekly
    cadence: weekly
    categories:
      - {{id: grid, name: Power grid, keywords: [grid, transmission, interconnector]}}
      - {{id: storage, name: Storage, keywords: [battery, storage]}}
    regions:
      - {{id: DE, name: Germany, keywords: [Germany, Berlin]}}
    sources:
      - {{url: "{feed}", name: Grid news}}
      - {{url: "{dead}", name: Silent wire}}
    channels: [{{type: archive}}]
    schedules:
      - {{name: Monday nine, type: weekly, config: {{days: [mon], times: ["09:00"]}}}}
"""


@pytest.fixture
def empty(new_app: Callable[..., App]) -> Iterator[App]:
    """An App without any workspace, served to whoever sits at this machine."""
    with_pages = new_app(AUTOPILOT_SECRET_KEY="a key of the tests, long enough to be one")
    serve_for(with_pages, is_local=True)
    yield with_pages
    _hosts.clear()


@pytest.fixture
def app(empty: App, feeds: Feeds, clock: Clock) -> App:
    """Acme Research: one specification, two sources (one dead), a weekly schedule and its history.

    Runs, oldest first: two slots whose issues are in the archive, one that a person generated (a
    draft), and one slot without anything new. It is a Monday, five minutes after nine in Berlin.
    """
    feed = feeds.serve("feed.xml", *news(SUNDAY - timedelta(days=2)))
    apply(empty, WORKSPACE.format(feed=feed, dead=feeds.url("dead.xml")))
    go_to(clock, empty, MONDAY_NINE)
    feeds.serve("feed.xml", *later(SUNDAY + timedelta(days=5)))
    go_to(clock, empty, MONDAY_NINE + WEEK)
    clock.pass_(timedelta(hours=2))
    generate(empty, specification(empty), workspace(empty), "ann@example.org")
    go_to(clock, empty, MONDAY_NINE + 2 * WEEK)
    clock.pass_(timedelta(minutes=5))
    return empty


@pytest.fixture
def awkward(app: App, feeds: Feeds) -> App:
    """A second workspace, `awkward`, in which everything that has a name has one of HOSTILE.

    `shown(page, workspace="awkward")` looks at it.
    """
    source = {"url": feeds.url("feed.xml"), "name": HOSTILE[0]}
    apply(
        app,
        json.dumps(
            {
                "workspace": "awkward",
                "name": HOSTILE[0],
                "timezone": "Europe/Berlin",
                "specifications": [
                    {
                        "slug": f"awkward-{number}",
                        "name": name,
                        "categories": [{"id": "grid", "name": name, "keywords": [name[:80]]}],
                        "regions": [{"id": "DE", "name": name, "keywords": ["Germany"]}],
                        "sources": [{**source, "name": name}],
                        "channels": [{"type": "archive"}],
                        "schedules": [
                            {
                                "name": name,
                                "type": "weekly",
                                "config": {"days": ["mon"], "times": ["09:00"]},
                            }
                        ],
                    }
                    for number, name in enumerate(HOSTILE)
                ],
            }
        ),
    )
    return app


def go_to(clock: Clock, app: App, moment: datetime) -> None:
    """Lets time come to this moment, and whatever is due then happen."""
    clock.now = moment
    tick(app)


def later(published: datetime) -> tuple[Item, ...]:
    """What the feed has a week later."""
    return (
        Item(title="Regulator approves transmission tariffs for Germany", published=published),
        Item(title="Old coal site becomes a battery storage hub", published=published),
        Item(title="Storm leaves the grid of Berlin without damage", published=published),
    )


@pytest.fixture(autouse=True)
def one_script(monkeypatch: pytest.MonkeyPatch) -> None:
    """The script is run at every look, as the server does; Streamlit's tests take the folder `pages`
    beside it for the menu again each time."""

    def run(script: str) -> None:
        runpy.run_path(script, run_name="__main__")

    monkeypatch.setattr(script_runner, "_mpa_v1", run)


@pytest.fixture
def shown(empty: App) -> Callable[..., AppTest]:
    """Shows a page by its name in the menu: `shown("autopilot", schedule=...)`."""

    def show(page: str, **query: object) -> AppTest:
        return opened(page, **query).run()

    return show


@pytest.fixture
def become(monkeypatch: pytest.MonkeyPatch) -> Callable[[Principal], None]:
    """Lets the pages be looked at by somebody: `become(member_of(workspace(app)))`."""

    def be(principal: Principal) -> None:
        for module in (guard, frame):
            monkeypatch.setattr(module, "who", lambda: principal)

    return be


def member_of(
    workspace_id: UUID, role: Role = Role.VIEWER, *, may_send: bool = False, name: str = "vic"
) -> Principal:
    """Somebody with a role in one workspace and nothing elsewhere."""
    return Principal(name=name, grants={workspace_id: Grant(role=role, may_send=may_send)})


def opened(page: str, **query: object) -> AppTest:
    """A page that has not run yet: what is to be in the session before it does can be put there."""
    test = AppTest.from_file(SCRIPT, default_timeout=PATIENCE_SECONDS)
    if page != "home":
        test.switch_page(f"pages/{page}.py")
    for name, value in query.items():
        test.query_params[name] = str(value)
    return test


def words(test: AppTest) -> str:
    """Everything a page says, as Markdown, one element a line: to look for what must be there."""
    told = [
        element.value
        for kind in ("title", "header", "subheader", "markdown", "caption", "error", "warning")
        for element in test.get(kind)
    ]
    told += [element.value for kind in ("info", "success") for element in test.get(kind)]
    return "\n".join(str(value) for value in told)


def button(test: AppTest, label: str, *, nth: int = 0) -> Any:
    """The button that says this; the assertion names those that are there."""
    found = [it for it in test.button if it.label == label]
    assert len(found) > nth, f"no button {label!r} among {[it.label for it in test.button]}"
    return found[nth]


def workspace(app: App, slug: str = "acme") -> UUID:
    """The id of a workspace."""
    with app.database.read() as connection:
        found = workspaces.find_workspace(connection, slug)
    assert found is not None
    return found.id


def specification(app: App, slug: str = "energy") -> UUID:
    """The id of a specification."""
    with app.database.read() as connection:
        return specifications.list_specifications(connection, slug=slug)[0].id


def schedule(app: App, name: str = "Monday nine") -> Schedule:
    """A schedule by its name."""
    (found,) = [it for it in get_autopilot_schedules(app=app) if it.name == name]
    return found


def history(app: App) -> list[Run]:
    """All runs, oldest first."""
    with app.database.read() as connection:
        return list(reversed(runs.list_runs(connection, limit=100)))
