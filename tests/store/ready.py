"""Stores with tables in them: migrated once per engine, copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from autopilot.store.database import Database, open_database
from autopilot.store.migrate import migrate


def made(url: str) -> str:
    """Gives a database its tables and returns its address."""
    database = open_database(url)
    migrate(database)
    database.close()
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "autopilot.db"
    made(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(request: pytest.FixtureRequest) -> Iterator[str]:
    server = request.getfixturevalue("postgres_server")
    url = made(server.create_database())
    yield make_url(url).database
    server.drop_database(url)


@pytest.fixture
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Makes stores with tables and nothing in them, on the engine asked for."""
    stores: list[str] = []

    def make(engine: str) -> str:
        if engine == "sqlite":
            path = tmp_path / f"store-{len(stores)}.db"
            shutil.copy(request.getfixturevalue("sqlite_template"), path)
            stores.append(f"sqlite:///{path}")
        else:
            template = request.getfixturevalue("postgres_template")
            server = request.getfixturevalue("postgres_server")
            stores.append(server.create_database(template=template))
        return stores[-1]

    yield make
    for url in stores:
        if not url.startswith("sqlite"):
            request.getfixturevalue("postgres_server").drop_database(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, new_store: Callable[[str], str]) -> str:
    """The address of a store with tables and nothing in them; runs once on each engine."""
    return new_store(request.param)


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    opened = open_database(store_url)
    yield opened
    opened.close()
