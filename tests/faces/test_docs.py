"""The documents name what there is: settings, keys, tables, commands, functions, and each other."""

from __future__ import annotations

import importlib
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer
import typer.main
import yaml

from autopilot.cli.app import app
from autopilot.domain.document import Document
from autopilot.domain.editorial import Budget, Cell, Rules, Voice
from autopilot.domain.recurrence.rules import parse_rule
from autopilot.domain.review import Review
from autopilot.domain.specification import (
    Brand,
    Category,
    Region,
    ScheduleDocument,
    Source,
    SpecificationDocument,
    WorkspaceDocument,
)
from autopilot.service.configuration.reading import read_document
from autopilot.settings import VARIABLES
from autopilot.store.tables import metadata

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
DOCUMENTS = [*sorted(DOCS.rglob("*.md")), ROOT / "README.md"]
SECTIONS: dict[str, type[Document]] = {
    "Workspace": WorkspaceDocument,
    "Brand": Brand,
    "Budget": Budget,
    "Specification": SpecificationDocument,
    "Category": Category,
    "Region": Region,
    "Source": Source,
    "Cell": Cell,
    "Rules": Rules,
    "Voice": Voice,
    "Schedule": ScheduleDocument,
    "Review": Review,
}

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`(autopilot [^`]+)`")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
ASSIGNMENT = re.compile(r"[A-Z_]+=.*")
CRON_FIELDS = 5


def name_of(document: Path) -> str:
    return document.relative_to(ROOT).as_posix()


@cache
def text_of(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def prose_of(document: Path) -> str:
    """The text without its fenced blocks."""
    return FENCE.sub("", text_of(document))


def blocks(document: Path, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return [block for said, block in FENCE.findall(text_of(document)) if said == language]


def section(document: Path, heading: str) -> str:
    """The text below a heading of the second level."""
    told = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", text_of(document), re.M | re.S)
    assert told is not None, f"{name_of(document)} has no section {heading!r}"
    return told[1]


def first_cells(text: str) -> set[str]:
    """Every name in the first column of the tables of a text."""
    rows = re.findall(r"^\| ([^|]+) \|", text, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


def typed(document: Path) -> Iterator[tuple[str, bool]]:
    """Every command line of a document, and whether it stands complete in a block."""
    for language, block in FENCE.findall(text_of(document)):
        for line in block.splitlines():
            if (command := command_in(line, language)) is not None:
                yield command, True
    for command in SPAN.findall(prose_of(document)):
        yield command, False


def command_in(line: str, language: str) -> str | None:
    """The command of one line of a block, or None where the line is none or is output."""
    if language == "console":
        return line.removeprefix("$ ") if line.startswith("$ ") else None
    if language == "ini":
        return line.removeprefix("ExecStart=") if line.startswith("ExecStart=") else None
    if language == "crontab":
        return line.split(maxsplit=CRON_FIELDS)[-1]
    return line if language == "sh" else None


def arguments_of(command: str) -> list[str] | None:
    """What follows `autopilot`, up to a pipe or a redirection; None for another program."""
    words = shlex.split(command, comments=True)
    while words and ASSIGNMENT.fullmatch(words[0]):
        del words[0]
    if not words or Path(words[0]).name != "autopilot":
        return None
    ends = [place for place, word in enumerate(words) if word in {"|", ">", "&&", ";", "&"}]
    return words[1 : min(ends, default=len(words))]


def parse(arguments: list[str], *, complete: bool) -> None:
    """Read a command line as the program does, and do nothing; raises what the program would say.

    In a sentence a command may stand without what it works on.
    """
    command, rest = typer.main.get_command(app), list(arguments)
    while (inner := getattr(command, "commands", None)) is not None and rest:
        if rest[0].startswith("-"):
            break
        assert rest[0] in inner, f"there is no command {rest[0]!r}"
        command = inner[rest.pop(0)]
    try:
        command.make_context(command.name or "", rest)
    except typer.Exit:
        pass  # --help and --version have said what they were asked for
    except typer.BadParameter as error:
        if complete or type(error).__name__ != "MissingParameter":
            raise


COMMANDS = [
    pytest.param(arguments, complete, id=f"{name_of(document)}: {command}")
    for document in DOCUMENTS
    for command, complete in dict.fromkeys(typed(document))
    if (arguments := arguments_of(command))
]


@pytest.mark.parametrize(("arguments", "complete"), COMMANDS)
def test_every_quoted_command_line_is_understood(arguments: list[str], complete: bool) -> None:
    parse(arguments, complete=complete)


def test_commands_are_found_in_every_kind_of_place() -> None:
    assert len(COMMANDS) > 80
    assert arguments_of("A=1 /opt/x/autopilot tick --limit 5 > log") == ["tick", "--limit", "5"]
    assert command_in("*/5 * * * * A=1 autopilot tick", "crontab") == "A=1 autopilot tick"
    assert command_in("Next: autopilot up", "console") is None


@pytest.mark.parametrize("wrong", ["nope", "apply x --plann", "runs show", "tick --limit many"])
def test_a_command_line_that_the_program_refuses_is_noticed(wrong: str) -> None:
    with pytest.raises(Exception, match=r"(?i)no such option|missing|no command|valid integer"):
        parse(wrong.split(), complete=True)


@pytest.mark.parametrize("variable", [variable.name for variable in VARIABLES])
def test_every_variable_has_a_row(variable: str) -> None:
    assert variable in first_cells(text_of(REFERENCE / "settings.md"))


@pytest.mark.parametrize(("heading", "model"), SECTIONS.items(), ids=list(SECTIONS))
def test_the_rows_of_a_section_are_the_fields_of_its_document(
    heading: str, model: type[Document]
) -> None:
    rows = first_cells(section(REFERENCE / "configuration.md", heading))
    assert rows == set(model.model_fields)


def test_every_document_of_the_file_has_a_section() -> None:
    documents = {WorkspaceDocument}
    for _ in SECTIONS:
        documents |= {inner for document in documents for inner in inner_documents(document)}
    assert documents == set(SECTIONS.values())


def inner_documents(model: type[Document]) -> Iterator[type[Document]]:
    for field in model.model_fields.values():
        annotation = field.annotation
        for part in (annotation, *getattr(annotation, "__args__", ())):
            if isinstance(part, type) and issubclass(part, Document):
                yield part


def test_the_example_of_the_configuration_is_accepted() -> None:
    (example,) = blocks(REFERENCE / "configuration.md", "yaml")
    assert read_document(example).specifications


@pytest.mark.parametrize("example", blocks(REFERENCE / "schedules.md", "yaml"))
def test_every_example_of_a_rule_is_accepted(example: str) -> None:
    written = yaml.safe_load(example)
    assert parse_rule(written["type"], written["config"], "Europe/Berlin")


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_every_table_has_a_row(table: str) -> None:
    assert table in first_cells(section(REFERENCE / "store.md", "Tables"))


def test_every_constraint_named_is_one_of_the_tables() -> None:
    known = {
        str(item.name)
        for table in metadata.tables.values()
        for item in (*table.constraints, *table.indexes)
    }
    named = set(re.findall(r"`((?:uq|ck|idx|ix|fk)_\w+)`", text_of(REFERENCE / "store.md")))
    assert named
    assert named - known == set()


@pytest.mark.parametrize(
    "dotted",
    sorted(
        set(re.findall(r"`(autopilot(?:\.\w+)+)`", text_of(REFERENCE / "names-of-the-plan.md")))
    ),
)
def test_every_function_named_can_be_imported(dotted: str) -> None:
    module, _, name = dotted.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ModuleNotFoundError:
        found = None
    assert found or importlib.import_module(dotted)


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    dead = [
        link for link in LINK.findall(prose_of(document)) if not leads_somewhere(document, link)
    ]
    assert dead == []


def leads_somewhere(document: Path, link: str) -> bool:
    if re.match(r"[a-z]+:", link):
        return True
    file, _, anchor = link.partition("#")
    target = document if not file else (document.parent / file).resolve()
    if not target.exists() or not target.is_relative_to(ROOT):
        return False
    return not anchor or anchor in {slug_of(title) for title in HEADING.findall(prose_of(target))}


def slug_of(title: str) -> str:
    """The anchor that a heading gets where the documents are shown."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def test_every_document_can_be_reached_from_the_index() -> None:
    index = DOCS / "index.md"
    linked = {(DOCS / link).resolve() for link in LINK.findall(text_of(index))}
    assert {*DOCS.rglob("*.md")} - linked - {index} == set()
