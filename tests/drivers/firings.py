"""Every driver that keeps the contract of `test_contract`.

To add one: write `firing_NAME.py` with `FIRING = Firing(name=..., fire=...)` (see `firing.py`, and
`firing_worker.py` for a process that goes on until it is stopped), and put it into this list.
"""

from __future__ import annotations

from drivers import (
    firing_apscheduler,
    firing_celery,
    firing_command_line,
    firing_edge_function,
    firing_google,
    firing_huey,
    firing_lambda,
    firing_rocketry,
    firing_tick,
    firing_worker,
)
from drivers.firing import Firing

FIRINGS: tuple[Firing, ...] = (
    firing_command_line.FIRING,
    firing_worker.FIRING,
    firing_apscheduler.FIRING,
    firing_celery.FIRING,
    firing_huey.ON_SQLITE,
    firing_huey.ON_REDIS,
    firing_tick.FIRING,
    firing_edge_function.FIRING,
    firing_lambda.FIRING,
    firing_google.HTTP,
    firing_google.EVENT,
    firing_rocketry.FIRING,
)
