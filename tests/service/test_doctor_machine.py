"""What doctor says of the machine: versions, who may read secrets, full-text search, names, disks."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from autopilot import __version__
from autopilot.service import doctor_machine
from autopilot.service.doctor import examine
from autopilot.service.doctor_machine import access_findings, disk_findings, name_findings
from autopilot.service.findings import Finding, Level
from autopilot.settings import load_settings
from autopilot.wiring import now

SECRET = "0f9a3c57d1e84b26a7c3905e6b1d2f48"


def access(folder: Path, **environ: str) -> list[Finding]:
    settings = load_settings({"AUTOPILOT_DATA_DIR": str(folder), **environ})
    found = list(access_findings(settings, environ))
    assert all(each.fix for each in found)
    return found


def test_the_version_is_told(tmp_path: Path) -> None:
    found = examine({"AUTOPILOT_DATA_DIR": str(tmp_path)}, now())
    assert [each.message for each in found if each.check == "autopilot"] == [
        f"version {__version__}"
    ]


def test_a_folder_that_everybody_writes_to_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    assert access(folder) == []
    folder.chmod(0o777)
    (finding,) = access(folder)
    assert (finding.level, finding.fix) == (Level.ERROR, f"Make it yours alone: chmod 700 {folder}")


def test_a_store_that_everybody_may_read_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    file = folder / "autopilot.db"
    file.touch(mode=0o644)
    (finding,) = access(folder)
    assert f"chmod 600 {file}" in str(finding.fix)
    folder.chmod(0o700)
    assert access(folder) == []


def test_a_file_of_a_secret_that_everybody_may_read_is_told(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(SECRET)
    key.chmod(0o644)
    (finding,) = access(tmp_path, AUTOPILOT_SECRET_KEY_FILE=str(key))
    assert "AUTOPILOT_SECRET_KEY_FILE, can be read by everybody" in finding.message
    assert SECRET not in finding.message
    key.chmod(0o600)
    assert access(tmp_path, AUTOPILOT_SECRET_KEY_FILE=str(key)) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a folder away")
def test_a_folder_of_another_user_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    os.chown(folder, 12_345, -1)
    monkeypatch.setattr(os, "geteuid", lambda: 54_321)
    (finding,) = access(folder)
    assert "belongs to another user" in finding.message


def test_sqlite_without_full_text_search_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert doctor_machine.full_text_finding() is None

    class Poor:
        def execute(self, _sql: str) -> None:
            raise sqlite3.OperationalError("no such module: fts5")

        def close(self) -> None:
            """Nothing is open."""

    class Module:
        OperationalError = sqlite3.OperationalError
        sqlite_version = "3.40.1"

        def connect(self, _name: str) -> Poor:
            return Poor()

    monkeypatch.setattr(doctor_machine, "sqlite3", Module())
    found = examine({"AUTOPILOT_DATA_DIR": str(tmp_path)}, now())
    wrong = [each for each in found if each.check == "sqlite" and each.level is Level.ERROR]
    assert "without FTS5" in wrong[0].message
    assert "PostgreSQL" in str(wrong[0].fix)


def test_servers_without_an_address_are_told() -> None:
    def found(**environ: str) -> list[Finding]:
        return list(name_findings(load_settings(environ)))

    assert found() == []
    assert found(AUTOPILOT_SMTP_URL="smtp://127.0.0.1:25?tls=none") == []
    (finding,) = found(
        AUTOPILOT_SMTP_URL="smtp://relay.invalid:25?tls=none",
        AUTOPILOT_DATABASE_URL="postgresql://u:hidden@db.invalid/x",
    )
    assert finding.level is Level.ERROR
    assert finding.message == "no address is known for db.invalid, relay.invalid"
    assert "resolv.conf" in str(finding.fix)


def test_the_databases_own_disk_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings(
        {
            "AUTOPILOT_DATA_DIR": str(tmp_path),
            "AUTOPILOT_DATABASE_URL": f"sqlite:///{tmp_path / 'other' / 'a.db'}",
        }
    )
    assert list(disk_findings(settings)) == []
    usage: Any = type(shutil.disk_usage(tmp_path))
    monkeypatch.setattr(doctor_machine, "_same_disk", lambda _one, _other: False)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 1_000))
    (finding,) = disk_findings(settings)
    assert "0.0 GB free for the database" in finding.message
