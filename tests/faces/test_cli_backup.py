"""backup, restore and sending as a person types them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from faces.conftest import Autopilot


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], Path]:
    """Another machine: an empty data folder, with the key of the first one or without."""

    def move(with_key: bool = True) -> Path:
        folder = tmp_path / f"other-{with_key}"
        folder.mkdir()
        if with_key:
            shutil.copy(tmp_path / "data" / "secret.key", folder / "secret.key")
        monkeypatch.setenv("AUTOPILOT_DATA_DIR", str(folder))
        return folder

    return move


def test_a_store_moves_to_another_machine_by_backup(
    autopilot: Autopilot, applied: Path, tmp_path: Path, elsewhere: Any
) -> None:
    autopilot("generate", "energy-weekly")
    file = tmp_path / "it.backup"
    ended = autopilot("backup", str(file))
    assert ended.code == 0
    assert "Without it nobody can open this file" in ended.out
    assert f"Next: autopilot restore --drill {file}" in ended.out
    assert autopilot("restore", "--drill", str(file)).code == 0
    exported = autopilot("export").out
    elsewhere()
    told = autopilot("restore", str(file))
    assert told.code == 0
    assert "Next: autopilot sending allow" in told.out
    assert autopilot("export").out == exported
    assert autopilot("runs", "list", "--json").json
    status = autopilot("status").out
    assert "off: it was restored from a backup of" in status
    assert autopilot("status", "--json").json["sending"]["allowed"] is False
    assert autopilot("sending", "show", "--json").json["allowed"] is False
    assert autopilot("sending", "allow").out.startswith("Sending is on")
    assert autopilot("sending", "show").out.startswith("Sending is on.")
    assert "Sending" not in autopilot("status").out


def test_a_store_with_something_in_it_is_refused(
    autopilot: Autopilot, applied: Path, tmp_path: Path
) -> None:
    file = str(tmp_path / "it.backup")
    autopilot("backup", file)
    ended = autopilot("restore", file)
    assert ended.code == 3
    assert "not empty" in ended.err
    assert autopilot("restore", file, "--force", "--json").json["rows"]["workspaces"] == 1


def test_without_the_key_nothing_is_made(
    autopilot: Autopilot, applied: Path, tmp_path: Path, elsewhere: Any
) -> None:
    file = str(tmp_path / "it.backup")
    autopilot("backup", file)
    folder = elsewhere(False)
    for arguments in (("restore", file), ("restore", "--drill", file)):
        ended = autopilot(*arguments)
        assert ended.code == 2
        assert "There is no secret key here" in ended.err
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"hello", b"autopilot backup 1\n"])
def test_a_file_that_is_no_backup_is_refused(
    autopilot: Autopilot, applied: Path, tmp_path: Path, content: bytes
) -> None:
    autopilot("backup", str(tmp_path / "real"))
    (tmp_path / "it").write_bytes(content)
    for arguments in (
        ("restore", str(tmp_path / "it")),
        ("restore", "--drill", str(tmp_path / "it")),
    ):
        assert autopilot(*arguments).code == 2
    assert autopilot("restore", str(tmp_path / "missing")).code == 1


def test_sending_is_stopped_and_allowed_by_hand(autopilot: Autopilot, applied: Path) -> None:
    assert autopilot("sending", "stop", "--reason", "the relay moves").code == 0
    assert "the relay moves" in autopilot("status").out
    assert autopilot("sending", "stop", "--reason", "again", "--json").json["changed"] is False
    assert autopilot("sending", "allow", "--json").json == {"allowed": True, "changed": True}
    assert autopilot("sending", "allow", "--json").json == {"allowed": True, "changed": False}
