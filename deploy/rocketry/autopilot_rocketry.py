"""Rocketry as the clock: once a minute it starts `autopilot tick`, and waits until that has ended.

It runs in an environment of its own (requirements.txt), since Rocketry needs pydantic 1 and Autopilot
pydantic 2: the two meet only as processes. AUTOPILOT_COMMAND says where `autopilot` is, if it is not
on the PATH; all other settings are those of Autopilot.

The first SIGTERM or Ctrl-C lets the step in hand end, as with every worker.
"""

import os
import shlex
import signal
import subprocess
import sys

from redbird.repos import MemoryRepo
from rocketry import Rocketry
from rocketry.conds import every
from rocketry.log import LogRecord

COMMAND = [*shlex.split(os.environ.get("AUTOPILOT_COMMAND", "autopilot")), "tick", "--json"]
EVERY = os.environ.get("AUTOPILOT_ROCKETRY_EVERY", "1 minute")
LONGEST = "1 day"  # Rocketry's own limit of half an hour would call a long tick a failure
KEPT_RECORDS = 100  # unless they are taken away, its log in memory grows without end

records = MemoryRepo(model=LogRecord)
app = Rocketry(execution="thread", timeout=LONGEST, logger_repo=records)
running = []
stopping = []


@app.task(every(EVERY), name="autopilot tick")
def tick():
    """Make one pass; an exit code that is not 0 is a failure in Rocketry's log."""
    del records.collection[:-KEPT_RECORDS]
    if stopping:
        return
    # In a session of its own: Ctrl-C comes to us alone, and we hand it on once.
    child = subprocess.Popen(COMMAND, start_new_session=True)  # noqa: S603
    running.append(child)
    try:
        if stopping:
            child.terminate()
        code = child.wait()
    finally:
        running.remove(child)
    if code:
        raise RuntimeError(f"{shlex.join(COMMAND)} ended with {code}.")


def stop(_number, _frame):
    """Begin nothing new, and ask the tick in hand to end."""
    stopping.append(True)
    app.session.shut_down()
    for child in list(running):
        child.terminate()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    app.run()
    sys.exit(0)
