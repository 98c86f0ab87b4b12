"""Shift: what a worker keeps from one tick to the next, and a single tick has for itself."""

from __future__ import annotations

from types import TracebackType

from autopilot.service.context import App
from autopilot.service.pace import Pace
from autopilot.service.renewal import Renewal


class Shift:
    """How many runs to claim at once, and the thread that renews their leases."""

    def __init__(self, app: App) -> None:
        self.pace = Pace()
        self.renewal = Renewal(app)

    def __enter__(self) -> Shift:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.renewal.close()
