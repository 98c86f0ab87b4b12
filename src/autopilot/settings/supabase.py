"""Supabase: what its two web addresses cannot do, and which connection string is needed instead."""

from __future__ import annotations

import re
from collections.abc import Mapping

from autopilot.errors import Problem

NAMES = ("SUPABASE_URL", "SUPABASE_ANON_KEY")
POOLER_PORT, SESSION_PORT = 6543, 5432


def supabase_problem(environ: Mapping[str, str]) -> Problem | None:
    """Return what to set, where Supabase's web names are set and no database is.

    They open its web API to browsers, and row level security lets that write nothing of ours. A
    store must not begin as a file beside it unnoticed.
    """
    given = next((name for name in NAMES if environ.get(name, "").strip()), None)
    if given is None:
        return None
    project = project_of(environ.get("SUPABASE_URL", "")) or "PROJECT"
    return Problem(
        path="AUTOPILOT_DATABASE_URL",
        message=(
            f"it is not set, and {given} is: that opens Supabase's web API, which may not write."
            f" In the Supabase dashboard open the project {project}, click Connect, take the"
            ' connection string of "Session pooler" and put the database password into it'
        ),
        allowed="that string (or sqlite:///FILE to keep the store on this machine)",
        example=(
            f"postgresql://postgres.{project}:PASSWORD@aws-0-REGION.pooler.supabase.com"
            f":{SESSION_PORT}/postgres"
        ),
    )


def project_of(url: str) -> str | None:
    """Return the project that a web address of Supabase names, None for another address."""
    found = re.match(r"https?://([a-z0-9]+)\.supabase\.(co|in)\b", url.strip())
    return found and found[1]


def is_transaction_pooler(url: str) -> bool:
    """Whether an address is most likely a transaction pooler: by port, or as PgBouncer is asked."""
    return bool(re.search(rf":{POOLER_PORT}(/|$)|[?&]pgbouncer=true", url))
