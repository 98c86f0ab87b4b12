"""A slot: one nominal instant of a schedule, and what is special about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class FlagCode(StrEnum):
    """What can be special about a slot."""

    GAP = "gap"
    FOLD = "fold"
    HOLIDAY_MOVED = "holiday_moved"
    EXCLUDED = "excluded"
    INCLUDED = "included"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """Something to know about one slot, as a code and as words."""

    code: FlagCode
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One nominal instant of a schedule.

    `utc` is the instant; `local` the naive wall time the rule asked for (which does not exist
    where a `gap` flag says so); `fold` is 1 for the second pass of a repeated wall time.
    """

    utc: datetime
    local: datetime
    zone: str
    fold: int = 0
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """A nominal slot that does not fire, and why.

    `slot.utc` is the instant it would have had. Where that instant belongs to a slot that fires
    (a time that never existed and the time after it), it is a second earlier, so that rows stay
    unique. `code` is the flag that a preview shows for it.
    """

    slot: Slot
    reason: str
    code: FlagCode
