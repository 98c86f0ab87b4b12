"""Readiness: whether this process can do its work - the store answers, and its tables fit."""

from __future__ import annotations

from autopilot.service.context import App
from autopilot.store.migrate import check_schema


def check_ready(app: App) -> None:
    """Raise StoreUnavailable where the store does not answer, SchemaMismatch where it does not fit."""
    check_schema(app.database, schema=app.settings.database_schema)
