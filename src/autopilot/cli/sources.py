"""sources: what a newsletter reads, how each of it is, and lists of feeds in and out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autopilot.cli import output
from autopilot.cli.faults import FAILED
from autopilot.cli.opening import actor, opened
from autopilot.cli.options import Json, Workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autopilot.service.context import App
    from autopilot.service.source_health import Facts
    from autopilot.service.source_lists import Added
    from autopilot.store.specifications import SpecificationRow

MAX_FILE_BYTES = 5_000_000
app = typer.Typer(
    help="See how sources are, find feeds, import and export lists.", no_args_is_help=True
)

Spec = Annotated[str, typer.Argument(metavar="SPEC", help="The slug of a specification.")]


@app.command("list")
def list_(spec: Spec, workspace: Workspace = None, as_json: Json = False) -> None:
    """Show each source: how it is, how much it gives, and when it is looked at next."""
    from autopilot.cli.source_view import facts_values, show_facts
    from autopilot.service.source_health import source_facts

    with opened() as opened_app:
        row = _specification(opened_app, spec, workspace)
        facts = source_facts(opened_app, row.id, opened_app.clock())
    if as_json:
        output.show_json({"specification": row.slug, "sources": facts_values(facts)})
        return
    if not facts:
        output.say(f"{row.slug} has no source yet.")
        output.next_steps(f"autopilot sources add {row.slug} example.org")
        return
    show_facts(facts)
    output.next_steps(f"autopilot sources check {row.slug}")


@app.command()
def check(spec: Spec, workspace: Workspace = None, as_json: Json = False) -> None:
    """Ask every source now and say which are dead, silent, moved or closed; 1 where one cannot be read."""
    from autopilot.cli.source_view import facts_values, show_facts
    from autopilot.service.source_check import check_sources, is_our_own_line, is_unreadable

    with opened() as opened_app:
        row = _specification(opened_app, spec, workspace)
        facts = check_sources(opened_app, row.id)
    unreadable = [one for one in facts if is_unreadable(one)]
    if as_json:
        values = {"specification": row.slug, "unreadable": len(unreadable)}
        output.show_json(values | {"sources": facts_values(facts)})
    elif not facts:
        output.say(f"{row.slug} has no source yet.")
        output.next_steps(f"autopilot sources add {row.slug} example.org")
    else:
        show_facts(facts)
        output.say(_sum(facts, unreadable), style="bold")
        if is_our_own_line(facts):
            output.say("Not one of them answered: look at this machine's own network first.")
        output.next_steps(f"autopilot generate {row.slug}")
    if unreadable:
        raise typer.Exit(FAILED)


@app.command()
def find(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Of a site, a page or a feed.")],
    as_json: Json = False,
) -> None:
    """Find what can be read of a site: its feeds, else its sitemap or its list of articles."""
    from autopilot.cli.source_view import found_values, show_found
    from autopilot.service.finding import find_sources

    with opened() as opened_app:
        found = find_sources(opened_app, address)
    if as_json:
        output.show_json({"found": found_values(found)})
        return
    show_found(found)
    output.next_steps(f"autopilot sources add SPEC {found[0].url}")


@app.command()
def add(
    spec: Spec,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Of a feed, or of its site.")],
    name: Annotated[str | None, typer.Option("--name", help="What readers call it.")] = None,
    region: Annotated[
        str | None, typer.Option("--region", metavar="ID", help="A region of the specification.")
    ] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Add a source; of a site the best that can be read of it is taken."""
    from autopilot.cli.source_view import found_values
    from autopilot.domain.specification import Source
    from autopilot.service.finding import find_sources
    from autopilot.service.source_lists import add_sources

    with opened() as opened_app:
        row = _specification(opened_app, spec, workspace)
        best = find_sources(opened_app, address)[0]
        source = Source(url=best.url, name=name, region=region)
        done = add_sources(opened_app, row, [source], actor=actor())
    if as_json:
        output.show_json(_added_values(row.slug, done) | {"found": found_values([best])[0]})
        return
    word = "Added" if done.added else "Was there already"
    output.say(f"{word}: {best.url} ({best.kind.value}, {best.entries} entries)", style="bold")
    output.next_steps(f"autopilot sources list {row.slug}", f"autopilot generate {row.slug}")


@app.command("import")
def import_(
    spec: Spec,
    file: Annotated[str, typer.Argument(metavar="FILE", help='An OPML file, or "-".')],
    skip_faulty: Annotated[
        bool, typer.Option("--skip-faulty", help="Import the others where some cannot be used.")
    ] = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Add the feeds of an OPML file; a folder named like a region gives it to its feeds."""
    from autopilot.service.source_lists import import_opml

    body = _bytes_of(file)
    with opened() as opened_app:
        row = _specification(opened_app, spec, workspace)
        done = import_opml(opened_app, row, body, actor=actor(), skip_faulty=skip_faulty)
    if as_json:
        output.show_json(_added_values(row.slug, done))
        return
    told = f"Added {len(done.added)} sources to {row.slug}; {len(done.known)} were there already"
    output.say(told + (f"; {done.repeated} are repeated" if done.repeated else ""), style="bold")
    output.warn(str(problem) for problem in done.faulty)
    output.next_steps(f"autopilot sources check {row.slug}")


@app.command()
def export(
    spec: Spec,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write it here.")
    ] = None,
    workspace: Workspace = None,
) -> None:
    """Write the sources as OPML to standard output, for any feed reader."""
    from autopilot.service.source_lists import export_opml

    with opened() as opened_app:
        text = export_opml(opened_app, _specification(opened_app, spec, workspace))
    if out is None:
        sys.stdout.write(text.decode("utf-8"))
        return
    out.write_bytes(text)
    output.say(f"Written: {out}")


def _specification(opened_app: App, spec: str, workspace: str | None) -> SpecificationRow:
    from autopilot.service.lookup import specification_named

    return specification_named(opened_app, spec, workspace=workspace)


def _bytes_of(file: str) -> bytes:
    from autopilot.errors import DocumentInvalid

    try:
        if file == "-":
            return sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
        with Path(file).open("rb") as opened_file:
            return opened_file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise DocumentInvalid(
            f"{file} cannot be read: {error.strerror}.",
            hint="Export your list of feeds as OPML from the reader you use.",
        ) from error


def _added_values(slug: str, done: Added) -> dict[str, object]:
    return {
        "specification": slug,
        "added": [source.url for source in done.added],
        "known": [source.url for source in done.known],
        "repeated": done.repeated,
        "faulty": [str(problem) for problem in done.faulty],
    }


def _sum(facts: Sequence[Facts], unreadable: Sequence[Facts]) -> str:
    if not unreadable:
        return f"All {len(facts)} sources can be read."
    return f"{len(unreadable)} of {len(facts)} sources cannot be read."
