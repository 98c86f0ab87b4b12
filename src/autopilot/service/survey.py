"""The survey: what planning a batch of schedules asks the store, once for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from autopilot.domain.schedule import Schedule
from autopilot.domain.specification import Cadence
from autopilot.service.almanac import Almanac
from autopilot.service.run_ids import run_ids
from autopilot.store import runs, specifications

# How far back the guarded period of a slot can begin that is due now.
GUARDED = {"daily": timedelta(days=2), "weekly": timedelta(days=9), "monthly": timedelta(days=33)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """A batch of due schedules: its transaction and its time, and what is known of its schedules.

    `going` are the slots whose runs are queued or running. `issued` are those whose issues were made,
    or are still to be made, since the time that `horizons` has for their schedule's type. A slot
    found later than `on_time` was missed. `ids` are for new runs.
    """

    connection: Connection
    now: datetime
    on_time: timedelta
    cadences: Mapping[UUID, Cadence]
    going: Mapping[UUID, Sequence[datetime]]
    horizons: Mapping[str, datetime]
    issued: Mapping[UUID, Sequence[datetime]]
    almanac: Almanac = field(default_factory=Almanac)
    ids: Iterator[UUID] = field(default_factory=run_ids)

    def issues(self, schedule: Schedule, start: datetime, end: datetime) -> int:
        """Return how many slots of a schedule between two instants have an issue, or will have one."""
        horizon = self.horizons.get(schedule.type)
        if horizon is None or start < horizon:
            return runs.count_slots(
                self.connection, schedule.id, start=start, end=end, delivering=True
            )
        return sum(1 for slot in self.issued.get(schedule.id, ()) if start <= slot < end)


def survey(
    connection: Connection, due: Sequence[Schedule], now: datetime, *, on_time: timedelta
) -> Survey:
    """Ask the store what is known of these schedules."""
    issued: dict[UUID, Sequence[datetime]] = {}
    horizons = {kind: now - span for kind, span in GUARDED.items()}
    for kind, horizon in horizons.items():
        ids = [schedule.id for schedule in due if schedule.type == kind]
        if ids:
            issued |= runs.issued_slots(connection, ids, since=horizon)
    return Survey(
        connection=connection,
        now=now,
        on_time=on_time,
        cadences=specifications.cadences(connection, {item.specification_id for item in due}),
        going=runs.open_slots(connection, [schedule.id for schedule in due]),
        horizons=horizons,
        issued=issued,
    )
