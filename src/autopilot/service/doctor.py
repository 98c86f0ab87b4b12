"""Doctor: everything on this machine that can keep newsletters from being made, each with its fix.

It only looks: no store is created, migrated or written to.
"""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import available_timezones

from autopilot.adapters.model_prices import load_prices
from autopilot.domain.recurrence.civil_time import tzdata_version
from autopilot.errors import AutopilotError, SchemaMismatch, SettingsInvalid, StoreUnavailable
from autopilot.service import findings
from autopilot.service.assistants import assistant_warning
from autopilot.service.doctor_database import database_findings
from autopilot.service.doctor_delivery import delivery_findings
from autopilot.service.doctor_machine import (
    access_findings,
    disk_findings,
    full_text_finding,
    name_findings,
    version_finding,
)
from autopilot.service.findings import Finding
from autopilot.service.sending_guard import found_off
from autopilot.service.status import living_workers
from autopilot.service.writing import models_of
from autopilot.settings import Settings, load_settings
from autopilot.store.database import Database, open_database, wal_is_safe
from autopilot.store.migrate import HEAD, check_schema, current_revision

OLDEST_PYTHON = (3, 11)
MENDED_PYTHON = (3, 11, 15)
LOW_BYTES, FULL_BYTES = 1_000_000_000, 100_000_000
OLD_ZONES_YEARS = 2


def examine(environ: Mapping[str, str], now: datetime) -> tuple[Finding, ...]:
    """Return what was found for these environment variables."""
    begun = time.monotonic()

    def clock() -> datetime:
        return now + timedelta(seconds=time.monotonic() - begun)

    found = [version_finding(), _python(), _time_zones(now)]
    try:
        settings = load_settings(environ)
    except SettingsInvalid as error:
        found += [
            findings.error("settings", str(problem), "Set the variable right and start again.")
            for problem in error.problems
        ]
        return tuple(found)
    found += [*_settings(settings), _data_folder(settings), *access_findings(settings, environ)]
    found += [_disk(settings), *disk_findings(settings), *name_findings(settings)]
    found += [*delivery_findings(settings), *_store(settings, clock)]
    return tuple(found)


def _python() -> Finding:
    told = f"Python {platform.python_version()}"
    if sys.version_info[:2] < OLDEST_PYTHON:
        return findings.error("python", told, "Install Python 3.11 or newer.")
    if sys.version_info[:3] < MENDED_PYTHON:
        return findings.warning(
            "python",
            f"{told} lacks security fixes of its own line (mail headers among them)",
            f"Update to Python {'.'.join(map(str, MENDED_PYTHON))} or newer when you can.",
        )
    return Finding(check="python", message=told)


def _time_zones(now: datetime) -> Finding:
    release, count = tzdata_version(), len(available_timezones())
    told = f"time zone database {release}, {count} zones"
    if not count:
        return findings.error("time zones", told, "Install it: pip install tzdata")
    if release[:4].isdecimal() and int(release[:4]) <= now.year - OLD_ZONES_YEARS:
        return findings.warning(
            "time zones",
            f"{told}: clocks may have changed since",
            "Update it: pip install --upgrade tzdata",
        )
    return Finding(check="time zones", message=told)


def _settings(settings: Settings) -> Iterator[Finding]:
    hosts = ", ".join(sorted(settings.allow_hosts))
    told = f"poll every {settings.poll_interval.total_seconds():g} s, lease {settings.lease.total_seconds():g} s"
    yield Finding(check="settings", message=told + (f", allowed hosts {hosts}" if hosts else ""))
    if warning := assistant_warning(settings):
        yield findings.warning("settings", warning, "Unset it once that is done.")
    yield _model(settings)
    if settings.openai_base_url and not settings.openai_api_key:
        yield findings.warning(
            "settings",
            "OPENAI_BASE_URL is set without OPENAI_API_KEY",
            "Set a key (any text for a local server), or unset the address.",
        )


def _model(settings: Settings) -> Finding:
    try:
        prices = load_prices(settings.prices)
    except SettingsInvalid as error:
        told = "; ".join(str(problem) for problem in error.problems)
        return findings.error("model", told, "Mend the file, or unset AUTOPILOT_PRICES.")
    if settings.openai_api_key is None:
        return Finding(check="model", message="no key: summaries are the sources' own words")
    models = models_of(settings, prices)
    return Finding(
        check="model",
        message=f"asked in this order: {', '.join(models)}; prices of {prices.dated}",
    )


def _data_folder(settings: Settings) -> Finding:
    folder = settings.data_dir
    fix = "Make it writable for this user, or set AUTOPILOT_DATA_DIR to another folder."
    if not folder.exists():
        above = _nearest(folder)
        if above.is_dir() and os.access(above, os.W_OK):
            return Finding(check="data folder", message=f"{folder} (made at first use)")
        return findings.error("data folder", f"{folder} cannot be made", fix)
    try:
        with tempfile.TemporaryFile(dir=folder):
            return Finding(check="data folder", message=f"{folder} is writable")
    except OSError as error:
        return findings.error(
            "data folder", f"{folder} cannot be written to: {error.strerror}", fix
        )


def _disk(settings: Settings) -> Finding:
    try:
        free = shutil.disk_usage(_nearest(settings.data_dir)).free
    except OSError as error:
        return findings.warning(
            "disk", f"free space unknown: {error.strerror}", "Look at the data folder's disk."
        )
    told = f"{free / 1e9:.1f} GB free for the data folder"
    fix = "Free some space, or set AUTOPILOT_DATA_DIR to a larger disk."
    if free < FULL_BYTES:
        return findings.error("disk", told, fix)
    return (
        findings.warning("disk", told, fix)
        if free < LOW_BYTES
        else Finding(check="disk", message=told)
    )


def _store(settings: Settings, clock: Callable[[], datetime]) -> Iterator[Finding]:
    yield Finding(check="store", message=f"in use: {settings.store_name}")
    is_file = settings.database_url.startswith("sqlite")
    if is_file:
        yield _sqlite_version(settings)
        if (lacking := full_text_finding()) is not None:
            yield lacking
        if not _file(settings).exists():
            yield Finding(check="store", message="no file yet; the first command makes it")
            return
    try:
        database = open_database(
            settings.database_url,
            schema=settings.database_schema,
            journal=settings.sqlite_journal.value,
        )
        with closing(database):
            yield from _opened(database, settings, clock)
    except StoreUnavailable as error:
        yield findings.error("store", error.message, _store_fix(error))
    except (AutopilotError, OSError) as error:
        yield findings.error("store", str(error), "Check the address in AUTOPILOT_DATABASE_URL.")


def _store_fix(error: StoreUnavailable) -> str:
    if error.hint and "autopilot doctor" not in error.hint:
        return error.hint
    return "Start the database, and check AUTOPILOT_DATABASE_URL."


def _sqlite_version(settings: Settings) -> Finding:
    """The WAL-reset race corrupts stores under several writers (sqlite.org/wal.html#walresetbug)."""
    told = f"SQLite {sqlite3.sqlite_version}"
    if wal_is_safe(sqlite3.sqlite_version_info):
        return Finding(check="sqlite", message=f"{told}, safe for WAL")
    if settings.sqlite_journal.value == "wal":
        return findings.error(
            "sqlite",
            f"{told} has the WAL-reset fault and AUTOPILOT_SQLITE_JOURNAL forces WAL",
            "Unset AUTOPILOT_SQLITE_JOURNAL, or use a Python with SQLite 3.51.3 or newer.",
        )
    return Finding(check="sqlite", message=f"{told} has the WAL-reset fault; WAL is not used")


def _opened(
    database: Database, settings: Settings, clock: Callable[[], datetime]
) -> Iterator[Finding]:
    revision = current_revision(database, schema=settings.database_schema)
    yield Finding(check="store", message=f"reachable, {_engine(database)}")
    if revision is None and not database.is_postgres:
        yield Finding(check="tables", message="none yet; the first command makes them")
        return
    try:
        check_schema(database, schema=settings.database_schema)
    except SchemaMismatch as error:
        yield findings.error("tables", error.message, error.hint or "Run: autopilot migrate")
        return
    yield Finding(check="tables", message=f"revision {HEAD}, as this program needs")
    yield from database_findings(database, settings, clock)
    yield _workers(database, settings, clock())
    yield _sending(database, settings)


def _engine(database: Database) -> str:
    with database.read() as connection:
        if database.is_postgres:
            version = ".".join(map(str, connection.dialect.server_version_info or ()))
            return f"PostgreSQL {version}"
        journal = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
    return f"journal mode {journal}"


def _workers(database: Database, settings: Settings, now: datetime) -> Finding:
    with database.read() as connection:
        alive = living_workers(connection, now, settings.poll_interval)
    if not alive:
        return findings.warning(
            "worker",
            "none is running: schedules wait for one, or for cron to call `autopilot tick`",
            "Start one: autopilot up (or let cron call: autopilot tick)",
        )
    names = ", ".join(f"{worker.hostname} process {worker.pid}" for worker in alive)
    return Finding(check="worker", message=f"{len(alive)} running: {names}")


def _sending(database: Database, settings: Settings) -> Finding:
    with database.read() as connection:
        reason = found_off(connection, settings.data_dir)
    if reason is None:
        return Finding(check="sending", message="allowed from this store")
    told, _, fix = reason.partition(". ")
    return findings.warning("sending", told, fix)


def _file(settings: Settings) -> Path:
    return Path(settings.database_url.removeprefix("sqlite:///"))


def _nearest(folder: Path) -> Path:
    """The folder itself, or the nearest one above it that exists."""
    return next((item for item in (folder, *folder.parents) if item.exists()), folder)
