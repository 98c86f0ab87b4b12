"""What tests of drivers need: feeds, a store with one due slot, and a broker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from acceptance.feed_server import serving
from drivers.scene import Scene, due_document, last_minute
from redis_server import RedisMissing, RedisServer, running_redis
from required import missing

from autopilot.service.configuration.applying import apply_document
from autopilot.settings import load_settings
from autopilot.store.migrate import migrate
from autopilot.wiring import assemble_app

SetScene = Callable[..., Scene]


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A Redis of these tests' own."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(running_redis())
        except RedisMissing as reason:
            missing(str(reason))
        yield server


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The address of an empty Redis."""
    redis_server.empty()
    return redis_server.url


@pytest.fixture
def set_scene(database_url: str, tmp_path: Path) -> Iterator[SetScene]:
    """Makes the scene: a store where slots are due, with more settings for its programs."""
    with ExitStack() as stack:

        def make(*, delay_seconds: float = 0.1, schedules: int = 1, **more: str) -> Scene:
            feeds = stack.enter_context(serving(delay_seconds=delay_seconds))
            environment = {
                "AUTOPILOT_DATABASE_URL": database_url,
                "AUTOPILOT_DATA_DIR": str(tmp_path / "data"),
                "AUTOPILOT_ALLOW_HOSTS": feeds,
                "AUTOPILOT_POLL_INTERVAL": "1",
                "AUTOPILOT_LEASE_SECONDS": "3",
                **more,
            }
            app = assemble_app(load_settings(environment))
            stack.callback(app.close)
            migrate(app.database)
            minute = last_minute()
            before = replace(app, clock=lambda: minute - timedelta(seconds=30))
            apply_document(before, due_document(feeds, minute, schedules=schedules), actor="test")
            return Scene(environment=environment, folder=tmp_path, app=app)

        yield make
