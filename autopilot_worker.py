"""The worker by the name of the original plan: `python autopilot_worker.py` is `autopilot worker`.

It works from a checkout too, where the package itself is not installed but its requirements are.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "src"))

from autopilot.cli.app import main

if __name__ == "__main__":
    sys.argv[1:1] = ["worker"]
    main()
