"""What every test may ask for: a fresh database on each engine, a browser, a clean environment."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from postgres_server import Server, ServerMissing, running_server
from required import EVERYTHING_REQUIRED, missing

OURS = ("AUTOPILOT_", "OPENAI_", "OTEL_", "DATABASE_URL")
SLOW_FOLDERS, SLOW_FILE = {"acceptance", "drivers", "ui"}, "test_document.py"
WHOLE = "TEST_EVERYTHING_WAS_ASKED_FOR"  # told to the processes that share the tests
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def pytest_configure(config: pytest.Config) -> None:
    """Hides the developer's own settings, keys and data folder from the tests and their processes."""
    for name in list(os.environ):
        if name.startswith(OURS) and name != EVERYTHING_REQUIRED:
            del os.environ[name]
    if config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        os.environ[WHOLE] = "1"
    # Made by whoever writes to it, so that nothing is left behind when the tests are killed.
    home = Path(tempfile.gettempdir(), f"autopilot-tests-{os.getpid()}")
    os.environ["XDG_DATA_HOME"] = str(home)
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves the second engine of slow tests to CI when all tests are run.

    The verbs and statements below them are tested on both engines everywhere; whoever names a file, a
    folder or `-k postgresql` gets all of it.
    """
    is_ci = os.environ.get(EVERYTHING_REQUIRED) == "1"
    if is_ci or os.environ.get(WHOLE) != "1" or "postgresql" in config.option.keyword:
        return
    left = [item for item in items if is_for_ci(item)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if not is_for_ci(item)]


def is_for_ci(item: pytest.Item) -> bool:
    """Whether a test is the second engine's of those that take long."""
    is_slow = item.path.parent.name in SLOW_FOLDERS or item.path.name == SLOW_FILE
    return "postgresql" in item.name and is_slow


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A PostgreSQL server, started when the first test asks; one for each pytest-xdist worker."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(running_server(os.environ))
        except ServerMissing as reason:
            missing(str(reason))
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres_server: Server) -> str:
    """The server's administrative database as a SQLAlchemy URL; tables belong in `database_url`."""
    return postgres_server.url.render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh, empty database as a SQLAlchemy URL; the test runs once on each engine."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'autopilot.db'}"
        return
    server: Server = request.getfixturevalue("postgres_server")
    url = server.create_database()
    yield url
    server.drop_database(url)


@pytest.fixture(scope="session")
def browser_path() -> str:
    """The path of an installed Chromium or Chrome."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        missing("no browser: install Chromium (Debian: apt install chromium)")
    return path
