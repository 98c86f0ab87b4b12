"""Lists of subscribers as files: a CSV read as spreadsheets write it, and one that they read back.

A file is read twice, row by row: first for every problem in it, then into the store in one
transaction. So a large list takes little memory, and one with a problem changes nothing.
"""

from __future__ import annotations

import codecs
import csv
import io
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, TextIO

from sqlalchemy import Connection

from autopilot.domain.address import mail_address, same_mailbox
from autopilot.domain.subscriber import Subscriber, SubscriberStatus, reader_name
from autopilot.errors import DocumentInvalid, Problem
from autopilot.service.context import App
from autopilot.service.subscribers import each_subscriber, list_subscribers, new_subscriber
from autopilot.store import audit, subscribers, suppressions
from autopilot.store.specifications import SpecificationRow

if TYPE_CHECKING:
    from _csv import Reader

BATCH = 1_000
MAX_ROWS = 1_000_000
MAX_BYTES = 200_000_000
MOST_SHOWN = 20  # problems told one by one; of the others the number
LONGEST_CELL = 10_000
DELIMITERS = ";,\t"
EMAIL_NAMES = frozenset({"email", "e-mail", "mail", "email address", "e-mail address"})
NAME_NAMES = frozenset({"name", "full name"})
HEADER = ("email", "name", "status", "source", "since")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
GUARD = "'"  # what a spreadsheet takes as "this is text"
EXAMPLE = "email,name\\nann@example.org,Ann Lee"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did: how many rows were added, made active again, there already, repeated in
    the file, left off because they are suppressed, and passed over as faulty.
    """

    added: int = 0
    activated: int = 0
    known: int = 0
    repeated: int = 0
    suppressed: int = 0
    faulty: int = 0
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One address of a file with its line, counted from 1."""

    line: int
    email: str
    name: str


def import_csv(
    app: App,
    specification: SpecificationRow,
    file: BinaryIO,
    *,
    actor: str,
    skip_faulty: bool = False,
) -> Imported:
    """Add the people of a CSV file, which can be read twice, to a list.

    Suppressed addresses and people who unsubscribed or bounced stay off. Raises DocumentInvalid
    with the first problems and their number, unless `skip_faulty`; then nothing was added.
    """
    problems, faulty, repeated = _problems(file)
    if faulty and not skip_faulty:
        raise _refusal(problems, faulty)
    counts = dict.fromkeys(("added", "activated", "known", "suppressed"), 0)
    with app.database.begin() as connection:
        rows = _good_rows(file)
        while batch := list(islice(rows, BATCH)):
            _add(connection, app, specification, batch, counts)
        audit.note(
            connection,
            at=app.clock(),
            actor=actor,
            action="subscribers.imported",
            subject=("specification", specification.id),
            workspace_id=specification.workspace_id,
            detail={**counts, "repeated": repeated, "faulty": faulty},
        )
    return Imported(**counts, repeated=repeated, faulty=faulty, problems=tuple(problems))


def export_csv(app: App, specification: SpecificationRow, out: TextIO) -> int:
    """Write all of a list as CSV and return how many rows; no cell of it can become a formula."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    count = 0
    for each in each_subscriber(app, specification.id):
        writer.writerow(_cells(each))
        count += 1
    return count


def csv_parts(app: App, specification: SpecificationRow) -> Iterator[str]:
    """Yield the same text part by part; the store is asked anew for each, however slow its reader."""
    after, head = "", [HEADER]
    while page := list_subscribers(app, specification.id, after=after, limit=BATCH):
        yield _csv([*head, *map(_cells, page)])
        after, head = page[-1].email, []
    if head:
        yield _csv(head)


def _csv(rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _cells(each: Subscriber) -> tuple[str, ...]:
    since = each.confirmed_at or each.created_at
    cells = (each.email, each.name, each.status.value, each.source, f"{since:%Y-%m-%d}")
    return tuple(guarded(cell) for cell in cells)


def guarded(cell: str) -> str:
    """Return a cell that a spreadsheet shows and does not run."""
    return GUARD + cell if cell.startswith(FORMULA) else cell


def _add(
    connection: Connection,
    app: App,
    specification: SpecificationRow,
    batch: list[Row],
    counts: dict[str, int],
) -> None:
    now = app.clock()
    rows = {same_mailbox(row.email): row for row in batch}
    mailboxes = list(rows)
    closed = suppressions.suppressed(
        connection, specification.workspace_id, specification.id, mailboxes
    )
    known = subscribers.find_subscribers(connection, specification.id, mailboxes)
    fresh: list[Subscriber] = []
    for mailbox, row in rows.items():
        seen = known.get(mailbox)
        if mailbox in closed or (seen is not None and seen.status in _GONE):
            counts["suppressed"] += 1
        elif seen is None:
            fresh.append(new_subscriber(specification, row.email, row.name, "import", now))
            counts["added"] += 1
        elif seen.status is SubscriberStatus.PENDING:
            subscribers.save_subscriber(connection, seen, seen.confirm(now))
            counts["activated"] += 1
        else:
            counts["known"] += 1
    subscribers.add_subscribers(connection, fresh)


_GONE = (SubscriberStatus.UNSUBSCRIBED, SubscriberStatus.BOUNCED)


def _problems(file: BinaryIO) -> tuple[list[Problem], int, int]:
    """The first problems of a file, how many there are, and how many rows repeat another."""
    shown: list[Problem] = []
    faulty = repeated = 0
    seen: set[int] = set()  # of a hash each: a list of all addresses takes three times as much
    for row in _rows(file):
        if isinstance(row, Problem):
            faulty += 1
            if len(shown) < MOST_SHOWN:
                shown.append(row)
            continue
        mark = hash(same_mailbox(row.email))
        repeated += mark in seen
        seen.add(mark)
    return shown, faulty, repeated


def _good_rows(file: BinaryIO) -> Iterator[Row]:
    """Each mailbox once, as it stands first."""
    seen: set[int] = set()
    for row in _rows(file):
        if isinstance(row, Row) and (mark := hash(same_mailbox(row.email))) not in seen:
            seen.add(mark)
            yield row


def _rows(file: BinaryIO) -> Iterator[Row | Problem]:
    """Every row that has something in it, from the start of the file."""
    with closing(_opened(file)) as text:
        first = text.readline()
        text.seek(0)
        csv.field_size_limit(min(LONGEST_CELL, sys.maxsize))
        reader = csv.reader(text, delimiter=_delimiter(first), strict=True)
        email, name = _columns(_header(reader))
        yield from _checked(reader, email, name)


def _checked(reader: Reader, email: int, name: int | None) -> Iterator[Row | Problem]:
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except (csv.Error, UnicodeDecodeError) as error:
            yield Problem(path="", line=line, message=f"the row cannot be read: {error}")
            if isinstance(error, UnicodeDecodeError):
                return
            continue
        if cells is None:
            return
        if line > MAX_ROWS:
            yield Problem(path="", line=line, message=f"more than {MAX_ROWS:,} rows")
            return
        if any(cell.strip() for cell in cells):
            yield _row(cells, line, email, name)


def _row(cells: list[str], line: int, email: int, name: int | None) -> Row | Problem:
    path = "email"
    try:
        address = mail_address(_plain(_cell(cells, email)))
        path = "name"
        called = reader_name(_plain(_cell(cells, name)))
    except ValueError as error:
        return Problem(path=path, line=line, message=str(error))
    return Row(line=line, email=address, name=called)


def _cell(cells: list[str], place: int | None) -> str:
    return cells[place] if place is not None and place < len(cells) else ""


def _plain(cell: str) -> str:
    """A cell without the mark that `guarded` put before it."""
    cell = cell.strip(" ")
    return cell[1:] if cell.startswith(GUARD) and cell[1:].startswith(FORMULA) else cell


def _header(reader: Iterable[list[str]]) -> list[str]:
    try:
        return next(iter(reader), [])
    except csv.Error as error:
        raise _no_table(f"its first line cannot be read: {error}") from error


def _columns(header: list[str]) -> tuple[int, int | None]:
    names = [" ".join(cell.replace("_", " ").split()).lower() for cell in header]
    emails = [place for place, name in enumerate(names) if name in EMAIL_NAMES]
    called = [place for place, name in enumerate(names) if name in NAME_NAMES]
    if len(emails) != 1 or len(called) > 1:
        listed = ", ".join(repr(name[:40]) for name in names[:10]) or "nothing"
        raise _no_table(f"its first line names {listed} and not one column email")
    return emails[0], called[0] if called else None


def _delimiter(first: str) -> str:
    """The one that stands most often in the first line; a comma where none does."""
    return max(DELIMITERS, key=lambda it: (first.count(it), it == ","))


def _opened(file: BinaryIO) -> io.TextIOWrapper:
    file.seek(0)
    encoding = _encoding(file)
    file.seek(0)
    return _Kept(file, encoding=encoding, newline="")


class _Kept(io.TextIOWrapper):
    """Leaves the file open when it is closed: it is read again."""

    def close(self) -> None:
        """Let go of the file."""
        self.detach()


def _encoding(file: BinaryIO) -> str:
    """UTF-8 where the whole file is, else Windows's Western one, which old spreadsheets write."""
    decoder, size = codecs.getincrementaldecoder("utf-8")(), 0
    plain = True
    while part := file.read(1 << 20):
        size += len(part)
        if size > MAX_BYTES:
            raise _no_table(f"it is larger than {MAX_BYTES // 1_000_000} MB")
        if b"\0" in part:
            raise _no_table("it is no text in UTF-8: save it as CSV (UTF-8), not as a workbook")
        try:
            decoder.decode(part)
        except UnicodeDecodeError:
            plain = False
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        plain = False
    return "utf-8-sig" if plain else "cp1252"


def _no_table(why: str) -> DocumentInvalid:
    problem = Problem(
        path="", message=why, allowed="a header with email, and name", example=EXAMPLE
    )
    return DocumentInvalid("The file is no list of subscribers:", [problem])


def _refusal(problems: list[Problem], faulty: int) -> DocumentInvalid:
    more = faulty - len(problems)
    rest = [Problem(path="", message=f"and {more} more rows with a problem")] if more else []
    rows = "1 row" if faulty == 1 else f"{faulty} rows"
    return DocumentInvalid(
        f"{rows} cannot be used; nothing was imported:",
        [*problems, *rest],
        hint="Mend them, or import the others with --skip-faulty.",
    )
