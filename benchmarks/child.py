"""One case in a process of its own: python -m benchmarks.child CASE; the last line is its figures."""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
import warnings
from importlib import import_module

from benchmarks.case import Case


def main(text: str) -> None:
    """Measure, print, leave at once: some workers do not like to be stopped."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    case = Case.loads(text)
    try:
        values = import_module(f"benchmarks.{case.measure}").measure(case)
    except BaseException as error:  # noqa: BLE001 - whatever it was is the answer
        traceback.print_exc()
        finish({"error": f"{type(error).__name__}: {error}"[:300]})
    finish({"values": values})


def finish(answer: dict[str, object]) -> None:
    """Print the answer and end the process with everything that runs in it."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
