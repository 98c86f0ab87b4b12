"""What a file would change: each change said in words and able to write itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

Effect = Callable[[Connection], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How to compare: on which connection, at what time, by whom, and whether to prune."""

    connection: Connection
    now: datetime
    actor: str
    prune: bool


class Action(StrEnum):
    """What happens to one thing: created, changed, cancelled, or named nowhere and left alone."""

    CREATE = "create"
    CHANGE = "change"
    CANCEL = "cancel"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference between a file and the store.

    `kind` is workspace, specification, source or schedule; `name` says which; `fields` are
    sentences such as "cadence: weekly -> daily"; `effect` writes it.
    """

    action: Action
    kind: str
    name: str
    fields: tuple[str, ...] = ()
    effect: Effect | None = None


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[str, ...]:
    """Return a sentence for each key whose value changes, in the order of `after`."""
    return tuple(
        f"{key}: {_difference(before.get(key), value)}"
        for key, value in after.items()
        if before.get(key) != value
    )


def _difference(before: object, after: object) -> str:
    """Of two lists of things with ids what was added, removed and changed; else both values."""
    old, new = _by_id(before), _by_id(after)
    if old is None or new is None:
        return f"{_short(before)} -> {_short(after)}"
    told = [f"added {name}" for name in new if name not in old]
    told += [f"removed {name}" for name in old if name not in new]
    told += [
        f"changed {name} ({', '.join(_changed_keys(old[name], item))})"
        for name, item in new.items()
        if name in old and old[name] != item
    ]
    return "; ".join(told) or f"order [{', '.join(old)}] -> [{', '.join(new)}]"


def _changed_keys(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    return [key for key in after if before.get(key) != after[key]]


def _by_id(value: object) -> dict[str, Mapping[str, object]] | None:
    """The items of a list by their ids, in its order; None for anything else."""
    if not isinstance(value, list) or not all(
        isinstance(item, dict) and "id" in item for item in value
    ):
        return None
    return {str(item["id"]): item for item in value}


def _short(value: object) -> str:
    text = "none" if value in (None, "", [], {}) else str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
