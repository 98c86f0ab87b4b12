"""subscribers: who gets a newsletter; lists in and out, addresses that want no mail, bounces."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Annotated, BinaryIO, cast

import typer

from autopilot.cli import output
from autopilot.cli.opening import actor, opened
from autopilot.cli.options import Json, Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from autopilot.domain.subscriber import SubscriberStatus
    from autopilot.service.context import App
    from autopilot.store.specifications import SpecificationRow

KEPT_IN_MEMORY = 1_000_000  # octets of standard input
app = typer.Typer(
    help="See and change who gets a newsletter; import, export, bounces.", no_args_is_help=True
)

Spec = Annotated[str, typer.Argument(metavar="SPEC", help="The slug of a specification.")]
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="A mail address.")]
Only = Annotated[
    str | None, typer.Option("--spec", metavar="SPEC", help="Of this newsletter only.")
]


@app.command("list")
def list_(
    spec: Spec,
    status: Annotated[
        str | None, typer.Option("--status", help="pending, active, unsubscribed or bounced.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show at most this many.")] = 50,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Show who is on a list and how many there are in each status."""
    from autopilot.cli.subscriber_view import show_list, subscriber_values
    from autopilot.service.subscribers import count_subscribers, list_subscribers

    with opened() as opened_app:
        row = _specification(opened_app, spec, workspace)
        counts = count_subscribers(opened_app, row.id)
        found = list_subscribers(opened_app, row.id, status=_status(status), limit=limit)
    if as_json:
        values = {"specification": row.slug, "counts": {key.value: n for key, n in counts.items()}}
        output.show_json(values | {"subscribers": [subscriber_values(each) for each in found]})
        return
    show_list(row.slug, found, counts)


@app.command()
def add(
    spec: Spec,
    email: Email,
    name: Annotated[str, typer.Option("--name", help="What letters call them.")] = "",
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Put somebody who asked for it on a list; they get the next issue."""
    from autopilot.service.subscribers import add_subscriber

    with opened() as opened_app:
        row = _specification(opened_app, spec, workspace)
        fresh = add_subscriber(opened_app, row, email, name=name, actor=actor())
    _told(
        as_json,
        {"specification": row.slug, "email": email, "added": fresh},
        f"{email} {'gets' if fresh else 'gets already'} {row.slug}.",
        f"autopilot subscribers list {row.slug}",
    )


@app.command("import")
def import_(
    spec: Spec,
    file: Annotated[str, typer.Argument(metavar="FILE", help='A CSV file, or "-".')],
    skip_faulty: Annotated[
        bool, typer.Option("--skip-faulty", help="Import the others where some cannot be used.")
    ] = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Add the people of a CSV file whose first line is email,name; who unsubscribed stays off."""
    from autopilot.cli.subscriber_view import imported_values, show_imported
    from autopilot.service.subscriber_lists import import_csv

    with _twice_readable(file) as given, opened() as opened_app:
        row = _specification(opened_app, spec, workspace)
        done = import_csv(opened_app, row, given, actor=actor(), skip_faulty=skip_faulty)
    if as_json:
        output.show_json({"specification": row.slug} | imported_values(done))
        return
    show_imported(row.slug, done)


@app.command()
def export(
    spec: Spec,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write it here.")
    ] = None,
    workspace: Workspace = None,
) -> None:
    """Write a list as CSV to standard output; `import` reads it back."""
    from autopilot.service.subscriber_lists import export_csv

    with opened() as opened_app:
        row = _specification(opened_app, spec, workspace)
        if out is None:
            export_csv(opened_app, row, sys.stdout)
            return
        with out.open("w", encoding="utf-8", newline="") as file:
            count = export_csv(opened_app, row, file)
    output.say(f"Written: {out} ({count} rows)")


@app.command()
def remove(spec: Spec, email: Email, workspace: Workspace = None, as_json: Json = False) -> None:
    """Delete somebody from a list; an import may add them again (see: suppress)."""
    from autopilot.service.subscribers import remove_subscriber

    with opened() as opened_app:
        row = _specification(opened_app, spec, workspace)
        remove_subscriber(opened_app, row, email, actor=actor())
    _told(
        as_json,
        {"specification": row.slug, "email": email, "removed": True},
        f"{email} is off the list of {row.slug}, and forgotten there.",
        f"autopilot subscribers suppress {email}",
    )


@app.command()
def suppress(
    email: Email,
    only: Only = None,
    undo: Annotated[bool, typer.Option("--undo", help="Allow the address again.")] = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Send an address no more mail of any newsletter, whatever list it is on."""
    from autopilot.service.lookup import workspace_named
    from autopilot.service.subscribers import allow_address, suppress_address

    with opened() as opened_app:
        row = None if only is None else _specification(opened_app, only, workspace)
        owner = workspace_named(opened_app, workspace).id if row is None else row.workspace_id
        inside = None if row is None else row.id
        if undo:
            allow_address(opened_app, owner, email, specification_id=inside, actor=actor())
        else:
            suppress_address(opened_app, owner, email, specification_id=inside, actor=actor())
    _told(
        as_json,
        {"email": email, "specification": only, "suppressed": not undo},
        f"{email} may get mail again; it is on no list by that."
        if undo
        else f"{email} gets no more mail{f' of {only}' if only else ''}.",
        f"autopilot subscribers add SPEC {email}" if undo else "autopilot subscribers suppressed",
    )


@app.command()
def suppressed(
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show at most this many.")] = 50,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Show the addresses that get no mail, newest first, each with its reason."""
    from autopilot.cli.subscriber_view import show_suppressions, suppression_values
    from autopilot.service.lookup import workspace_named
    from autopilot.service.status import specification_slugs
    from autopilot.service.subscribers import list_suppressions

    with opened() as opened_app:
        owner = workspace_named(opened_app, workspace)
        names = specification_slugs(opened_app)
        found = list_suppressions(opened_app, owner.id, limit=limit)
    if as_json:
        output.show_json({"suppressions": [suppression_values(each, names) for each in found]})
        return
    show_suppressions(found, names)


@app.command()
def bounces(
    mailbox: Annotated[
        str | None,
        typer.Option(
            "--mailbox", metavar="PLACE", help="imaps://USER@HOST/INBOX, a Maildir, a .eml file."
        ),
    ] = None,
    password_env: Annotated[
        str | None,
        typer.Option("--password-env", metavar="NAME", help="The variable with its password."),
    ] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Read what came back into a mailbox; without one, show where a relay posts its bounces."""
    from autopilot.service.bounces import hear_mails, hook_url
    from autopilot.service.lookup import workspace_named

    with opened() as opened_app:
        owner = workspace_named(opened_app, workspace)
        if mailbox is None:
            _show_hook(hook_url(opened_app, owner), as_json=as_json)
            return
        from autopilot.adapters.mailbox import read_mails

        mails = read_mails(mailbox, password=_password(password_env))
        counts = hear_mails(opened_app, owner.id, mails)
    if as_json:
        output.show_json(counts)
        return
    from autopilot.cli.subscriber_view import bounce_words

    output.say(bounce_words(counts), style="bold")
    output.next_steps("autopilot subscribers suppressed")


def _show_hook(url: str | None, *, as_json: bool) -> None:
    if as_json:
        output.show_json({"url": url})
    elif url is None:
        output.say("There is no address yet: set AUTOPILOT_PUBLIC_URL to where readers reach this.")
    else:
        output.say("Let your relay post bounces and complaints here; keep the address to yourself:")
        output.say(url, style="bold")


def _password(name: str | None) -> str | None:
    from autopilot.errors import InputRefused, Problem

    if name is None:
        return None
    if name not in os.environ:
        problem = Problem(path=name, message="it is not set", example=f"export {name}=...")
        raise InputRefused("The mailbox has no password:", [problem])
    return os.environ[name]


def _status(text: str | None) -> SubscriberStatus | None:
    from autopilot.domain.subscriber import SubscriberStatus
    from autopilot.errors import InputRefused, Problem

    if text is None or text in tuple(SubscriberStatus):
        return None if text is None else SubscriberStatus(text)
    listed = ", ".join(SubscriberStatus)
    problem = Problem(path="--status", message=f"{text!r} is no status", allowed=listed)
    raise InputRefused("The list cannot be shown:", [problem])


def _specification(opened_app: App, spec: str, workspace: str | None) -> SpecificationRow:
    from autopilot.service.lookup import specification_named

    return specification_named(opened_app, spec, workspace=workspace)


@contextmanager
def _twice_readable(file: str) -> Iterator[BinaryIO]:
    """The file, or what standard input gave, kept where it can be read again."""
    from autopilot.errors import DocumentInvalid

    if file == "-":
        with SpooledTemporaryFile(KEPT_IN_MEMORY) as kept:
            while part := sys.stdin.buffer.read(1 << 16):
                kept.write(part)
            yield cast("BinaryIO", kept)
        return
    with ExitStack() as stack:
        try:
            opened_file = stack.enter_context(Path(file).open("rb"))
        except OSError as error:
            raise DocumentInvalid(
                f"{file} cannot be read: {error.strerror}.",
                hint="Save the list as CSV, its first line email,name.",
            ) from error
        yield opened_file


def _told(as_json: bool, values: dict[str, object], words: str, step: str) -> None:
    if as_json:
        output.show_json(values)
        return
    output.say(words, style="bold")
    output.next_steps(step)
