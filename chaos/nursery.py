"""The nursery: imports the product once and forks workers from there, for a start in milliseconds.

`python -m chaos.nursery FOLDER` reads {"name", "number", "seed"} a line and writes {"name", "pid"} for every
start and {"pid", "code"} for every end (negative: the signal). When its input ends, all workers
are killed; when it dies itself, they die with it.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import importlib
import json
import os
import pkgutil
import select
import signal
import sys
from pathlib import Path
from typing import NoReturn

LOOK_SECONDS = 0.02
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
ROOMS = ("domain", "pipeline", "store", "adapters", "service", "drivers")


def main(folder: str) -> None:
    """Start and reap workers until the input ends."""
    # A worker that is told to die at a boundary before it knows of boundaries must not die of that.
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    # One that is told to stop before it listens has nothing in hand: it ends well.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    _import_product()
    _say(ready=True)
    children: set[int] = set()
    lines = os.fdopen(os.dup(0), "rb", buffering=0)
    buffer = b""
    while True:
        if select.select([lines], [], [], LOOK_SECONDS)[0]:
            chunk = lines.read(65_536)
            if not chunk:
                break
            *orders, buffer = (buffer + chunk).split(b"\n")
            for order in orders:
                children.add(_start(Path(folder), **json.loads(order)))
        _reap(children)
    for pid in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _start(folder: Path, *, name: str, number: int, seed: int) -> int:
    pid = os.fork()
    if pid == 0:
        _work(folder, name, number, seed)
    _say(name=name, pid=pid)
    return pid


def _work(folder: Path, name: str, number: int, seed: int) -> NoReturn:
    """Become the worker; never returns to the nursery's loop."""
    code = 70
    try:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
        log = os.open(folder / "workers.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for here, there in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(here, there)
        faulthandler.register(signal.SIGUSR2)  # who does not stop says in the log where it stands
        from chaos import squeeze, wall_clock
        from chaos.victim import Victim

        squeeze.heed(folder)
        wall_clock.follow(folder, number)
        Victim(folder / "journal" / f"{name}.jsonl", seed).install()
        sys.argv = ["autopilot", "worker"]
        from autopilot.cli.app import main as command

        command()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        os._exit(code)


def _reap(children: set[int]) -> None:
    for pid in list(children):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            children.discard(pid)
            _say(pid=pid, code=os.waitstatus_to_exitcode(status))


def _import_product() -> None:
    for room in ROOMS:
        package = importlib.import_module(f"autopilot.{room}")
        for found in pkgutil.walk_packages(package.__path__, f"autopilot.{room}."):
            # What an installation lacks (an extra) is not needed by its worker either.
            if ".migrations" not in found.name:
                with contextlib.suppress(ImportError):
                    importlib.import_module(found.name)
    for name in ("autopilot.cli.work", "autopilot.wiring", "psycopg", "sqlite3"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def _say(**fields: object) -> None:
    os.write(1, (json.dumps(fields) + "\n").encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
