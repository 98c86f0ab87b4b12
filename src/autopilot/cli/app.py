"""The `autopilot` command: which commands there are, and what an ended one tells the shell."""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping, Sequence
from typing import Annotated, Any, cast

import typer
from typer.core import TyperGroup

from autopilot import __version__
from autopilot.cli import faults, output
from autopilot.cli.commands import Commands


class _Commands(TyperGroup):
    """Imports a command when it is called; says below its help which store is in use."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = cast("MutableMapping[str, Any]", Commands())

    def format_help(self, ctx: typer.Context, formatter: object) -> None:  # type: ignore[override]
        self.epilog = f"Store in use: {_store_name()}"
        super().format_help(ctx, formatter)  # type: ignore[arg-type]


app = typer.Typer(
    name="autopilot",
    cls=_Commands,
    help="Newsletters that make themselves: one checked issue per promised time.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"autopilot {__version__}\n")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Newsletters that make themselves: one checked issue per promised time."""


def run(arguments: Sequence[str]) -> int:
    """Do what was typed and return the exit code (docs/reference/exit-codes.md)."""
    typed = list(arguments) or ["--help"]
    try:
        ended = app(typed, prog_name="autopilot", standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        return faults.INTERRUPTED
    except Exception as error:
        if os.environ.get("AUTOPILOT_DEBUG") and not faults.is_expected(error):
            raise
        return faults.tell(error, as_json=_wants_json(typed))
    if ended == faults.INTERRUPTED:
        output.complain("Interrupted.")
    return ended if isinstance(ended, int) else faults.OK


def main() -> None:
    """Run the command line of this process; what it prints never fails for want of a character."""
    # To look for plugins, pydantic reads what every installed package says of itself.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))


def _wants_json(typed: Sequence[str]) -> bool:
    before = typed[: typed.index("--")] if "--" in typed else typed
    return "--json" in before


def _store_name() -> str:
    try:
        from autopilot.settings import load_settings

        return load_settings().store_name
    except Exception:  # noqa: BLE001 - help must come even where the settings are broken
        return "unknown, the settings cannot be used (see: autopilot doctor)"
