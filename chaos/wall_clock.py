"""The wall clock of a worker, set wrong from outside while it runs: `follow` there, `set_clocks` here.

The whole process is told the wrong time, whatever asks for it; its monotonic clock is not touched,
as on a machine whose clock is stepped. Half of the workers (by their number) can go otherwise.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import time_machine

LOOK_SECONDS = 0.05


def true_time() -> float:
    """Return the time of this machine, whatever the process is told."""
    is_wrong = time_machine.escape_hatch.is_travelling()
    return float(time_machine.escape_hatch.time.time()) if is_wrong else time.time()


def set_clocks(folder: Path, even: float, odd: float) -> None:
    """Tell workers of even and of odd number how many seconds their clocks are ahead."""
    draft = folder / "clock.part"
    draft.write_text(f"{even} {odd}", encoding="utf-8")
    draft.replace(folder / "clock")


def follow(folder: Path, number: int) -> None:
    """Let this process be told the time that `set_clocks` says, from now on."""
    clock = _Clock(folder / "clock", number % 2)
    clock.look()
    threading.Thread(target=clock.keep_looking, name="clock", daemon=True).start()


class _Clock:
    def __init__(self, file: Path, place: int) -> None:
        self._file = file
        self._place = place
        self._ahead = 0.0
        self._travel: Any = None

    def keep_looking(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            self.look()

    def look(self) -> None:
        wanted = self._wanted()
        if wanted == self._ahead:
            return
        if self._travel is None:  # not before: nothing is put between until a clock goes wrong
            self._travel = time_machine.travel(datetime.now(UTC), tick=True).start()
        self._travel.shift(wanted - self._ahead)
        self._ahead = wanted

    def _wanted(self) -> float:
        try:
            return float(self._file.read_text(encoding="utf-8").split()[self._place])
        except FileNotFoundError:
            return 0.0
