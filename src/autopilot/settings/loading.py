"""The environment, read once into one frozen value; every problem is reported at once, by name.

Each variable NAME may be given as NAME_FILE instead: a file whose content is the value (for
secrets kept by an orchestrator). Empty values count as not given.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from autopilot.errors import Problem, SettingsInvalid
from autopilot.settings.supabase import supabase_problem
from autopilot.settings.values import Settings, hosts_of, networks_of
from autopilot.settings.variables import VARIABLES

DATABASE_FILE = "autopilot.db"

_SECONDS = {"poll_interval", "lease"}
# One of them alone opens nothing, or too much: any audience, any account of the issuer.
_TOGETHER = (
    ("oidc_issuer", "oidc_client_id", "oidc_client_secret"),
    ("tick_oidc_issuer", "tick_oidc_audience", "tick_oidc_service_account"),
)


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the environment (`os.environ` unless given); raises SettingsInvalid with every problem."""
    environ = os.environ if environ is None else environ
    given, problems = _read(environ)
    if "database_url" not in given and (problem := supabase_problem(environ)):
        problems.append(problem)
    values = _defaults(given) | given
    values["data_dir"] = Path(values["data_dir"]).expanduser().absolute()
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        problems += [_problem(item["loc"][0], item["msg"]) for item in error.errors()]
    problems += _incomplete(given)
    if problems:
        raise SettingsInvalid(
            "The environment cannot be used as it is:",
            problems,
            hint="Mend the variables named above and start again.",
        )
    return settings


def _incomplete(given: Mapping[str, Any]) -> list[Problem]:
    """What is given only in part."""
    return [
        _problem(field, f"it is not set, and {_name(others[0])} is")
        for group in _TOGETHER
        for field in group
        if field not in given and (others := [each for each in group if each in given])
    ]


def _name(field: str) -> str:
    return next(item.name for item in VARIABLES if item.field == field)


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
        return hosts_of(text)
    if field == "trusted_proxies":
        return networks_of(text)
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
