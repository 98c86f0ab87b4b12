"""What a config says about time, before it has a zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from autopilot.domain.recurrence.amended import Amended
from autopilot.domain.recurrence.amendments import Amendments
from autopilot.domain.recurrence.cron import Cron
from autopilot.domain.recurrence.interval import Interval
from autopilot.domain.recurrence.rrule import Recurrence
from autopilot.domain.recurrence.walls import Listed, Walls

NO_WALLS = Listed(moments=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Wall times, or an interval; with an interval there are no wall times.

    `times` are the times of day that are known beforehand, ascending, and those of an included
    date. `cron` and `recurrence` tell what the wall times were written as.
    """

    nominal: Walls = NO_WALLS
    interval: Interval | None = None
    times: tuple[time, ...] = ()
    cron: Cron | None = None
    recurrence: Recurrence | None = None

    @property
    def is_elapsed(self) -> bool:
        """Tell whether it counts real instants, so not by wall clock alone."""
        return self.interval is not None or (self.cron is not None and self.cron.is_elapsed)

    def amended(self, amendments: Amendments) -> Walls:
        """Return the wall times after the amendments."""
        if self.interval is not None or amendments.is_empty:
            return self.nominal
        return Amended(nominal=self.nominal, amendments=amendments, included_times=self.times)
