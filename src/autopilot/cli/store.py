"""migrate and doctor: the tables, and the machine they live on."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from autopilot.cli import faults, output
from autopilot.cli.options import Json

if TYPE_CHECKING:
    from autopilot.settings import Settings
    from autopilot.store.migrate import Migrated

MARKS = {"ok": "ok", "warning": "warning", "error": "ERROR"}


def migrate(
    sql: Annotated[
        bool, typer.Option("--sql", help="Print the PostgreSQL script for an SQL editor instead.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Create or update the tables; safe to run twice, and twice at once."""
    from autopilot.settings import load_settings
    from autopilot.store.migrate import script

    settings = load_settings()
    if sql:
        text = script(settings.database_schema)
        if as_json:
            output.show_json({"sql": text})
        else:
            sys.stdout.write(text)
            output.complain("Next: run this in the SQL editor of your database.")
        return
    migrated = migrate_store(settings)
    if as_json:
        output.show_json(
            {"store": settings.store_name, "before": migrated.before, "after": migrated.after}
        )
        return
    output.say(f"Store: {settings.store_name}")
    output.say(told(migrated))
    output.next_steps("autopilot status")


def migrate_store(settings: Settings) -> Migrated:
    """Bring the store of these settings to this program's tables, past any pooler."""
    from autopilot.store.migrate import migrate as bring
    from autopilot.wiring import open_store

    with closing(open_store(settings, direct=True)) as database:
        return bring(database, schema=settings.database_schema)


def told(migrated: Migrated) -> str:
    """Return what a migration did, as a sentence."""
    if migrated.before is None:
        return f"The tables are made: revision {migrated.after}."
    if migrated.before == migrated.after:
        return f"The tables are up to date: revision {migrated.after}."
    return f"The tables are brought from revision {migrated.before} to {migrated.after}."


def doctor(as_json: Json = False) -> None:
    """Look at everything that can keep newsletters from being made; exit 1 on an error."""
    from autopilot.service.doctor import examine
    from autopilot.service.findings import Level
    from autopilot.wiring import now

    findings = examine(os.environ, now())
    is_well = all(finding.level is not Level.ERROR for finding in findings)
    if as_json:
        output.show_json(
            {
                "ok": is_well,
                "findings": [
                    {
                        "check": finding.check,
                        "level": finding.level.value,
                        "message": finding.message,
                        "fix": finding.fix,
                    }
                    for finding in findings
                ],
            }
        )
    else:
        for finding in findings:
            style = {"warning": "yellow", "error": "bold red"}.get(finding.level.value)
            output.say(
                f"{MARKS[finding.level]:<8} {finding.check:<12} {finding.message}", style=style
            )
            if finding.fix:
                output.say(f"{'':21} {finding.fix}")
        output.next_steps("autopilot status" if is_well else "autopilot doctor   # after the fixes")
    if not is_well:
        raise typer.Exit(faults.FAILED)
