"""Folder: page, text part and JSON of an issue as three files, each there whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
from pathlib import Path

from autopilot.domain.channel import FolderChannel
from autopilot.domain.letter import Answer, Parcel, Verdict
from autopilot.service.context import App

PLAIN_NAME = re.compile(r"[^A-Za-z0-9._-]+")
LONGEST_NAME = 120
_NOT_THROUGH_LINKS = getattr(os, "O_NOFOLLOW", 0)  # Windows has none


def send(app: App, channel: FolderChannel, parcel: Parcel) -> Answer:
    """Write the files; a folder that is full or not ours counts as "later": somebody may mend it."""
    name = name_of(parcel)
    if (folder := folder_of(app, channel)) is None:
        told = f"not written: {channel.path} leads out of the data folder; name an absolute path"
        return Answer(Verdict.REFUSED, told)
    try:
        _make(folder)
        # The page last: where it is, the others are.
        for ending, content in (
            (".json", _document(parcel)),
            (".txt", parcel.text.encode()),
            (".html", parcel.html.encode()),
        ):
            _write(folder / f"{name}{ending}", content)
    except OSError as error:
        told = f"not written to {folder}: {error.strerror or error}"
        return Answer(Verdict.LATER, told)
    return Answer(Verdict.ACCEPTED, f"written to {folder / name}.html")


def folder_of(app: App, channel: FolderChannel) -> Path | None:
    """Return the folder: as it stands where it is absolute, else below the data folder.

    None for one that would lead out of the data folder again.
    """
    given = Path(channel.path).expanduser()
    if given.is_absolute():
        return given
    root = app.settings.data_dir.resolve()
    folder = root / given
    return folder if folder.resolve().is_relative_to(root) else None


def name_of(parcel: Parcel) -> str:
    """Return the files' name without ending: of our own characters, and never another issue's."""
    plain = PLAIN_NAME.sub("-", parcel.name).strip(".-")[:LONGEST_NAME] or "issue"
    return f"{plain}-{str(parcel.issue_id)[:8]}"


def _document(parcel: Parcel) -> bytes:
    told = {**parcel.document, "issue_id": str(parcel.issue_id), "subject": parcel.subject}
    return json.dumps(told, ensure_ascii=False, indent=2, default=str).encode()


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if folder.is_symlink():
        raise OSError(0, "it is a link; files are not written through links")


def _write(file: Path, content: bytes) -> None:
    """Write beside it and put it in its place: a reader sees the whole file, a link is replaced."""
    draft = file.parent / f".{file.name}.{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOT_THROUGH_LINKS
    try:
        with os.fdopen(os.open(draft, flags, 0o644), "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        draft.replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
