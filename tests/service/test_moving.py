"""A store copied to another database is the same store, row by row, or is told not to be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from service.conftest import MONDAY_NINE, WEEK, Clock
from service.filled import contents, fill
from sqlalchemy import delete, insert, select, text, update
from store.rows import put

from autopilot.adapters.artifacts import FolderArtifacts
from autopilot.domain.access import LOCAL
from autopilot.errors import Conflict, NotFound, SchemaMismatch
from autopilot.service.access.reach import Reach
from autopilot.service.attendance import arrive
from autopilot.service.context import App
from autopilot.service.moving.admission import admit_place
from autopilot.service.moving.copying import Step, copy_store
from autopilot.service.searching import search_issues
from autopilot.service.sending_guard import allow_sending, may_send
from autopilot.service.tick import tick
from autopilot.settings import load_settings
from autopilot.store import dump, transfer
from autopilot.store.artifacts import DatabaseArtifacts
from autopilot.store.tables import metadata
from autopilot.wiring import open_store

NewStore = Callable[[str], str]
Other = Callable[[str], App]
ANN = "cli:ann"
tables = metadata.tables


@pytest.fixture
def full(energy: App, clock: Clock) -> App:
    fill(energy, clock)
    return energy


@pytest.fixture
def other(full: App, new_store: NewStore, tmp_path: Path, clock: Clock) -> Iterator[Other]:
    """Makes stores with tables and nothing in them, with a data folder of their own."""
    made: list[App] = []

    def make(engine: str) -> App:
        folder = tmp_path / f"other-{len(made)}"
        environ = {
            "AUTOPILOT_DATA_DIR": str(folder),
            "AUTOPILOT_DATABASE_URL": new_store(engine),
            "AUTOPILOT_ALLOW_HOSTS": ",".join(full.settings.allow_hosts),
        }
        settings = load_settings(environ)
        store = open_store(settings)
        kept: Any = DatabaseArtifacts(store) if store.is_postgres else None
        kept = kept or FolderArtifacts(folder / "artifacts")
        made.append(replace(full, settings=settings, database=store, artifacts=kept))
        return made[-1]

    yield make
    for app in made:
        app.close()


ENGINES = pytest.mark.parametrize("engine", ["sqlite", "postgresql"])


@ENGINES
def test_every_row_and_content_arrives_on_either_database(
    full: App, other: Other, engine: str
) -> None:
    target, steps = other(engine), list[Step]()
    before = contents(full)
    assert all(before.values()), [name for name, rows in before.items() if not rows]
    copied = copy_store(full, target, actor=ANN, on_step=steps.append)
    assert (copied.differences, copied.lost, copied.resumed) == ((), (), False)
    assert copied.rows == {name: len(rows) for name, rows in before.items()}
    after = contents(target)
    assert [row for row in after["audit_log"] if "store.copied" in row]
    after["audit_log"] = [row for row in after["audit_log"] if "store.copied" not in row]
    assert after == before == contents(full)
    assert {step.deed for step in steps} == {"copy", "compare"}
    with full.database.read() as connection:
        names = [name for name, _ in dump.referred_artifacts(connection)]
    assert len(names) == copied.artifacts == 3
    for name in names:
        assert target.artifacts.get(name) == full.artifacts.get(name)


@ENGINES
def test_the_copy_works_once_it_may_send(
    full: App, other: Other, engine: str, clock: Clock
) -> None:
    target = other(engine)
    copy_store(full, target, actor=ANN)
    told = may_send(target)
    assert told is not None
    assert "it was copied from" in told
    assert allow_sending(target, actor=ANN)
    assert may_send(target) is may_send(full) is None
    with target.database.read() as connection:
        issue = connection.execute(select(tables["issues"])).one()
    found = search_issues(Reach(target, LOCAL), issue.workspace_id, "interconnector").items
    assert [hit.issue.id for hit in found] == [issue.id]
    clock.now = MONDAY_NINE + WEEK
    (run,) = tick(target, now=clock.now).runs
    assert run.scheduled_for == clock.now


class Unplugged(Exception):
    """The copy ends here."""


def unplug_at(number: int) -> Callable[[Step], None]:
    left = iter(range(number))

    def step(_step: Step) -> None:
        if next(left, None) is None:
            raise Unplugged

    return step


@ENGINES
def test_a_copy_that_broke_off_anywhere_goes_on(
    full: App, other: Other, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "AT_ONCE", 2)
    monkeypatch.setattr(transfer, "AT_ONCE_WITH_CONTENT", 1)
    target, tries, copied = other(engine), 0, None
    while copied is None:
        try:
            copied = copy_store(full, target, actor=ANN, on_step=unplug_at(4 * tries + 1))
        except Unplugged:
            tries += 1
            told = may_send(target)
            assert told is not None
            assert "it is being copied from" in told
    assert tries > 10
    assert copied.resumed
    assert copied.differences == ()
    before, after = contents(full), contents(target)
    after["audit_log"] = [row for row in after["audit_log"] if "store.copied" not in row]
    assert after == before


def broken_off(full: App, target: App) -> None:
    """A copy whose rows are all there, and which was not compared yet."""

    def step(step: Step) -> None:
        if step.deed == "compare":
            raise Unplugged

    with pytest.raises(Unplugged):
        copy_store(full, target, actor=ANN, on_step=step)


@ENGINES
def test_rows_that_are_not_the_sources_are_named(full: App, other: Other, engine: str) -> None:
    target = other(engine)
    broken_off(full, target)
    with target.database.begin() as connection:
        subscriber = connection.execute(select(tables["subscribers"].c.id)).scalar_one()
        connection.execute(update(tables["subscribers"]).values(name="Zoe"))
        connection.execute(update(tables["run_steps"]).values(output=b"other"))
        connection.execute(delete(tables["usage"]))  # comes back
        stranger = uuid4()
        put(connection, "audit_log", id=stranger, workspace_id=None)
    copied = copy_store(full, target, actor=ANN)
    assert copied.resumed
    told = [str(each) for each in copied.differences]
    assert f"subscribers, id {subscriber}: not the same in name" in " | ".join(told)
    assert f"audit_log, id {stranger}: not in the source" in told
    assert any("run_steps, run_id " in line and "in output" in line for line in told)
    assert not any(line.startswith("usage") for line in told)
    reason = may_send(target)
    assert reason is not None
    assert "it is being copied from" in reason
    assert copy_store(full, target, actor=ANN, anew=True).differences == ()


def test_a_source_that_changed_meanwhile_is_told(full: App, other: Other) -> None:
    target = other("sqlite")
    broken_off(full, target)
    with full.database.begin() as connection:
        connection.execute(update(tables["workspaces"]).values(name="Another"))
        connection.execute(delete(tables["notices"]))
    told = " | ".join(map(str, copy_store(full, target, actor=ANN).differences))
    assert "not the same in name, updated_at" in told
    assert "notices, id " in told


def test_a_store_with_anything_in_it_is_refused(full: App, other: Other) -> None:
    target = other("postgresql")
    with target.database.begin() as connection:
        connection.execute(insert(tables["users"]).values(id=uuid4(), email="a@example.org"))
    with pytest.raises(Conflict, match="is not empty"):
        copy_store(full, target, actor=ANN)
    with pytest.raises(Conflict, match="is not empty"):
        copy_store(full, target, actor=ANN, anew=True)
    with target.database.read() as connection:
        counted = transfer.count_rows(connection, transfer.moved_tables())
    assert sum(counted.values()) == 1


def test_a_whole_copy_is_not_copied_over(full: App, other: Other) -> None:
    target = other("sqlite")
    copy_store(full, target, actor=ANN)
    for anew in (False, True):
        with pytest.raises(Conflict, match="is not empty"):
            copy_store(full, target, actor=ANN, anew=anew)


def test_a_part_of_another_stores_copy_is_never_mixed_with(
    full: App, other: Other, new_store: NewStore
) -> None:
    target = other("postgresql")
    broken_off(full, target)
    third = other("sqlite")
    with pytest.raises(Conflict, match="part of a copy of another store"):
        copy_store(third, target, actor=ANN)
    assert copy_store(third, target, actor=ANN, anew=True).all_rows == 0


def test_stores_that_somebody_works_on_are_refused(full: App, other: Other) -> None:
    target = other("sqlite")
    arrive(full)
    with pytest.raises(Conflict, match="at work on the store to copy from") as told:
        copy_store(full, target, actor=ANN)
    assert "--while-running" in str(told.value.hint)
    assert copy_store(full, target, actor=ANN, while_running=True).differences == ()
    busy = other("sqlite")
    arrive(busy)
    with pytest.raises(Conflict, match="at work on the store to copy to"):
        copy_store(full, busy, actor=ANN, while_running=True)


def test_a_store_is_not_copied_into_itself(full: App) -> None:
    with pytest.raises(Conflict, match="the same store"):
        copy_store(full, replace(full), actor=ANN)


def test_a_source_of_another_version_is_refused(full: App, other: Other) -> None:
    table = "autopilot.alembic_version" if full.database.is_postgres else "alembic_version"
    for revision, told in (("0001", "cannot be used yet"), ("9999", "newer than this program")):
        with full.database.begin() as connection:
            connection.execute(text(f"UPDATE {table} SET version_num = '{revision}'"))
        with pytest.raises(SchemaMismatch, match=told):
            copy_store(full, other("sqlite"), actor=ANN)


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "none" / "autopilot.db"
    with pytest.raises(NotFound, match="no store to copy from"):
        admit_place(load_settings({"AUTOPILOT_DATABASE_URL": f"sqlite:///{file}"}))
    assert not file.parent.exists()


def test_a_row_that_postgresql_does_not_take_is_named(full: App, other: Other) -> None:
    if full.database.is_postgres:
        pytest.skip("only SQLite keeps such a text")
    notice = uuid4()
    with full.database.begin() as connection:
        values = connection.execute(select(tables["notices"])).one()._asdict()
        connection.execute(
            insert(tables["notices"]).values(values | {"id": notice, "message": "\0"})
        )
    target = other("postgresql")
    with pytest.raises(Conflict, match=f"The row id {notice} of notices is not taken"):
        copy_store(full, target, actor=ANN)
    with full.database.begin() as connection:
        connection.execute(delete(tables["notices"]).where(tables["notices"].c.id == notice))
    assert copy_store(full, target, actor=ANN).differences == ()


def test_content_that_the_source_has_lost_keeps_nothing_back(
    full: App, other: Other, tmp_path: Path
) -> None:
    with full.database.begin() as connection:
        connection.execute(update(tables["issues"]).values(draft_sha256="f" * 64))
    copied = copy_store(full, other("sqlite"), actor=ANN)
    assert copied.lost == ("f" * 64,)
    assert (copied.artifacts, copied.differences) == (2, ())
