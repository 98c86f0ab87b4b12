"""Wiring: settings -> one App. The only place that knows which concrete parts are used."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from functools import cache, partial

import structlog

from autopilot.adapters.artifacts import FolderArtifacts
from autopilot.adapters.model_openai import OpenAIModel
from autopilot.adapters.model_prices import load_prices
from autopilot.adapters.outgoing import Outgoing
from autopilot.adapters.traces import Traces
from autopilot.service.assistants import assistant_warning
from autopilot.service.context import App, Artifacts, Model, Post, use
from autopilot.settings import LogFormat, Settings, load_settings
from autopilot.store.artifacts import DatabaseArtifacts
from autopilot.store.clock import DatabaseClock
from autopilot.store.database import Database, open_database
from autopilot.store.migrate import check_schema, current_revision, migrate

log = structlog.get_logger(__name__)


def now() -> datetime:
    """Return the time: aware, in UTC."""
    return datetime.now(UTC)


def build_app(settings: Settings | None = None) -> App:
    """Return the App for these settings (default: the environment) and make it the one in use.

    A store without tables is given them on SQLite; on PostgreSQL that is `autopilot migrate`, by
    whoever owns the schema. Raises SettingsInvalid, StoreUnavailable or SchemaMismatch.
    """
    app = assemble_app(settings or load_settings())
    if told := assistant_warning(app.settings):
        log.warning(told, action="settings")
    try:
        if app.settings.prices is not None and app.prices is not None:
            app.prices()  # a list that cannot be used is told now, not by the first run
        ready_store(app)
    except BaseException:
        app.close()
        raise
    return use(app)


def assemble_app(settings: Settings) -> App:
    """Return the App for these settings without touching its store."""
    database = open_store(settings)
    return App(
        settings=settings,
        database=database,
        artifacts=_artifacts(settings, database),
        outgoing=Outgoing(settings.allow_hosts),
        # Leases and slots of many machines are told by one clock, the server's.
        clock=DatabaseClock(database) if database.is_postgres else now,
        model=_model(settings),
        prices=cache(partial(load_prices, settings.prices)),
        post=mail_post(settings),
        traces=None if settings.traces_url is None else Traces(settings.traces_url),
    )


def open_store(settings: Settings, *, direct: bool = False) -> Database:
    """Return the store; `direct` takes the address past a pooler, for migrations."""
    url = (direct and settings.database_direct_url) or settings.database_url
    return open_database(
        url, schema=settings.database_schema, journal=settings.sqlite_journal.value
    )


def ready_store(app: App) -> None:
    """Make an empty SQLite store usable and refuse tables of another version."""
    schema = app.settings.database_schema
    if not app.database.is_postgres and current_revision(app.database) is None:
        migrate(app.database)
    check_schema(app.database, schema=schema)


def configure_logging(log_format: LogFormat, *, level: int = logging.INFO) -> None:
    """Send one event a line to standard error: coloured for people, JSON for programs."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if log_format is LogFormat.JSON
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _model(settings: Settings) -> Model | None:
    """The model that writes; None without a key. Only it may reach its server, however private."""
    key = settings.openai_api_key
    if key is None:
        return None
    return OpenAIModel(
        key.get_secret_value(),
        base_url=settings.openai_base_url,
        allow_hosts=settings.allow_hosts | settings.model_places,
    )


def mail_post(settings: Settings) -> Post | None:
    """The way out for mails; None without a relay and an address to send from."""
    relay, mail_from = settings.relay, settings.mail_from
    if relay is None or mail_from is None:
        return None
    from autopilot.adapters.smtp_post import SmtpPost  # late: most processes send no mail
    from autopilot.pipeline.mail import mail_of, sender_of

    name, sender = sender_of(mail_from)
    domain = sender.rpartition("@")[2]
    sign = None
    if settings.dkim_key is not None and settings.dkim_selector is not None:
        from autopilot.adapters.dkim_signing import dkim_signer

        key = settings.dkim_key.get_secret_value()
        sign = dkim_signer(key, selector=settings.dkim_selector, domain=domain)
    return SmtpPost(
        relay,
        name=domain,
        written=lambda letter: mail_of(letter, sender_name=name, sender=sender, at=now()),
        sign=sign,
        per_second=settings.mail_rate,
    )


def _artifacts(settings: Settings, database: Database) -> Artifacts:
    if settings.artifacts == "database":
        return DatabaseArtifacts(database)
    return FolderArtifacts(settings.data_dir / "artifacts")
