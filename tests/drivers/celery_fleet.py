"""Processes of a Celery fleet beside a test: workers and beat, as people start them."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager

from drivers.scene import Process, Scene

CELERY = (sys.executable, "-m", "celery", "-A", "autopilot.drivers.on_celery")


def worker(scene: Scene, *options: str, pool: str = "prefork") -> AbstractContextManager[Process]:
    """A worker with one process that executes; -n keeps two on one machine apart."""
    name = f"worker-{len(list(scene.folder.glob('process-*.log')))}@%h"
    return scene.process(
        *CELERY, "worker", "--concurrency", "1", "--pool", pool, "-n", name, *options
    )


def beat(scene: Scene) -> AbstractContextManager[Process]:
    """The clock of the fleet."""
    return scene.process(*CELERY, "beat")
