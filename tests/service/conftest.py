"""An App on each engine: a real store, a real HTTP server, and a clock that the test sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from service.feeds import Feeds, Item
from store.ready import database, new_store, postgres_template, sqlite_template, store_url

from autopilot.adapters.artifacts import FolderArtifacts
from autopilot.adapters.model_prices import load_prices
from autopilot.adapters.outgoing import Outgoing
from autopilot.service import context
from autopilot.service.configuration.applying import Applied, apply_document
from autopilot.service.configuration.reading import read_document
from autopilot.service.context import App
from autopilot.settings import load_settings
from autopilot.store.artifacts import DatabaseArtifacts
from autopilot.wiring import open_store

__all__ = ["database", "new_store", "postgres_template", "sqlite_template", "store_url"]
SUNDAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
MONDAY_NINE = datetime(2026, 11, 23, 8, tzinfo=UTC)  # in Berlin
WEEK = timedelta(days=7)
SECOND = timedelta(seconds=1)


class Clock:
    """Reads what the test set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, span: timedelta) -> None:
        self.now += span


@pytest.fixture
def clock() -> Clock:
    return Clock(SUNDAY)


@pytest.fixture
def feeds() -> Iterator[Feeds]:
    server = Feeds()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def events() -> Iterator[list[Any]]:
    """What was logged; nothing of it is printed."""
    with structlog.testing.capture_logs() as logged:
        yield logged


@pytest.fixture
def new_app(
    store_url: str, tmp_path: Path, clock: Clock, feeds: Feeds
) -> Iterator[Callable[..., App]]:
    """Makes Apps on one store: what several workers, or a restarted one, would have."""
    made: list[App] = []

    def make(url: str = store_url, clock: Callable[[], datetime] = clock, **environ: str) -> App:
        given = {
            "AUTOPILOT_DATA_DIR": str(tmp_path / "data"),
            "AUTOPILOT_DATABASE_URL": url,
            "AUTOPILOT_ALLOW_HOSTS": feeds.host,
        }
        settings = load_settings(given | environ)
        store = open_store(settings)
        folder = FolderArtifacts(settings.data_dir / "artifacts")
        made.append(
            App(
                settings=settings,
                database=store,
                artifacts=DatabaseArtifacts(store) if store.is_postgres else folder,
                outgoing=Outgoing(settings.allow_hosts, timeout_seconds=1.0),
                prices=load_prices,
                clock=clock,
            )
        )
        return made[-1]

    yield make
    context._current.clear()
    for app in made:
        app.close()


@pytest.fixture
def app(new_app: Callable[..., App]) -> App:
    return new_app()


DOCUMENT = """
workspace: acme
name: Acme Research
timezone: Europe/Berlin
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
    sources: [{sources}]
    schedules:
      - {{name: Monday nine, type: weekly, config: {{days: [mon], times: ["09:00"]}}}}
"""


def document(*sources: str) -> str:
    """Writes the small workspace with these sources."""
    listed = ", ".join(f'{{url: "{url}", name: Source {n}}}' for n, url in enumerate(sources, 1))
    return DOCUMENT.format(sources=listed)


def apply(app: App, text: str, **how: bool) -> Applied:
    """Applies a configuration file."""
    return apply_document(app, read_document(text), actor="ann@example.org", **how)


def news(published: datetime | None) -> tuple[Item, ...]:
    """Two items that belong to the grid, one to storage, one to neither."""
    return (
        Item(title="Grid operator plans new transmission line in Germany", published=published),
        Item(title="Interconnector across the sea opens early", published=published),
        Item(title="Battery storage park starts near Leipzig", published=published),
        Item(title="Football club wins the cup", published=published, text="A late goal."),
    )


@pytest.fixture
def energy(app: App, feeds: Feeds, clock: Clock) -> App:
    """The App with the small workspace, one source and a schedule for Monday, nine o'clock."""
    apply(app, document(feeds.serve("feed.xml", *news(SUNDAY - timedelta(days=2)))))
    return app


@pytest.fixture
def quiet(app: App) -> App:
    """The small workspace without sources and without a schedule."""
    apply(app, document().split("    schedules:")[0])
    return app


@pytest.fixture
def silent(app: App, feeds: Feeds) -> App:
    """The small workspace whose only source is dead, without a schedule."""
    apply(app, document(feeds.url("feed.xml")).split("    schedules:")[0])
    return app
