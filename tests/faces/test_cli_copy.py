"""copy as a person types it: from SQLite to PostgreSQL and back, refused, told, as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from faces.conftest import Autopilot
from sqlalchemy import update

from autopilot.store import tables
from autopilot.store.database import open_database
from autopilot.store.place import place_of


@pytest.fixture
def postgres(postgres_server: Any) -> Any:
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(url)


def test_a_store_moves_to_postgresql_and_back(
    autopilot: Autopilot,
    applied: Path,
    tmp_path: Path,
    postgres: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    autopilot("generate", "energy-weekly")
    exported, issue = autopilot("export").out, autopilot("runs", "list", "--json").json
    here = f"sqlite:///{tmp_path / 'data' / 'autopilot.db'}"
    address = tmp_path / "address"
    address.write_text(postgres)
    ended = autopilot("copy", "--from", here, "--to", str(address))
    assert ended.code == 0, ended.err
    assert "contents were compared: all alike." in ended.out
    assert "Next: autopilot sending allow" in ended.out
    assert "autopilot_test" in ended.out
    again = autopilot("copy", "--from", here, "--to", postgres)
    assert again.code == 3
    assert "is not empty" in again.err
    monkeypatch.setenv("AUTOPILOT_DATABASE_URL", postgres)
    assert autopilot("export").out == exported
    assert autopilot("runs", "list", "--json").json == issue
    assert "off: it was copied from SQLite" in autopilot("status").out
    back = f"sqlite:///{tmp_path / 'back' / 'autopilot.db'}"
    told = autopilot("copy", "--from", postgres, "--to", back, "--json").json
    assert (told["ok"], told["differences"], told["resumed"]) == (True, [], False)
    assert told["rows"]["issues"] == 1
    monkeypatch.setenv("AUTOPILOT_DATABASE_URL", back)
    assert autopilot("export").out == exported


def test_what_cannot_be_copied_is_said(
    autopilot: Autopilot, applied: Path, tmp_path: Path, postgres: str
) -> None:
    here = f"sqlite:///{tmp_path / 'data' / 'autopilot.db'}"
    ended = autopilot("copy", "--from", f"sqlite:///{tmp_path / 'none.db'}", "--to", postgres)
    assert (ended.code, "no store to copy from" in ended.err) == (3, True)
    assert not (tmp_path / "none.db").exists()
    ended = autopilot("copy", "--from", here, "--to", here)
    assert (ended.code, "the same store" in ended.err) == (3, True)
    ended = autopilot("copy", "--from", here, "--to", "mysql://there")
    assert ended.code == 2


def test_a_row_that_was_altered_is_named_and_ends_with_1(
    autopilot: Autopilot, applied: Path, tmp_path: Path, postgres: str
) -> None:
    here = f"sqlite:///{tmp_path / 'data' / 'autopilot.db'}"
    assert autopilot("copy", "--from", here, "--to", postgres).code == 0
    as_if_broken_off(here, postgres, tmp_path)
    ended = autopilot("copy", "--from", here, "--to", postgres)
    assert ended.code == 1
    assert "An earlier try had brought a part" in ended.out
    assert "workspaces, id " in ended.out
    assert "not the same in name" in ended.out
    assert "The copy is not what the source is" in ended.out
    again = autopilot("copy", "--from", here, "--to", postgres, "--anew", "--json")
    assert (again.code, again.json["ok"]) == (0, True)


def as_if_broken_off(here: str, there: str, folder: Path) -> None:
    """Takes back that the copy was finished, and alters a row of it."""
    source, target = open_database(here), open_database(there)
    with source.read() as connection:
        place = json.dumps({"copy_of": json.dumps(place_of(connection), sort_keys=True)})
    with target.begin() as connection:
        said = update(tables.sending).values(place=place, reason="it is being copied")
        connection.execute(said)
        connection.execute(update(tables.workspaces).values(name="Another"))
    source.close()
    target.close()
