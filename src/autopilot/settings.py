"""The environment, read once into one frozen value; every problem is reported at once, by name.

Each variable NAME may be given as NAME_FILE instead: a file whose content is the value (for
secrets kept by an orchestrator). Empty values count as not given.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from autopilot.errors import Problem, SettingsInvalid

DATABASE_FILE = "autopilot.db"


class LogFormat(StrEnum):
    """Lines for people, or one JSON object a line for programs."""

    CONSOLE = "console"
    JSON = "json"


class Journal(StrEnum):
    """SQLite's journal: by version (auto), or forced."""

    AUTO = "auto"
    WAL = "wal"
    TRUNCATE = "truncate"


def _database_url(url: str) -> str:
    """Return the address with the driver we ship for its database."""
    for plain in ("postgres://", "postgresql://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    if url.startswith(("postgresql+psycopg://", "sqlite:///")):
        return url
    raise ValueError("not a database address Autopilot can use")


def _hosts(text: str) -> frozenset[str]:
    hosts = frozenset(part.strip().lower() for part in text.split(",") if part.strip())
    wrong = sorted(
        host for host in hosts if not re.fullmatch(r"(\[[0-9a-f:.]+\]|[^\s:/@]+):\d{1,5}", host)
    )
    if wrong:
        raise ValueError(f"not exact host:port: {', '.join(wrong)}")
    return hosts


DatabaseUrl = Annotated[str, AfterValidator(_database_url)]


class Settings(BaseModel):
    """Everything the environment decides. Durations are timedeltas; secrets never show in `repr`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path
    database_url: DatabaseUrl = Field(repr=False)
    database_direct_url: DatabaseUrl | None = Field(default=None, repr=False)
    database_schema: Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,62}$")] = "autopilot"
    sqlite_journal: Journal = Journal.AUTO
    artifacts: Annotated[str, Field(pattern=r"^(folder|database)$")] = "folder"
    poll_interval: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=1))]
    lease: Annotated[timedelta, Field(ge=timedelta(seconds=1), le=timedelta(hours=1))]
    max_running: Annotated[int, Field(ge=1)] | None = None
    max_running_per_workspace: Annotated[int, Field(ge=1)] | None = None
    allow_hosts: frozenset[str] = frozenset()
    log_format: LogFormat = LogFormat.CONSOLE
    retention_days: Annotated[int, Field(ge=31, le=36_500)] = 400
    model: str | None = None
    small_model: str | None = None
    monthly_budget: Annotated[float, Field(ge=0)] | None = None
    max_tokens_per_run: Annotated[int, Field(ge=1_000)] = 500_000
    prices: Path | None = None
    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = None
    openai_assistant_id: str | None = None

    @property
    def retention(self) -> timedelta:
        """How long articles are kept after they were first seen."""
        return timedelta(days=self.retention_days)

    @property
    def model_places(self) -> frozenset[str]:
        """The model server's `host:port`, which the operator named and may be private."""
        parts = urlsplit(self.openai_base_url or "")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return frozenset({f"{parts.hostname}:{port}"}) if parts.hostname else frozenset()

    @property
    def store_name(self) -> str:
        """The store in use, for people: kind and place, without user or password."""
        parts = urlsplit(self.database_url)
        if parts.scheme == "sqlite":
            return f"SQLite, {self.database_url.removeprefix('sqlite:///') or 'in memory'}"
        place = parts.hostname or "local socket"
        return f"PostgreSQL, {place}{parts.path}, schema {self.database_schema}"


class _Variable(BaseModel):
    """One environment variable: its field, what it accepts and an example that works."""

    model_config = ConfigDict(frozen=True)

    name: str
    field: str
    allowed: str
    example: str


VARIABLES = tuple(
    _Variable(name=name, field=field, allowed=allowed, example=example)
    for name, field, allowed, example in (
        ("AUTOPILOT_DATA_DIR", "data_dir", "a folder", "/var/lib/autopilot"),
        (
            "AUTOPILOT_DATABASE_URL",
            "database_url",
            "sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/NAME",
            "postgresql://autopilot@localhost:5432/autopilot",
        ),
        (
            "AUTOPILOT_DATABASE_DIRECT_URL",
            "database_direct_url",
            "as AUTOPILOT_DATABASE_URL, past any connection pooler",
            "postgresql://autopilot@localhost:5432/autopilot",
        ),
        ("AUTOPILOT_DATABASE_SCHEMA", "database_schema", "a schema name", "autopilot"),
        ("AUTOPILOT_SQLITE_JOURNAL", "sqlite_journal", "auto, wal, truncate", "auto"),
        ("AUTOPILOT_ARTIFACTS", "artifacts", "folder, database", "folder"),
        ("AUTOPILOT_POLL_INTERVAL", "poll_interval", "seconds, up to 86400", "300"),
        ("AUTOPILOT_LEASE_SECONDS", "lease", "seconds, 1 to 3600", "60"),
        ("AUTOPILOT_MAX_RUNNING", "max_running", "runs at once in all workspaces", "4"),
        (
            "AUTOPILOT_MAX_RUNNING_PER_WORKSPACE",
            "max_running_per_workspace",
            "runs at once in one workspace",
            "2",
        ),
        ("AUTOPILOT_ALLOW_HOSTS", "allow_hosts", "a comma list of host:port", "localhost:8000"),
        ("AUTOPILOT_LOG_FORMAT", "log_format", "console, json", "console"),
        ("AUTOPILOT_RETENTION_DAYS", "retention_days", "days, 31 or more", "400"),
        ("AUTOPILOT_MODEL", "model", "the name of a model", "gpt-6.2-sol"),
        ("AUTOPILOT_SMALL_MODEL", "small_model", "the name of a cheaper model", "gpt-6-luna"),
        ("AUTOPILOT_MONTHLY_BUDGET", "monthly_budget", "US dollars, 0 or more", "10"),
        ("AUTOPILOT_MAX_TOKENS_PER_RUN", "max_tokens_per_run", "tokens, 1000 or more", "500000"),
        ("AUTOPILOT_PRICES", "prices", "a YAML file of model prices", "/etc/autopilot/prices.yaml"),
        ("OPENAI_API_KEY", "openai_api_key", "a key", "sk-..."),
        ("OPENAI_BASE_URL", "openai_base_url", "an http(s) address", "http://localhost:11434/v1"),
        ("OPENAI_ASSISTANT_ID", "openai_assistant_id", "nothing: it is ignored", "(unset)"),
    )
)
_SECONDS = {"poll_interval", "lease"}


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the environment (`os.environ` unless given); raises SettingsInvalid with every problem."""
    given, problems = _read(os.environ if environ is None else environ)
    values = _defaults(given) | given
    values["data_dir"] = Path(values["data_dir"]).expanduser().absolute()
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        problems += [_problem(item["loc"][0], item["msg"]) for item in error.errors()]
    if problems:
        raise SettingsInvalid(
            "The environment cannot be used as it is:",
            problems,
            hint="Mend the variables named above and start again.",
        )
    return settings


def _read(environ: Mapping[str, str]) -> tuple[dict[str, Any], list[Problem]]:
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for variable in VARIABLES:
        text = _value(environ, variable.name, problems)
        try:
            if text is not None:
                values[variable.field] = _typed(variable.field, text)
        except ValueError as error:
            problems.append(_problem(variable.field, str(error)))
    if "database_url" not in values and (fallback := _value(environ, "DATABASE_URL", problems)):
        values["database_url"] = fallback
    return values, problems


def _value(environ: Mapping[str, str], name: str, problems: list[Problem]) -> str | None:
    """What a variable or its file says; a file that cannot be read is one more problem."""
    if text := environ.get(name, "").strip():
        return text
    file = environ.get(f"{name}_FILE", "").strip()
    if not file:
        return None
    try:
        return Path(file).read_text(encoding="utf-8").strip() or None
    except OSError as error:
        told = error.strerror or str(error)
    except UnicodeDecodeError:
        told = "it is not UTF-8 text"
    message = f"{file} cannot be read: {told}"
    allowed = "a text file that holds the value"
    problems.append(Problem(path=f"{name}_FILE", message=message, allowed=allowed))
    return None


def _typed(field: str, text: str) -> object:
    if field in _SECONDS:
        try:
            return timedelta(seconds=float(text))
        except (ValueError, OverflowError):
            raise ValueError(f"{text!r} is not a number of seconds") from None
    if field == "allow_hosts":
        return _hosts(text)
    return text


def _defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """Defaults that depend on the machine or on other settings."""
    data_dir = Path(given.get("data_dir") or _user_folder())
    url = (
        given.get("database_url") or f"sqlite:///{data_dir.expanduser().absolute() / DATABASE_FILE}"
    )
    return {
        "data_dir": data_dir,
        "database_url": url,
        "artifacts": "folder" if str(url).startswith("sqlite") else "database",
        "poll_interval": timedelta(seconds=300),
        "lease": timedelta(seconds=60),
    }


def _user_folder() -> Path:
    from platformdirs import user_data_path

    return user_data_path("autopilot", appauthor=False)


def _problem(field: object, message: str) -> Problem:
    variable = next((item for item in VARIABLES if item.field == field), None)
    text = message.removeprefix("Value error, ")
    if variable is None:
        return Problem(path=str(field), message=text)
    return Problem(
        path=variable.name, message=text, allowed=variable.allowed, example=variable.example
    )
