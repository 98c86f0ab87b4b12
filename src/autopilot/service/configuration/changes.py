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
        f"{key}: {_short(before.get(key))} -> {_short(value)}"
        for key, value in after.items()
        if before.get(key) != value
    )


def _short(value: object) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[" + ", ".join(str(item.get("id") or item) for item in value) + "]"
    text = "none" if value in (None, "", [], {}) else str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
