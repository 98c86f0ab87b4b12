"""copy: the whole store into another database, compared row by row, and resumed where it broke off."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autopilot.cli import faults, output
from autopilot.cli.opening import actor
from autopilot.cli.options import Json

if TYPE_CHECKING:
    from autopilot.service.moving.copying import Copied, Step
    from autopilot.settings import Settings

ADDRESS = "sqlite:///FILE, postgresql://USER:PASSWORD@HOST:PORT/NAME, or a file that holds it."
Address = "ADDRESS"


def copy(
    origin: Annotated[
        str, typer.Option("--from", metavar=Address, help=f"The store to copy: {ADDRESS}")
    ],
    target: Annotated[
        str, typer.Option("--to", metavar=Address, help="The database to copy it into: as --from.")
    ],
    while_running: Annotated[
        bool,
        typer.Option(
            "--while-running",
            help="Although workers are at work: what they do from now on is not in the copy.",
        ),
    ] = False,
    anew: Annotated[
        bool,
        typer.Option("--anew", help="Empty a copy that broke off and begin again."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Copy everything into another database and compare both; the copy sends when you allow it."""
    from autopilot.service.moving.admission import admit_place
    from autopilot.service.moving.copying import copy_store
    from autopilot.wiring import assemble_app

    here, there = _settings(origin), _settings(target)
    admit_place(here)
    with (
        closing(assemble_app(here)) as source,
        closing(assemble_app(there)) as other,
        _watched() as on_step,
    ):
        copied = copy_store(
            source,
            other,
            actor=actor(),
            while_running=while_running,
            anew=anew,
            on_step=on_step,
        )
    if as_json:
        output.show_json(_values(here, there, copied))
    else:
        _show(here, there, copied)
    if copied.differences:
        raise typer.Exit(faults.FAILED)


def _settings(address: str) -> Settings:
    from autopilot.settings import load_settings

    named = address.startswith(("sqlite:", "postgres:", "postgresql:", "postgresql+"))
    file = "" if named else address
    place = {
        "AUTOPILOT_DATABASE_URL": "" if file else address,
        "AUTOPILOT_DATABASE_URL_FILE": str(Path(file).absolute()) if file else "",
        "AUTOPILOT_DATABASE_DIRECT_URL": "",
        "AUTOPILOT_DATABASE_DIRECT_URL_FILE": "",
    }
    return load_settings({**os.environ, **place})


@contextmanager
def _watched() -> Iterator[Callable[[Step], None]]:
    """Progress, where somebody watches."""
    if not output.has_terminal():
        yield lambda _step: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Looking", total=None)
        words = {"copy": "Copying", "compare": "Comparing"}

        def show(step: Step) -> None:
            told = f"{words[step.deed]} {step.what}"
            progress.update(task, description=told, completed=step.done, total=step.total)

        yield show


def _show(here: Settings, there: Settings, copied: Copied) -> None:
    if copied.resumed:
        output.say("An earlier try had brought a part; it went on from there.")
    output.say(f"From {here.store_name}")
    output.say(f"To   {there.store_name}")
    for table, count in copied.rows.items():
        if count:
            output.say(f"  {count:>9}  {table}")
    output.say(f"  {copied.artifacts:>9}  pages and texts")
    if copied.lost:
        output.warn([f"{len(copied.lost)} pages or texts were lost in the source already."])
    if copied.differences:
        _show_differences(copied)
        return
    output.say(f"{copied.all_rows} rows and {copied.artifacts} contents were compared: all alike.")
    output.say("The source is as it was. The copy does not send yet, so that nothing leaves twice.")
    output.say("Set AUTOPILOT_DATABASE_URL to the copy everywhere; when the source has stopped:")
    output.next_steps("autopilot sending allow", "autopilot status")


def _show_differences(copied: Copied) -> None:
    for each in copied.differences:
        output.say(f"  {each}", style="bold red")
    output.say("The copy is not what the source is, and is not used as one.", style="bold red")
    output.say("Something wrote to one of them since the copy began, or a row was altered.")
    output.next_steps("autopilot copy --from ... --to ... --anew")


def _values(here: Settings, there: Settings, copied: Copied) -> dict[str, Any]:
    return {
        "ok": not copied.differences,
        "from": here.store_name,
        "to": there.store_name,
        "rows": dict(copied.rows),
        "artifacts": copied.artifacts,
        "lost_artifacts": list(copied.lost),
        "resumed": copied.resumed,
        "differences": [
            {"table": each.table, "key": each.key, "problem": each.problem}
            for each in copied.differences
        ],
    }
