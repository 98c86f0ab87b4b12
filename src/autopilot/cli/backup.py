"""backup and restore: the whole store as one sealed file, and back; and a drill that touches nothing."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autopilot.cli import faults, output
from autopilot.cli.opening import actor, opened
from autopilot.cli.options import Json

if TYPE_CHECKING:
    from autopilot.service.backup.drill import Drill
    from autopilot.service.backup.records import Contents

File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")]
KEY_NOTE = (
    "It is sealed with the secret key of this store (AUTOPILOT_SECRET_KEY, or secret.key in the data"
    " folder), which is not in it: keep that key elsewhere. Without it nobody can open this file."
)


def backup(file: File, as_json: Json = False) -> None:
    """Write everything there is into one encrypted file, while workers go on."""
    from autopilot.service.backup.making import make_backup

    with opened() as app:
        contents = make_backup(app, file)
    if as_json:
        output.show_json({"file": str(file), "bytes": file.stat().st_size} | _values(contents))
        return
    size = file.stat().st_size / 1e6
    output.say(f"{file}: {_told(contents)}, {size:.1f} MB.")
    output.warn(_lost(contents))
    output.say(KEY_NOTE)
    output.next_steps(f"autopilot restore --drill {file}")


def restore(
    file: File,
    force: Annotated[
        bool, typer.Option("--force", help="Delete what is in this store first.")
    ] = False,
    as_drill: Annotated[
        bool,
        typer.Option("--drill", help="Restore into a scratch store, check it, throw it away."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Put a backup into this store, all of it or nothing; sending is off until it is allowed."""
    if as_drill:
        _drill(file, as_json=as_json)
        return
    from autopilot.cli.store import migrate_store
    from autopilot.service.backup.restoring import check_backup
    from autopilot.service.backup.restoring import restore as put_back
    from autopilot.settings import load_settings
    from autopilot.wiring import assemble_app

    settings = load_settings()
    with closing(assemble_app(settings)) as app:
        check_backup(app, file)  # before the tables are made
    migrate_store(settings)
    with opened(settings=settings) as app:
        contents = put_back(app, file, actor=actor(), force=force)
    if as_json:
        output.show_json({"store": settings.store_name, "sending": False} | _values(contents))
        return
    output.say(f"Restored into {settings.store_name}: {_told(contents)}.")
    output.warn(_lost(contents))
    output.say("Sending is off, so that nothing leaves twice. When no other copy sends any more:")
    output.next_steps("autopilot sending allow", "autopilot status")


def _drill(file: Path, *, as_json: bool) -> None:
    from autopilot.service.backup.drill import drill
    from autopilot.settings import load_settings
    from autopilot.wiring import assemble_app

    with closing(assemble_app(load_settings())) as app:
        found = drill(app, file)
    if as_json:
        output.show_json(
            {"ok": not found.problems, "problems": list(found.problems), "seconds": found.seconds}
            | _values(found.contents)
        )
    else:
        _show(file, found)
    if found.problems:
        raise typer.Exit(faults.FAILED)


def _show(file: Path, found: Drill) -> None:
    output.say(f"{file}: {_told(found.contents)}; restored in {found.seconds:.1f} s.")
    for table, count in found.contents.rows.items():
        if count:
            output.say(f"  {count:>9}  {table}")
    for problem in found.problems:
        output.say(f"  {problem}", style="bold red")
    output.say(
        "It would not be whole." if found.problems else "It is whole; nothing was changed here."
    )
    output.next_steps("autopilot status")


def _told(contents: Contents) -> str:
    head = contents.head
    return (
        f"{contents.all_rows} rows and {contents.artifacts} pages and texts"
        f" of {head.store}, {head.made_at}"
    )


def _lost(contents: Contents) -> list[str]:
    count = len(contents.lost)
    return [f"{count} pages or texts were lost in the store already."] if count else []


def _values(contents: Contents) -> dict[str, Any]:
    return {
        "made_at": contents.head.made_at,
        "from": contents.head.store,
        "version": contents.head.version,
        "revision": contents.head.revision,
        "rows": dict(contents.rows),
        "artifacts": contents.artifacts,
        "lost_artifacts": list(contents.lost),
    }
