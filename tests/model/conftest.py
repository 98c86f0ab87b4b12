"""What the model's tests ask for: model servers, stores, and an App."""

from __future__ import annotations

from model_server import aimock, aimock_server, start_llmock
from service.conftest import (
    app,
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

__all__ = [
    "aimock",
    "aimock_server",
    "app",
    "clock",
    "database",
    "events",
    "feeds",
    "new_app",
    "new_store",
    "postgres_template",
    "sqlite_template",
    "start_llmock",
    "store_url",
]
