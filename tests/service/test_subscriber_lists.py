"""Lists of subscribers as files: what spreadsheets write is read, all or nothing, and comes back."""

from __future__ import annotations

import io
import time
import tracemalloc

import pytest
from service.conftest import apply, document

from autopilot.domain.subscriber import SubscriberStatus, SuppressionReason, reader_name
from autopilot.errors import Conflict, DocumentInvalid, InputRefused, NotFound
from autopilot.service.context import App
from autopilot.service.lookup import specification_named
from autopilot.service.subscriber_lists import Imported, export_csv, guarded, import_csv
from autopilot.service.subscribers import (
    add_subscriber,
    allow_address,
    count_subscribers,
    each_subscriber,
    list_suppressions,
    remove_subscriber,
    suppress_address,
)
from autopilot.store.specifications import SpecificationRow


@pytest.fixture
def energy(app: App) -> SpecificationRow:
    apply(app, document().split("    schedules:")[0])
    return specification_named(app, "energy")


def imported(app: App, energy: SpecificationRow, content: bytes, **how: bool) -> Imported:
    return import_csv(app, energy, io.BytesIO(content), actor="test", **how)


def people(app: App, energy: SpecificationRow) -> dict[str, str]:
    return {each.email: each.name for each in each_subscriber(app, energy.id)}


def exported(app: App, energy: SpecificationRow) -> str:
    out = io.StringIO()
    export_csv(app, energy, out)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        "email,name\nann@example.org,Ann Löwe\nbo@example.org,\n".encode(),
        "email;name\r\nann@example.org;Ann Löwe\r\nbo@example.org;\r\n".encode("utf-8-sig"),
        "Name;E-Mail\nAnn Löwe;ann@example.org\n;bo@example.org\n".encode("cp1252"),
        "id\tFull Name\te-mail address\n1\tAnn Löwe\t ann@example.org \n\t\tbo@example.org".encode(),
        '"email","name"\r"ann@example.org","Ann  Lo\u0308we"\r\r"bo@example.org","-"\r'.encode(),
    ],
    ids=["plain", "excel", "old-excel", "tabs", "old-mac"],
)
def test_what_spreadsheets_write_is_read(
    app: App, energy: SpecificationRow, content: bytes
) -> None:
    assert imported(app, energy, content) == Imported(added=2)
    assert people(app, energy) == {"ann@example.org": "Ann Löwe", "bo@example.org": ""}


def test_a_list_is_imported_once_however_often(app: App, energy: SpecificationRow) -> None:
    rows = "email,name\nAnn@EXAMPLE.org,Ann\nann@example.org,Other\nann@bücher.example,\nann@xn--bcher-kva.example,\n"
    assert imported(app, energy, rows.encode()) == Imported(added=2, repeated=2)
    assert people(app, energy) == {"Ann@example.org": "Ann", "ann@bücher.example": ""}
    assert imported(app, energy, rows.encode()) == Imported(known=2, repeated=2)


def test_who_wants_no_mail_stays_off_and_is_counted(app: App, energy: SpecificationRow) -> None:
    rows = b"email\nann@example.org\nbo@example.org\ncy@example.org\n"
    imported(app, energy, rows)
    suppress_address(app, energy.workspace_id, "Ann@example.org", actor="test")
    suppress_address(
        app, energy.workspace_id, "bo@example.org", specification_id=energy.id, actor="test"
    )
    remove_subscriber(app, energy, "bo@example.org", actor="test")
    assert imported(app, energy, rows) == Imported(known=1, suppressed=2)
    counts = count_subscribers(app, energy.id)
    assert counts == {SubscriberStatus.ACTIVE: 1, SubscriberStatus.UNSUBSCRIBED: 1}
    allow_address(app, energy.workspace_id, "bo@example.org", actor="test")
    assert imported(app, energy, rows) == Imported(added=1, known=1, suppressed=1)


def test_every_problem_is_told_with_its_line_and_nothing_is_imported(
    app: App, energy: SpecificationRow
) -> None:
    rows = (
        "email,name\n"
        "ann@example.org,Ann\n"
        "nobody,Bo\n"
        'cy@example.org,"Cy\nBcc: x@example.org"\n'
        "di@example.org,=HYPERLINK(1)\n"
        ",Eve\n"
        "\n"
        f"fay@example.org,{'x' * 201}\n"
        "guy@localhost,\n"
    )
    with pytest.raises(DocumentInvalid) as refused:
        imported(app, energy, rows.encode())
    assert [problem.line for problem in refused.value.problems] == [3, 4, 6, 7, 9, 10]
    assert "6 rows cannot be used; nothing was imported" in refused.value.message
    assert people(app, energy) == {}
    done = imported(app, energy, rows.encode(), skip_faulty=True)
    assert (done.added, done.faulty, len(done.problems)) == (1, 6, 6)


def test_of_many_problems_the_first_are_told_and_the_rest_counted(
    app: App, energy: SpecificationRow
) -> None:
    rows = "email\n" + "wrong\n" * 1_000
    with pytest.raises(DocumentInvalid) as refused:
        imported(app, energy, rows.encode())
    assert len(refused.value.problems) == 21
    assert "980 more" in str(refused.value.problems[-1])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "names nothing"),
        (b"ann@example.org,Ann\nbo@example.org,Bo\n", "not one column email"),
        (b"email,e-mail\na@example.org,b@example.org\n", "not one column email"),
        ("email,name\nann@example.org,Ann".encode("utf-16"), "no text in UTF-8"),
        (b"PK\x03\x04\x00\x00", "no text in UTF-8"),
    ],
    ids=["empty", "no-header", "two-columns", "utf-16", "workbook"],
)
def test_what_is_no_list_is_refused(
    app: App, energy: SpecificationRow, content: bytes, words: str
) -> None:
    with pytest.raises(DocumentInvalid, match=words):
        imported(app, energy, content)


def test_a_row_that_cannot_be_read_is_told(app: App, energy: SpecificationRow) -> None:
    with pytest.raises(DocumentInvalid) as refused:
        imported(app, energy, b'email,name\nann@example.org,"Ann" Lee\nbo@example.org,Bo\n')
    assert refused.value.problems[0].line == 2
    with pytest.raises(DocumentInvalid):
        imported(app, energy, b"email,name\nann@example.org," + b"x" * 20_000)


def test_an_export_is_read_back_and_no_cell_is_a_formula(
    app: App, energy: SpecificationRow
) -> None:
    add_subscriber(app, energy, "=cmd@example.org", name="Ann, Lee", actor="test")
    add_subscriber(app, energy, "+bo@example.org", name='The "Bo"', actor="test")
    text = exported(app, energy)
    for row in text.splitlines():
        assert not row.startswith(("=", "+", "-", "@"))
    before = people(app, energy)
    for address in before:
        remove_subscriber(app, energy, address, actor="test")
    assert imported(app, energy, text.encode()) == Imported(added=2)
    assert people(app, energy) == before
    assert exported(app, energy) != ""


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_a_cell_that_would_be_run_is_shown_as_text(cell: str) -> None:
    assert guarded(cell) == "'" + cell


@pytest.mark.parametrize(
    "name", ["Ann\r\nBcc: x", "Ann\x00", "Ann\u2028Lee", "=1", "@x", "x" * 201]
)
def test_what_no_name_has_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        reader_name(name)


def many_rows(count: int) -> io.BytesIO:
    rows = io.BytesIO()
    rows.write(b"email,name\n")
    for number in range(count):
        rows.write(b"reader%d@example%d.org,Reader %d\n" % (number, number % 500, number))
    return rows


def test_a_hundred_thousand_rows_take_seconds(app: App, energy: SpecificationRow) -> None:
    rows = many_rows(100_000)
    started = time.process_time()
    assert import_csv(app, energy, rows, actor="test") == Imported(added=100_000)
    assert time.process_time() - started < 20  # a few, on a machine that does nothing else


def test_a_long_list_is_not_held_in_memory(app: App, energy: SpecificationRow) -> None:
    rows = many_rows(10_000)
    tracemalloc.start()
    import_csv(app, energy, rows, actor="test")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8_000_000


def test_adding_and_removing_by_hand(app: App, energy: SpecificationRow) -> None:
    assert add_subscriber(app, energy, "ann@example.org", name="Ann", actor="test")
    assert not add_subscriber(app, energy, "ANN@example.org", actor="test")
    with pytest.raises(InputRefused):
        add_subscriber(app, energy, "ann", actor="test")
    with pytest.raises(InputRefused):
        add_subscriber(app, energy, "bo@example.org", name="a\nb", actor="test")
    remove_subscriber(app, energy, "Ann@example.org", actor="test")
    with pytest.raises(NotFound):
        remove_subscriber(app, energy, "ann@example.org", actor="test")
    suppress_address(app, energy.workspace_id, "ann@example.org", actor="test")
    with pytest.raises(Conflict, match="by hand"):
        add_subscriber(app, energy, "ann@example.org", actor="test")
    (kept,) = list_suppressions(app, energy.workspace_id, limit=10)
    assert (kept.mailbox, kept.reason) == ("ann@example.org", SuppressionReason.MANUAL)
    allow_address(app, energy.workspace_id, "ann@example.org", actor="test")
    with pytest.raises(NotFound):
        allow_address(app, energy.workspace_id, "ann@example.org", actor="test")
    assert add_subscriber(app, energy, "ann@example.org", actor="test")
