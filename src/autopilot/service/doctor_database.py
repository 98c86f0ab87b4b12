"""Doctor's look at the database: who has rights, whether a commit lasts, a pooler, and its clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from autopilot.errors import AutopilotError
from autopilot.service import findings
from autopilot.service.findings import Finding
from autopilot.settings import Settings
from autopilot.settings.supabase import is_transaction_pooler
from autopilot.store import closing as rights
from autopilot.store.changes import are_heard
from autopilot.store.database import Database, open_database
from autopilot.store.glance import glance
from autopilot.store.migrate import current_revision

OLDEST_SERVER = 15
SKEW, LARGE_SKEW = timedelta(seconds=2), timedelta(seconds=60)
MOST_TOLD = 3
MIGRATE = "As the role that owns the tables: autopilot migrate"
_RULES = """
SELECT current_setting('server_version_num')::int / 10000 AS version,
  current_setting('server_encoding') AS encoding,
  current_setting('synchronous_commit') AS synchronous_commit,
  current_setting('fsync') AS fsync,
  current_setting('default_transaction_isolation') AS isolation,
  current_setting('default_transaction_read_only') AS read_only,
  pg_is_in_recovery() AS is_replica,
  current_database() AS name
"""


def database_findings(
    database: Database, settings: Settings, clock: Callable[[], datetime]
) -> Iterator[Finding]:
    """Return what was found in a store that can be reached and has its tables."""
    if database.is_postgres:
        with database.read() as connection:
            rules = connection.execute(text(_RULES)).one()._mapping
            yield from _rules(rules)
            yield from _rights(connection, settings.database_schema)
        yield from _pooler(database, settings)
    yield from _clock(database, clock)


def _rules(rules: Mapping[Any, Any]) -> Iterator[Finding]:
    change = f"ALTER DATABASE {rules['name']} SET"
    if rules["version"] < OLDEST_SERVER:
        told = f"PostgreSQL {rules['version']} is older than {OLDEST_SERVER}"
        yield findings.error("database", told, f"Update the server to {OLDEST_SERVER} or newer.")
    if rules["encoding"] != "UTF8":
        told = f"its encoding is {rules['encoding']}, which lacks most letters"
        yield findings.error(
            "database", told, "Make a new one: CREATE DATABASE ... ENCODING 'UTF8'"
        )
    if rules["is_replica"] or rules["read_only"] == "on":
        yield findings.error(
            "database",
            "it can only be read: a replica, or set to read only",
            "Name the primary in AUTOPILOT_DATABASE_URL.",
        )
    if rules["fsync"] == "off" or rules["synchronous_commit"] == "off":
        name = "fsync" if rules["fsync"] == "off" else "synchronous_commit"
        fix = (
            "In the server's configuration: fsync = on"
            if name == "fsync"
            else f"{change} {name} = on;"
        )
        yield findings.warning(
            "database",
            f"{name} is off: a crash of the server loses what was saved last, and mails leave twice",
            fix,
        )
    if rules["isolation"] != "read committed":
        told = (
            f"transactions are {rules['isolation']}: workers refuse each other instead of waiting"
        )
        fix = f"{change} default_transaction_isolation = 'read committed';"
        yield findings.warning("database", told, fix)


def _rights(connection: Connection, schema: str) -> Iterator[Finding]:
    told = rights.what_is_open(connection, schema)
    if told:
        yield findings.error("rights", _some(told), MIGRATE)
    unguarded = rights.unguarded_tables(connection, schema)
    if unguarded:
        fault = f"row level security is not on and forced for {_some(unguarded)}"
        yield findings.error("rights", fault, MIGRATE)
    hidden = rights.unseen_tables(connection, schema)
    if hidden:
        fault = f"this role sees no row of {_some(hidden)}: their policies name other roles"
        yield findings.error("rights", fault, MIGRATE)
    if rights.is_exposed(connection, schema):
        yield findings.error(
            "rights",
            f"PostgREST is told to show the schema {schema}",
            "Take it out of the exposed schemas (Supabase: Project Settings, Data API).",
        )
    if not (told or unguarded or hidden):
        message = "row level security is forced; anon and authenticated have none"
        yield Finding(check="rights", message=message)


def _pooler(database: Database, settings: Settings) -> Iterator[Finding]:
    direct = settings.database_direct_url
    if direct is not None and (problem := _direct_problem(database, direct, settings)):
        yield findings.error(
            "pooler",
            f"AUTOPILOT_DATABASE_DIRECT_URL {problem}",
            "Copy the address of the same database past the pooler (Supabase: Session pooler).",
        )
        return
    if are_heard(direct or settings.database_url):
        past = " past the pooler" if direct else ""
        yield Finding(check="pooler", message=f"notifications arrive{past}")
        return
    likely = " (port 6543 is Supabase's)" if is_transaction_pooler(settings.database_url) else ""
    yield findings.warning(
        "pooler",
        f"notifications do not arrive: a transaction pooler{likely}; workers see changes at each poll",
        "Set AUTOPILOT_DATABASE_DIRECT_URL to the database's own address or its session pooler.",
    )


def _direct_problem(database: Database, direct: str, settings: Settings) -> str | None:
    schema = settings.database_schema
    try:
        with closing(open_database(direct, schema=schema)) as other:
            if current_revision(other, schema=schema) is None:
                return "is another database: it has no tables"
            if _name(other) != _name(database):
                return f"is another database: {_name(other)}"
    except AutopilotError as error:
        return f"cannot be used: {error.message}"
    return None


def _name(database: Database) -> str:
    with database.read() as connection:
        return str(connection.scalar(text("SELECT current_database()")))


def _clock(database: Database, clock: Callable[[], datetime]) -> Iterator[Finding]:
    fix = "Let the time be kept by the network: timedatectl set-ntp true"
    with database.read() as connection:
        ahead = _ahead(connection, clock) if database.is_postgres else timedelta(0)
        latest = None if database.is_postgres else glance(connection).latest_tick
    if abs(ahead) >= SKEW:
        word = "ahead of" if ahead > timedelta(0) else "behind"
        told = f"this machine is {abs(ahead).total_seconds():.0f} s {word} the database's clock"
        large = abs(ahead) >= LARGE_SKEW
        yield findings.error("clock", told, fix) if large else findings.warning("clock", told, fix)
    elif latest is not None and latest - clock() >= LARGE_SKEW:
        told = f"the store was used at {latest:%Y-%m-%d %H:%M} UTC, which is yet to come"
        yield findings.error("clock", told, fix)
    elif database.is_postgres:
        message = f"within {SKEW.total_seconds():g} s of the database's"
        yield Finding(check="clock", message=message)


def _ahead(connection: Connection, clock: Callable[[], datetime]) -> timedelta:
    """How far this machine is ahead; the question's own time on the way is halved."""
    before = clock()
    there: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return before + (clock() - before) / 2 - there


def _some(names: Any) -> str:
    listed = [str(name) for name in names]
    more = len(listed) - MOST_TOLD
    return ", ".join(listed[:MOST_TOLD]) + (f" and {more} more" if more > 0 else "")
