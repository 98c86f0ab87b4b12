"""apply, export and init: the configuration file, from a first one to what the store holds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autopilot.cli import output
from autopilot.cli.opening import actor, opened
from autopilot.cli.options import Json, Workspace

if TYPE_CHECKING:
    from autopilot.domain.specification import WorkspaceDocument
    from autopilot.service.configuration.applying import Applied
    from autopilot.service.configuration.changes import Change

FILE = "newsletter.yaml"
MAX_BYTES = 8_000_000  # four bytes for each character the reader takes
DONE = {"create": "created", "change": "changed", "cancel": "cancelled"}
PLANNED = {"create": "create", "change": "change", "cancel": "cancel"}


def apply(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A YAML file, or - for stdin.")],
    plan: Annotated[
        bool, typer.Option("--plan", help="Show what would change; write nothing.")
    ] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Cancel what the file does not name.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Create or update a workspace from a file; a second time changes nothing."""
    from autopilot.service.configuration.applying import apply_document
    from autopilot.service.configuration.reading import read_document

    document = read_document(text_of(file))
    with opened() as app:
        applied = apply_document(app, document, actor=actor(), prune=prune, write=not plan)
    if as_json:
        output.show_json(_applied_values(applied, plan=plan))
        return
    _show_applied(applied, plan=plan)
    output.next_steps(
        *_after_apply(document, file, plan=plan and bool(applied.changes), prune=prune)
    )


def export(
    workspace: Workspace = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write here, not to stdout.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a workspace as the file that `apply` reads; secrets are never in it."""
    from autopilot.service.configuration.exporting import as_yaml, export_document
    from autopilot.service.lookup import workspace_named

    with opened() as app:
        document = export_document(app, workspace_named(app, workspace))
    if as_json and out is None:
        output.show_json(document.model_dump(mode="json"))
        return
    text = as_yaml(document)
    if out is None:
        sys.stdout.write(text)
        output.complain("Next: autopilot apply FILE --plan   (after saving this as FILE)")
        return
    out.write_text(text, encoding="utf-8")
    if as_json:
        output.show_json({"workspace": document.workspace, "file": str(out.absolute())})
        return
    output.say(f"Written: {out}")
    output.next_steps(f"autopilot apply {out} --plan")


def init(
    pack: Annotated[
        str | None, typer.Argument(metavar="[PACK]", help="A starter pack (default: energy).")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help=f"Overwrite {FILE}.")] = False,
    as_json: Json = False,
) -> None:
    """Write a commented newsletter.yaml from a starter pack into this folder."""
    from autopilot.adapters.packs import DEFAULT_PACK, pack_names, pack_text
    from autopilot.errors import Conflict

    chosen = pack or DEFAULT_PACK
    text = pack_text(chosen)
    others = [name for name in pack_names() if name != chosen]
    path = Path(FILE)
    try:
        with path.open("w" if force else "x", encoding="utf-8") as opened_file:
            opened_file.write(text)
    except FileExistsError as error:
        raise Conflict(
            f"{FILE} is in this folder already; it was left as it is.",
            hint=f"Overwrite it with: autopilot init {chosen} --force",
        ) from error
    if as_json:
        output.show_json(
            {"file": str(path.absolute()), "pack": chosen, "packs": list(pack_names())}
        )
        return
    output.say(f"Written: {FILE}, from the starter pack {chosen}. Edit it as you like.")
    if others:
        output.say(f"Other packs: {', '.join(others)} (autopilot init PACK --force)")
    output.next_steps(f"autopilot apply {FILE} --plan", f"autopilot apply {FILE}")


def text_of(file: str) -> str:
    """The text of a file or of standard input; raises InputRefused where there is none."""
    from autopilot.errors import DocumentInvalid

    try:
        if file == "-":
            content = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(file).open("rb") as opened_file:
                content = opened_file.read(MAX_BYTES + 1)
    except OSError as error:
        raise DocumentInvalid(
            f"{file} cannot be read: {error.strerror}.",
            hint="Write one with: autopilot init",
        ) from error
    if len(content) > MAX_BYTES:
        raise DocumentInvalid(f"{file} is larger than {MAX_BYTES:,} bytes.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentInvalid(
            f"{file} is not UTF-8 text: byte {error.start + 1} cannot be read.",
            hint="Save it as UTF-8 and apply it again.",
        ) from error


def _applied_values(applied: Applied, *, plan: bool) -> dict[str, object]:
    return {
        "workspace": applied.workspace,
        "plan": plan,
        "changed": bool(applied.changes),
        "changes": [_change_values(change) for change in applied.changes],
        "left_alone": [_change_values(change) for change in applied.left_alone],
        "warnings": list(applied.warnings),
    }


def _change_values(change: Change) -> dict[str, object]:
    return {
        "action": change.action.value,
        "kind": change.kind,
        "name": change.name,
        "fields": list(change.fields),
    }


def _show_applied(applied: Applied, *, plan: bool) -> None:
    words = PLANNED if plan else DONE
    for change in applied.changes:
        output.say(f"{words[change.action]:<9}  {change.kind:<13}  {change.name}")
        for field in change.fields:
            output.say(f"{'':26}{field}")
    if not applied.changes:
        output.say(
            f"Nothing {'would change' if plan else 'changed'}: {applied.workspace} is as the file says."
        )
    elif plan:
        output.say("Nothing was written: this is the plan.")
    if applied.left_alone:
        output.say("Not in the file and left alone (--prune cancels them):")
        for change in applied.left_alone:
            output.say(f"{'':11}{change.kind:<13}  {change.name}")
    output.warn(applied.warnings)


def _after_apply(document: WorkspaceDocument, file: str, *, plan: bool, prune: bool) -> list[str]:
    if plan:
        return [f"autopilot apply {file}{' --prune' * prune}"]
    if not document.specifications:
        return ["autopilot status"]
    return [
        f"autopilot generate {document.specifications[0].slug}   # an issue now",
        "autopilot up   # and then at every slot",
    ]
