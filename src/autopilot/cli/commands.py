"""The commands by name. The module of each is imported only when it is called, or listed by --help:
a worker has no use for what the others need.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any

import typer
import typer.main

BEGIN, MAKE, WORK, CARE = "Begin", "Make newsletters", "Keep it going", "Look after it"

# Name: the panel of --help it is shown in, and where it is: module of this package, then attribute.
COMMANDS: Mapping[str, tuple[str, str]] = {
    "demo": (BEGIN, "demo:demo"),
    "init": (BEGIN, "configuration:init"),
    "apply": (BEGIN, "configuration:apply"),
    "export": (BEGIN, "configuration:export"),
    "generate": (MAKE, "generate:generate"),
    "schedules": (MAKE, "schedules:app"),
    "runs": (MAKE, "runs:app"),
    "review": (MAKE, "review:app"),
    "deliveries": (MAKE, "deliveries:app"),
    "sources": (MAKE, "sources:app"),
    "subscribers": (MAKE, "subscribers:app"),
    "simulate": (MAKE, "simulate:simulate"),
    "lint": (MAKE, "lint:lint"),
    "status": (WORK, "status:status"),
    "up": (WORK, "work:up"),
    "worker": (WORK, "work:worker"),
    "serve": (WORK, "serve:serve"),
    "tick": (WORK, "work:tick"),
    "users": (CARE, "users:app"),
    "tokens": (CARE, "tokens:app"),
    "sending": (CARE, "sending:app"),
    "backup": (CARE, "backup:backup"),
    "restore": (CARE, "backup:restore"),
    "copy": (CARE, "copying:copy"),
    "migrate": (CARE, "store:migrate"),
    "doctor": (CARE, "store:doctor"),
}


class Commands(Mapping[str, Any]):
    """All commands in the order of --help; asking for one imports and builds that one."""

    def __getitem__(self, name: str) -> Any:
        if name not in COMMANDS:
            raise KeyError(name)
        return _command(name)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


@cache
def _command(name: str) -> Any:
    panel, place = COMMANDS[name]
    module, attribute = place.split(":")
    found = getattr(import_module(f"autopilot.cli.{module}"), attribute)
    shelf = typer.Typer()
    if isinstance(found, typer.Typer):
        shelf.add_typer(found, name=name, rich_help_panel=panel)
    else:
        shelf.command(name, rich_help_panel=panel)(found)
    return typer.main.get_group(shelf).commands[name]
