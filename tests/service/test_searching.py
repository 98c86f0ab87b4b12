"""Searching issues: on both engines the same, harmless whatever is typed, never another workspace's."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from service.conftest import Clock
from sqlalchemy import delete, select, text
from store.rows import NOW, SPECIFICATION, WORKSPACE, put

from autopilot.domain.access import LOCAL, Grant, Principal, Role
from autopilot.errors import InputRefused, NotFound
from autopilot.service.access.reach import Reach
from autopilot.service.backup.drill import drill
from autopilot.service.backup.making import make_backup
from autopilot.service.backup.restoring import restore
from autopilot.service.context import App
from autopilot.service.searching import FARTHEST, Found, Piece, search_issues
from autopilot.store import dump, issue_texts, issues, migrate, tables
from autopilot.store.database import Database, open_database
from autopilot.store.issue_texts import LONGEST_STORIES

OTHER = UUID(int=99)
Stories = list[tuple[str, str]]


def documents(stories: Stories) -> list[issues.StoryRow]:
    return [
        issues.StoryRow(key=f"example.org/{number}", document={"title": title, "summary": summary})
        for number, (title, summary) in enumerate(stories)
    ]


def add(
    database: Database,
    subject: str,
    intro: str = "",
    stories: Stories | None = None,
    *,
    workspace_id: UUID = WORKSPACE,
    specification_id: UUID = SPECIFICATION,
    at: datetime = NOW,
) -> UUID:
    """Adds an issue as a run does, with the run."""
    run_id, own = uuid4(), {"workspace_id": workspace_id, "specification_id": specification_id}
    with database.begin() as connection:
        manual = {"trigger": "manual", "scheduled_for": None, "autopilot_schedule_id": None}
        put(connection, "newsletter_runs", id=run_id, **own, **manual)
        issue = issues.IssueRow(
            id=uuid4(),
            **own,
            run_id=run_id,
            scheduled_for=None,
            status="approved",
            subject=subject,
            preheader="",
            writer="extractive",
            html_sha256="0" * 64,
            text_sha256="1" * 64,
            created_at=at,
            intro=intro,
        )
        issues.add_issue(connection, issue, documents(stories or []))
    return issue.id


@pytest.fixture
def energy(new_app: Callable[..., App]) -> App:
    """Two workspaces with a specification each, and no issue yet."""
    app = new_app(AUTOPILOT_SECRET_KEY="a key of the tests, long enough to be one")
    with app.database.begin() as connection:
        for each, slug in ((WORKSPACE, "acme"), (OTHER, "other")):
            put(connection, "workspaces", id=each, slug=slug)
        for each, of in ((SPECIFICATION, WORKSPACE), (OTHER, OTHER)):
            category = {"id": "grid", "name": "Grid", "keywords": ["grid"]}
            document = {"slug": "energy", "name": "Energy", "categories": [category]}
            put(
                connection,
                "newsletter_specifications",
                id=each,
                workspace_id=of,
                document=document | {"cadence": "weekly"},
            )
    return app


def found(app: App, words: str, workspace_id: UUID = WORKSPACE, **how: Any) -> list[str]:
    """The subjects of what is found, the best first."""
    listed = search_issues(Reach(app, LOCAL), workspace_id, words, **how)
    return [each.issue.subject for each in listed.items]


def only(app: App, words: str) -> Found:
    (hit,) = search_issues(Reach(app, LOCAL), WORKSPACE, words).items
    return hit


def matches(pieces: tuple[Piece, ...]) -> list[str]:
    return [piece.text for piece in pieces if piece.is_match]


def test_words_are_found_in_subject_introduction_and_stories(energy: App) -> None:
    add(energy.database, "Grid news", "Calm week", [("Storm over Kiel", "Cables held")])
    for word in ("grid", "CALM", "storm", "cables", "held kiel grid"):
        assert found(energy, word) == ["Grid news"], word
    assert found(energy, "grid battery") == []


def test_a_word_is_the_beginning_of_longer_ones_and_a_short_one_is_whole(energy: App) -> None:
    add(energy.database, "Interconnectors open", "An EU rule")
    assert found(energy, "inter") == found(energy, "eu") == ["Interconnectors open"]
    assert found(energy, "connectors") == found(energy, "in") == []


def test_the_best_come_first_and_of_equal_ones_the_newest(energy: App) -> None:
    filler = " ".join(f"word{n}" for n in range(200))
    add(energy.database, "Weekly", "", [("Market", f"{filler} hydrogen")])
    add(energy.database, "Hydrogen takes off", "", [("Market", filler)])
    assert found(energy, "hydrogen") == ["Hydrogen takes off", "Weekly"]
    add(energy.database, "Same", "solar", at=NOW)
    add(energy.database, "Same", "solar", at=NOW + timedelta(days=7))
    listed = search_issues(Reach(energy, LOCAL), WORKSPACE, "solar").items
    assert [each.issue.created_at for each in listed] == [NOW + timedelta(days=7), NOW]


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Müller baut in Łódź", "muller"),
        ("Muller", "MÜLLER"),
        ("CO2-Preis steigt", "co2 preis"),
        ("CO2-Preis steigt", "co2-preis"),
        ("see www.example.org/energy-week", "example energy"),
        ("bob@example.org wrote", "example.org"),
        ("Энергия Ёлка", "елка"),
        ("ΕΝΈΡΓΕΙΑ", "ενεργεια"),
        ("snake_case_name", "case"),
        ("price: 1.50 EUR", "1.50"),
        ("Öl – Gas—Kohle", "gas kohle"),
        ("R&D <b>bold</b> &amp; more", "bold more"),
    ],
)
def test_accents_capitals_and_signs_do_not_matter(energy: App, written: str, typed: str) -> None:
    add(energy.database, written)
    add(energy.database, "something else", "entirely")
    assert found(energy, typed) == [written]


HOSTILE = [
    '"',
    "'",
    '"grid',
    "grid*",
    "grid AND",
    "NOT grid",
    "grid OR battery)",
    "NEAR(grid battery, 2)",
    "subject:grid",
    "^grid",
    "grid & !battery | (",
    "'; DROP TABLE issues; --",
    "grid:*",
    "\\",
    "%_",
    "\x00grid\x00",
    "\ud800 grid",
    "{grid}",
    "a" * 50_000,
    "word " * 5_000,
    "$1 :name %(x)s {0}",
    "🙂 ⚡",
]


@pytest.mark.parametrize("typed", HOSTILE, ids=[repr(it[:20]) for it in HOSTILE])
def test_whatever_is_typed_is_harmless(energy: App, typed: str) -> None:
    add(energy.database, "grid and battery near not or drop table issues name x")
    assert len(found(energy, typed)) <= 1
    assert found(energy, "grid") != []


def test_noise_is_harmless(energy: App) -> None:
    add(energy.database, "grid")
    dice = random.Random(7)
    signs = "\"'*()^:&|!<->-+~{}[]%_\\; \t\n\x00gridANDORNOTNEAR0ü\u0301\u200b日"
    for _ in range(150):
        found(energy, "".join(dice.choice(signs) for _ in range(dice.randint(0, 40))))


def test_text_without_a_word_finds_nothing(energy: App) -> None:
    add(energy.database, "grid")
    assert found(energy, "") == found(energy, "  -- '") == []


def test_another_workspace_is_never_looked_into(energy: App) -> None:
    add(energy.database, "Ours is secret")
    add(energy.database, "Theirs is secret", workspace_id=OTHER, specification_id=OTHER)
    assert found(energy, "secret") == ["Ours is secret"]
    viewer = Principal(name="v", grants={WORKSPACE: Grant(role=Role.VIEWER)})
    with pytest.raises(NotFound):
        search_issues(Reach(energy, viewer), OTHER, "secret")
    with pytest.raises(NotFound):
        search_issues(Reach(energy, viewer), WORKSPACE, "secret", specification_id=OTHER)
    with pytest.raises(NotFound):
        found(energy, "secret", specification_id=OTHER)


def test_a_search_is_narrowed_by_specification_and_time(energy: App) -> None:
    add(energy.database, "grid old", at=datetime(2025, 1, 1, tzinfo=UTC))
    add(energy.database, "grid new")
    assert found(energy, "grid", since=NOW) == ["grid new"]
    assert found(energy, "grid", until=NOW) == ["grid old"]
    assert len(found(energy, "grid", specification_id=SPECIFICATION)) == 2


def test_results_come_a_page_at_a_time(energy: App) -> None:
    for number in range(5):
        add(energy.database, f"grid {number}", at=NOW + timedelta(days=number))
    reach, seen, after = Reach(energy, LOCAL), [], None
    for _ in range(3):
        page = search_issues(reach, WORKSPACE, "grid", after=after, limit=2)
        seen += [each.issue.subject for each in page.items]
        after = page.next
    assert after is None
    assert seen == [f"grid {number}" for number in (4, 3, 2, 1, 0)]
    for forged in (("-1",), ("x",), (str(FARTHEST),), ("9" * 40,), ("1", "2"), ()):
        with pytest.raises(InputRefused):
            search_issues(reach, WORKSPACE, "grid", after=forged)


def test_the_place_is_shown_as_plain_text(energy: App) -> None:
    long = "filler " * 60
    add(
        energy.database,
        "<script>alert(1)</script> Überblick",
        "",
        [("First", long), ("Turbines", f"{long}offshore <b>wind</b> grows, überall wind{long}")],
    )
    hit = only(energy, "uber wind")
    assert "".join(piece.text for piece in hit.subject) == hit.issue.subject
    assert matches(hit.subject) == ["Überblick"]
    told = "".join(piece.text for piece in hit.excerpt)
    assert "<b>wind</b>" in told
    assert told.startswith("…")
    assert told.endswith("…")
    assert len(told) < 260
    assert matches(hit.excerpt)[0] == "wind"
    assert only(energy, "uberblick").excerpt == ()


def test_an_edited_issue_is_found_by_what_it_says_now(energy: App) -> None:
    identity = add(energy.database, "Before", "old words", [("Ancient", "story")])
    with energy.database.begin() as connection:
        seen = issues.get_issue(connection, identity)
        assert seen is not None
        issues.move_issue(connection, seen, replace(seen, subject="After", intro="fresh"))
        issues.replace_stories(connection, identity, documents([("Modern", "tale")]))
    assert found(energy, "after fresh modern tale") == ["After"]
    for word in ("before", "old", "ancient", "story"):
        assert found(energy, word) == [], word


def test_what_is_rolled_back_is_not_found(energy: App) -> None:
    class Broken(Exception):
        pass

    identity = add(energy.database, "Stays")

    def break_off() -> None:
        with energy.database.begin() as connection:
            issues.replace_stories(connection, identity, documents([("Vanishes", "")]))
            raise Broken

    with pytest.raises(Broken):
        break_off()
    assert found(energy, "vanishes") == []
    assert found(energy, "stays") == ["Stays"]


@pytest.mark.parametrize("table", ["issues", "newsletter_runs", "workspaces"])
def test_deleted_issues_are_gone_from_the_index_too(energy: App, table: str) -> None:
    add(energy.database, "Gone grid")
    with energy.database.begin() as connection:
        connection.execute(delete(tables.metadata.tables[table]))
        assert connection.execute(select(tables.issue_texts)).all() == []
        if not energy.database.is_postgres:
            hits = "SELECT count(*) FROM issue_search WHERE issue_search MATCH 'grid'"
            assert connection.scalar(text(hits)) == 0
            connection.execute(
                text("INSERT INTO issue_search (issue_search, rank) VALUES ('integrity-check', 1)")
            )


def test_very_long_issues_can_be_stored_and_found_by_their_beginning(energy: App) -> None:
    words = " ".join(f"w{n}" for n in range(200_000))
    foreign = "".join(chr(0x4E00 + n % 20_000) + " " for n in range(300_000))
    add(energy.database, "s" * 100_000, words, [("Start", words), ("End", "unreachable")])
    add(energy.database, "Foreign", foreign, [("", foreign)])
    assert len(found(energy, "w7")) == 1
    assert found(energy, "unreachable") == []
    with energy.database.read() as connection:
        longest = connection.scalars(select(tables.issue_texts.c.stories)).all()
    assert 0 < max(map(len, longest)) <= LONGEST_STORIES


def all_words(app: App) -> dict[UUID, tuple[Any, ...]]:
    """What is indexed of each issue, however many blanks are between the words."""
    table = tables.issue_texts
    with app.database.read() as connection:
        rows = connection.execute(select(table)).all()
    texts = {row.issue_id: (row.subject, row.intro, row.stories) for row in rows}
    return {
        row.issue_id: (*(text.split() for text in texts[row.issue_id]), row.words) for row in rows
    }


@pytest.mark.parametrize("by", ["program", "script"])
def test_issues_from_before_the_migration_are_found_as_new_ones_are(energy: App, by: str) -> None:
    if by == "script" and not energy.database.is_postgres:
        pytest.skip("the script is PostgreSQL's")
    add(energy.database, "Müller’s CO2-Preis", "Łódź & Kiel", [("Öl, Gas", "Ёлка"), ("Two", "")])
    add(energy.database, "Second", "", [])
    add(energy.database, "ΕΝΈΡΓΕΙΑ 1.50€", "bob@example.org/a_b?c=d", [("R&D <b>", "x—y “z”")])
    written = all_words(energy)
    with energy.database.begin() as connection:
        inside = "autopilot." if energy.database.is_postgres else ""
        for later in ("last_tick_seconds", "slowest_tick_seconds", "slowest_tick_at"):
            connection.execute(text(f"ALTER TABLE {inside}workers DROP COLUMN {later}"))
        connection.execute(text(f"DROP TABLE {inside}issue_texts"))
        if not energy.database.is_postgres:
            connection.execute(text("DROP TABLE issue_search"))
        connection.execute(text(f"UPDATE {inside}alembic_version SET version_num = '0008'"))
    if by == "program":
        assert migrate.migrate(energy.database).before == "0008"
    else:
        import psycopg

        address = energy.database.engine.url.set(drivername="postgresql")
        target = address.render_as_string(hide_password=False)
        with psycopg.connect(target, autocommit=True) as connection_:
            connection_.execute(migrate.script().encode())
    assert all_words(energy) == written
    for word in ("muller", "co2 preis", "lodz", "елка", "ενεργεια", "example", "two"):
        expected = 0 if word == "lodz" else 1  # "Ł" is a letter of its own, on both
        assert len(found(energy, word)) == expected, word


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_restored_store_can_be_searched(
    energy: App, engine: str, new_store: Callable[[str], str], tmp_path: Path, clock: Clock
) -> None:
    add(energy.database, "Grid of Kiel", "", [("Story", "of cables")])
    with energy.database.begin() as connection:  # no content: it is the rows that matter here
        file = tmp_path / "backup.bin"
    assert make_backup(energy, file).rows.get("issue_texts") is None
    assert "issue_texts" not in {table.name for table in dump.dumped_tables()}
    problems = drill(energy, file).problems
    assert all("content" in problem for problem in problems), problems
    with closing(open_database(new_store(engine))) as target:
        there = replace(energy, database=target)
        for force in (False, True):
            restore(there, file, actor="ann", force=force)
            assert found(there, "cables kiel") == ["Grid of Kiel"]
        with target.begin() as connection:
            assert issue_texts.fill_texts(connection) == 0
