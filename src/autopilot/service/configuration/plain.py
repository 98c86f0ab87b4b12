"""Looking into values of unknown shape: what a person wrote, before it is checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def entry(value: object, key: str) -> object:
    """Return what stands under a key, or None where the value is no mapping or has no such key."""
    return value.get(key) if isinstance(value, Mapping) else None


def listed(value: object, key: str) -> Sequence[object]:
    """Return the list under a key, or an empty one where there is none."""
    found = entry(value, key)
    return found if isinstance(found, list) else []
