"""The secret key: signs links and encrypts backups. One for all processes of a store."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from autopilot.errors import Problem, SettingsInvalid
from autopilot.service.context import App

FILE = "secret.key"
OWNER_ONLY = 0o600


def secret_key(app: App) -> bytes:
    """Return the key: AUTOPILOT_SECRET_KEY, else the data folder's own, made when there is none.

    Only a store in the data folder's keeping (SQLite) gets one made; raises SettingsInvalid
    elsewhere, where each machine would make another one and refuse the others' links.
    """
    given = app.settings.secret_key
    if given is not None:
        return given.get_secret_value().encode()
    if app.database.is_postgres:
        raise SettingsInvalid(
            "Links cannot be signed yet:",
            [
                Problem(
                    path="AUTOPILOT_SECRET_KEY",
                    message="it is not set, and a store that several machines share needs one",
                    allowed="32 or more characters nobody can guess",
                    example="(the output of: openssl rand -hex 32)",
                )
            ],
            hint="Set the same value for every worker and for `autopilot serve`.",
        )
    return _kept(app.settings.data_dir / FILE)


def known_secret_key(app: App) -> bytes | None:
    """Return the key if there is one; none is made."""
    file = app.settings.data_dir / FILE
    is_kept_here = app.settings.secret_key is None and not app.database.is_postgres
    return secret_key(app) if not is_kept_here or file.exists() else None


def _kept(file: Path) -> bytes:
    """What the file holds; made first where there is none, by one of those who come at once."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f"{FILE}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
        with os.fdopen(descriptor, "w", encoding="ascii") as opened:
            opened.write(secrets.token_hex(32))
        with suppress(FileExistsError):
            os.link(draft, file)  # of two at once the first one's is kept
        draft.unlink()
    return file.read_text(encoding="ascii").strip().encode()
