"""The pace of mails: so many a second at most, whoever of this process sends them."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable

LONGEST_NAP_SECONDS = 0.2


class MailPace:
    """A sliding window over the times of the last mails. 0 a second means no limit."""

    def __init__(
        self,
        per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        nap: Callable[[float], None] = time.sleep,
    ) -> None:
        self._most = max(1, math.floor(per_second))
        self._window_seconds = self._most / per_second if per_second else 0.0
        self._times: deque[float] = deque(maxlen=self._most)
        self._lock = threading.Lock()
        self._clock, self._nap = clock, nap

    def await_turn(self, stopping: Callable[[], bool]) -> bool:
        """Take the next turn and return True; False when it stopped before that came."""
        while not stopping():
            wait = self._take()
            if wait <= 0:
                return True
            self._nap(min(wait, LONGEST_NAP_SECONDS))
        return False

    def _take(self) -> float:
        """Seconds until there is a turn; 0 where it was taken."""
        if not self._window_seconds:
            return 0.0
        with self._lock:
            now = self._clock()
            if len(self._times) == self._most:
                wait = self._times[0] + self._window_seconds - now
                if wait > 0:
                    return wait
            self._times.append(now)
            return 0.0
