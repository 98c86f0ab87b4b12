"""Budget watch: how many workspaces have money left for models this month, as a count and no names."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection

from autopilot.domain.model import MICRO
from autopilot.service.budget import month_start
from autopilot.settings import Settings
from autopilot.store import metering, workspaces

NEARLY = 0.8


class MoneyLeft(StrEnum):
    """How much of a month's limit is left: enough, less than a fifth, or nothing."""

    ENOUGH = "enough"
    LITTLE = "little"
    NONE = "none"


def count_budgets(connection: Connection, settings: Settings, now: datetime) -> Mapping[str, int]:
    """Return how many workspaces with a monthly limit have how much of it left.

    A month is the workspace's own, in its zone; a limit of 0 lets no model write and is not counted.
    """
    limits: dict[datetime, dict[UUID, float]] = defaultdict(dict)
    for one in workspaces.list_workspaces(connection):
        own = one.budget.month_usd
        limit = own if own is not None else settings.monthly_budget
        if limit:
            limits[month_start(now, one.timezone)][one.id] = limit * MICRO
    counts: Counter[str] = Counter({left.value: 0 for left in MoneyLeft})
    for since, of in limits.items():
        spent = metering.micro_usd_by_workspace(connection, since)
        counts.update(_left(spent.get(one, 0), limit).value for one, limit in of.items())
    return counts


def _left(spent: int, limit: float) -> MoneyLeft:
    if spent >= limit:
        return MoneyLeft.NONE
    return MoneyLeft.LITTLE if spent >= NEARLY * limit else MoneyLeft.ENOUGH
