"""Content stored under its hash comes back as it was, or not at all."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from pathlib import Path

import pytest

from autopilot.adapters.artifacts import FolderArtifacts
from autopilot.errors import ArtifactLost, StoreUnavailable

PAGE = b"<!doctype html><title>Issue 1</title>"
HASH = hashlib.sha256(PAGE).hexdigest()

posix_only = pytest.mark.skipif(os.name != "posix", reason="POSIX permissions and links")


@pytest.fixture
def artifacts(tmp_path: Path) -> FolderArtifacts:
    return FolderArtifacts(tmp_path / "data" / "artifacts")


def test_content_comes_back_under_its_hash(artifacts: FolderArtifacts) -> None:
    assert not artifacts.has(HASH)
    assert artifacts.put(PAGE, "text/html; charset=utf-8") == HASH
    assert artifacts.get(HASH) == PAGE
    assert artifacts.has(HASH)


@pytest.mark.parametrize(
    ("media_type", "ending"),
    [
        ("text/html", ".html"),
        ("text/plain; charset=utf-8", ".txt"),
        ("application/json", ".json"),
        ("image/png", ".bin"),
        ("../../evil", ".bin"),
    ],
)
def test_a_browser_can_open_the_file(
    artifacts: FolderArtifacts, tmp_path: Path, media_type: str, ending: str
) -> None:
    artifacts.put(PAGE, media_type)
    path = artifacts.path(HASH)
    assert path == tmp_path / "data" / "artifacts" / HASH[:2] / f"{HASH}{ending}"
    assert path.read_bytes() == PAGE


def test_the_same_content_twice_is_one_file(artifacts: FolderArtifacts) -> None:
    artifacts.put(PAGE, "text/html")
    path = artifacts.path(HASH)
    assert path is not None
    before = path.stat()
    artifacts.put(PAGE, "text/html")
    assert path.stat().st_ino == before.st_ino
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_writers_at_the_same_time_leave_one_whole_file(artifacts: FolderArtifacts) -> None:
    content = b"x" * 500_000
    threads = [
        threading.Thread(target=artifacts.put, args=(content, "text/plain")) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    name = hashlib.sha256(content).hexdigest()
    path = artifacts.path(name)
    assert artifacts.get(name) == content
    assert path is not None
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@posix_only
def test_only_the_owner_can_read(artifacts: FolderArtifacts) -> None:
    artifacts.put(PAGE, "text/html")
    path = artifacts.path(HASH)
    assert path is not None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700


def test_an_altered_file_is_never_shown(artifacts: FolderArtifacts) -> None:
    artifacts.put(PAGE, "text/html")
    path = artifacts.path(HASH)
    assert path is not None
    path.write_bytes(PAGE + b"!")
    with pytest.raises(ArtifactLost, match="no longer has the content") as caught:
        artifacts.get(HASH)
    assert "backup" in str(caught.value.hint)


def test_an_altered_file_is_mended_by_the_next_put(artifacts: FolderArtifacts) -> None:
    artifacts.put(PAGE, "text/html")
    path = artifacts.path(HASH)
    assert path is not None
    path.write_bytes(b"cut")
    artifacts.put(PAGE, "text/html")
    assert artifacts.get(HASH) == PAGE


def test_a_whole_copy_is_found_beside_an_altered_one(artifacts: FolderArtifacts) -> None:
    artifacts.put(PAGE, "text/html")
    path = artifacts.path(HASH)
    assert path is not None
    artifacts.put(PAGE, "text/plain")
    path.write_bytes(b"altered")
    assert artifacts.get(HASH) == PAGE


@pytest.mark.parametrize("name", [HASH, "", "..", "../../etc/passwd", HASH.upper(), HASH + "\n"])
def test_what_was_never_stored_is_lost_with_a_hint(artifacts: FolderArtifacts, name: str) -> None:
    assert artifacts.path(name) is None
    assert not artifacts.has(name)
    with pytest.raises(ArtifactLost, match="is not there"):
        artifacts.get(name)


@posix_only
def test_a_link_is_not_followed(artifacts: FolderArtifacts, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(PAGE)
    artifacts.put(b"first", "text/plain")
    folder = tmp_path / "data" / "artifacts" / HASH[:2]
    folder.mkdir()
    (folder / f"{HASH}.html").symlink_to(elsewhere)
    assert artifacts.path(HASH) is None
    with pytest.raises(ArtifactLost):
        artifacts.get(HASH)
    artifacts.put(PAGE, "text/html")
    assert not (folder / f"{HASH}.html").is_symlink()
    assert artifacts.get(HASH) == PAGE


@posix_only
def test_a_linked_folder_is_neither_read_nor_written(
    artifacts: FolderArtifacts, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    root = tmp_path / "data" / "artifacts"
    root.mkdir(parents=True)
    (root / HASH[:2]).symlink_to(elsewhere)
    (elsewhere / f"{HASH}.html").write_bytes(PAGE)
    assert artifacts.path(HASH) is None
    with pytest.raises(StoreUnavailable):
        artifacts.put(PAGE, "text/plain")
    assert [file.name for file in elsewhere.iterdir()] == [f"{HASH}.html"]


def test_a_full_disk_leaves_nothing_half_written(
    artifacts: FolderArtifacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("autopilot.adapters.artifacts.os.fsync", full)
    with pytest.raises(StoreUnavailable, match="No space left on device") as caught:
        artifacts.put(PAGE, "text/html")
    assert "free some space" in str(caught.value.hint)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


def test_a_file_where_the_folder_belongs_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"")
    with pytest.raises(StoreUnavailable):
        FolderArtifacts(tmp_path / "taken").put(PAGE, "text/html")
