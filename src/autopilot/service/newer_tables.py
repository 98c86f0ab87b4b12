"""Newer tables: what a worker asks when a tick failed, since the store may have been upgraded meanwhile.

Workers of the version before go on beside upgraded tables, which only gained something. Where one
fails all the same, to try again would be no use: the program must be updated.
"""

from __future__ import annotations

from autopilot.errors import AutopilotError, SchemaMismatch
from autopilot.service.context import App
from autopilot.store.migrate import refuse_newer


def newer_tables(app: App) -> SchemaMismatch | None:
    """Return the fault where the tables are newer than this program; None where nobody can tell."""
    try:
        refuse_newer(app.database, schema=app.settings.database_schema)
    except SchemaMismatch as error:
        return error
    except AutopilotError:
        return None
    return None
