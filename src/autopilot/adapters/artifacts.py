"""Stored content in a folder, named by its own hash.

The name proves the content: it can be written twice without harm, never changes under a reader,
and a damaged file is noticed instead of shown. `root/ab/abcd...html` holds the bytes whose SHA-256
is `abcd...`; the ending lets a browser open the file and has no other meaning.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
from pathlib import Path

from autopilot.errors import ArtifactLost, StoreUnavailable

NAME = re.compile(r"[0-9a-f]{64}")
ENDINGS = {"text/html": ".html", "text/plain": ".txt", "application/json": ".json"}
OTHER_ENDING = ".bin"

# Windows has no such flag; there a symbolic link needs administrator rights to begin with.
_NOT_THROUGH_LINKS = getattr(os, "O_NOFOLLOW", 0)


class FolderArtifacts:
    """Keeps content under `root`, which is made when first needed, readable by its owner only."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, content: bytes, media_type: str) -> str:
        """Store content and return its SHA-256 in hex; the same content again costs one read.

        Once this returns, the content survives a crash of the machine. Raises StoreUnavailable
        where the folder cannot be written (full, read-only, not ours).
        """
        name = hashlib.sha256(content).hexdigest()
        try:
            self._write(name, self._file(name, _ending(media_type)), content)
        except OSError as error:
            raise StoreUnavailable(
                f"the artifact {name[:12]} cannot be written to {self._root}: {error.strerror}",
                hint="free some space or make the folder writable, then run it again",
            ) from error
        return name

    def get(self, sha256: str) -> bytes:
        """Return the content stored under a hash; raises ArtifactLost if it is gone or altered."""
        found = False
        for file in self._files(sha256):
            content = _read(file)
            if content is None:
                continue
            found = True
            if hashlib.sha256(content).hexdigest() == sha256:
                return content
        raise _lost(sha256, self._root, altered=found)

    def path(self, sha256: str) -> Path | None:
        """Return the file that holds a hash, unread, or None."""
        return next((file for file in self._files(sha256) if _is_plain_file(file)), None)

    def has(self, sha256: str) -> bool:
        """Say whether there is a file for a hash; `get` is what checks its content."""
        return self.path(sha256) is not None

    def _files(self, sha256: str) -> list[Path]:
        """Return where a hash may lie; nothing but a hash becomes part of a path."""
        if not NAME.fullmatch(sha256) or (self._root / sha256[:2]).is_symlink():
            return []
        return [self._file(sha256, ending) for ending in (*ENDINGS.values(), OTHER_ENDING)]

    def _file(self, name: str, ending: str) -> Path:
        return self._root / name[:2] / f"{name}{ending}"

    def _write(self, name: str, file: Path, content: bytes) -> None:
        if _read(file) == content:
            return
        self._make_folder(file.parent)
        draft = file.parent / f".{name[:12]}-{secrets.token_hex(8)}.part"
        try:
            _write_through(draft, content)
            draft.replace(file)
        except BaseException:
            with contextlib.suppress(OSError):
                draft.unlink()
            raise
        _settle(file.parent)

    def _make_folder(self, folder: Path) -> None:
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.is_symlink():
            raise OSError(0, f"{folder} is a link; artifacts are not written through links")
        _settle(self._root)


def _ending(media_type: str) -> str:
    return ENDINGS.get(media_type.partition(";")[0].strip().lower(), OTHER_ENDING)


def _is_plain_file(file: Path) -> bool:
    return file.is_file() and not file.is_symlink()


def _read(file: Path) -> bytes | None:
    """Return a file's bytes, or None where there is none that can be read; links are not followed."""
    try:
        descriptor = os.open(file, os.O_RDONLY | _NOT_THROUGH_LINKS)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as opened:
        try:
            return opened.read()
        except OSError:
            return None


def _write_through(file: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOT_THROUGH_LINKS
    with os.fdopen(os.open(file, flags, 0o600), "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())


def _settle(folder: Path) -> None:
    """Make a new name in a folder survive a power cut; only POSIX can be asked for that."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lost(sha256: str, root: Path, *, altered: bool) -> ArtifactLost:
    what = "no longer has the content it was stored with" if altered else "is not there"
    return ArtifactLost(
        f"the artifact {sha256[:12]} {what} (looked in {root})",
        hint=f"bring {root} back from a backup, or generate the issue again",
    )
