"""Fixtures for the edges."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from adapters.hostile_server import HostileServer


@pytest.fixture
def server() -> Iterator[HostileServer]:
    """Give a loopback server that follows a script per path."""
    hostile = HostileServer()
    yield hostile
    hostile.close()
