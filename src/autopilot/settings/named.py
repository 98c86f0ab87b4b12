"""Secrets that a document names by their variable: read when they are used, never kept."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def named_secret(name: str, environ: Mapping[str, str] | None = None) -> str | None:
    """Return what the variable NAME holds, else the file that NAME_FILE names, else None."""
    given = os.environ if environ is None else environ
    if text := given.get(name, "").strip():
        return text
    file = given.get(f"{name}_FILE", "").strip()
    try:
        return Path(file).read_text(encoding="utf-8").strip() or None if file else None
    except (OSError, UnicodeDecodeError):
        return None
