"""A store that was copied, moved or put back sends nothing until a person says so."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from service.conftest import Clock
from sqlalchemy import text

from autopilot.service.attendance import arrive
from autopilot.service.context import App
from autopilot.service.sending_guard import (
    allow_sending,
    may_send,
    note_sending,
    stop_sending,
    why_not,
)
from autopilot.store import sending

NewApp = Callable[..., App]


def file_of(app: App) -> Path:
    return Path(app.settings.database_url.removeprefix("sqlite:///"))


def is_sqlite(app: App) -> bool:
    return not app.database.is_postgres


@pytest.fixture
def sqlite(new_store: Callable[[str], str], new_app: NewApp) -> App:
    app = new_app(new_store("sqlite"))
    assert may_send(app) is None
    assert note_sending(app)
    return app


def moved(app: App, new_app: NewApp, folder: Path, *, mark: bool, move: bool = False) -> App:
    """What another machine or folder has after a copy or a move."""
    app.close()
    folder.mkdir()
    file = file_of(app)
    take = shutil.move if move else shutil.copy2
    for name in (file.name, *([f"{file.name}.sending"] if mark else [])):
        take(file.with_name(name), folder / name)
    return new_app(f"sqlite:///{folder / file.name}")


def test_an_empty_store_may_send_and_is_remembered(app: App) -> None:
    assert may_send(app) is None
    with app.database.read() as connection:
        row = sending.get_sending(connection)
    assert row is not None
    assert row.allowed
    assert row.place
    assert may_send(app) is None
    assert why_not(app) is None


def test_a_second_worker_and_a_later_start_may_send_too(app: App, new_app: NewApp) -> None:
    assert may_send(app) is None
    for _ in range(5):
        assert note_sending(app)
    assert may_send(new_app()) is None


def test_whoever_comes_first_at_once_all_may_send(app: App, new_app: NewApp) -> None:
    apps = [app, *(new_app() for _ in range(7))]
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(may_send, apps))
        counted = list(pool.map(note_sending, apps * 5))
        after = list(pool.map(may_send, apps))
    assert told == [None] * 8
    assert counted == [True] * 40
    assert after == [None] * 8


@pytest.mark.parametrize("mark", [False, True], ids=["the file alone", "its whole folder"])
def test_a_copied_file_does_not_send_until_allowed(
    sqlite: App, new_app: NewApp, tmp_path: Path, events: list[Any], mark: bool
) -> None:
    copy = moved(sqlite, new_app, tmp_path / "elsewhere", mark=mark)
    told = may_send(copy)
    assert told is not None
    assert "copy" in told
    assert "autopilot sending allow" in told
    assert [event["log_level"] for event in events] == ["warning"]
    assert may_send(copy) == told == why_not(copy)
    assert not note_sending(copy)
    assert may_send(sqlite) is None  # the original goes on
    assert allow_sending(copy, actor="cli:ann")
    assert may_send(copy) is None
    assert not allow_sending(copy, actor="cli:ann")
    assert len(events) == 1


def test_a_file_moved_with_its_mark_goes_on(sqlite: App, new_app: NewApp, tmp_path: Path) -> None:
    there = moved(sqlite, new_app, tmp_path / "moved", mark=True, move=True)
    assert may_send(there) is None


@pytest.mark.parametrize("how", ["in place", "by name"])
def test_an_older_backup_in_its_place_does_not_send(
    sqlite: App, new_app: NewApp, tmp_path: Path, how: str
) -> None:
    file, old = file_of(sqlite), tmp_path / "old.db"
    sqlite.close()
    shutil.copy(file, old)
    assert note_sending(sqlite)
    sqlite.close()
    if how == "in place":
        file.write_bytes(old.read_bytes())
    else:
        old.replace(file)
    back = new_app(f"sqlite:///{file}")
    told = may_send(back)
    assert told is not None
    assert allow_sending(back, actor="cli:ann")
    assert may_send(back) is None


def test_a_store_copied_before_it_ever_sent_is_noticed_once_a_worker_was_there(
    new_store: Callable[[str], str], new_app: NewApp, tmp_path: Path
) -> None:
    app = new_app(new_store("sqlite"))
    arrive(app)
    assert may_send(moved(app, new_app, tmp_path / "copy", mark=False)) is not None


def test_a_dump_read_into_another_database_does_not_send(
    new_store: Callable[[str], str], new_app: NewApp
) -> None:
    app, other = new_app(new_store("postgresql")), new_app(new_store("postgresql"))
    assert may_send(app) is None
    with app.database.read() as connection:
        row = sending.get_sending(connection)
    assert row is not None
    with other.database.begin() as connection:
        sending.put_sending(connection, row)
    told = may_send(other)
    assert told is not None
    assert "copy of database" in told


def test_a_dump_read_anew_into_the_same_database_does_not_send(
    new_store: Callable[[str], str], new_app: NewApp
) -> None:
    app = new_app(new_store("postgresql"))
    assert may_send(app) is None
    with app.database.begin() as connection:
        connection.execute(text("CREATE TABLE autopilot.anew AS TABLE autopilot.sending"))
        connection.execute(text("DROP TABLE autopilot.sending"))
        connection.execute(text("ALTER TABLE autopilot.anew RENAME TO sending"))
    assert may_send(app) is not None


def test_a_database_put_back_in_time_does_not_send(app: App) -> None:
    assert may_send(app) is None
    for _ in range(3):
        assert note_sending(app)
    with app.database.begin() as connection:
        connection.execute(sending.sending.update().values(generation=1))
    told = may_send(app)
    assert told is not None
    assert "earlier time" in told


def test_stopping_and_allowing_are_kept_with_who_did_it(app: App, clock: Clock) -> None:
    assert stop_sending(app, reason="the relay is being changed", actor="cli:ann")
    assert not stop_sending(app, reason="again", actor="cli:bob")
    told = may_send(app)
    assert told is not None
    assert "the relay is being changed" in told
    assert allow_sending(app, actor="cli:ann")
    with app.database.read() as connection:
        lines = connection.execute(
            text(f"SELECT actor, action FROM {_table(app, 'audit_log')} ORDER BY action")
        ).all()
    assert [tuple(line) for line in lines] == [
        ("cli:ann", "sending.allowed"),
        ("cli:ann", "sending.stopped"),
    ]


def _table(app: App, name: str) -> str:
    return name if is_sqlite(app) else f"autopilot.{name}"
