"""What a test needs from the machine and may not find there."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

EVERYTHING_REQUIRED = "AUTOPILOT_TEST_REQUIRE"


def missing(reason: str) -> NoReturn:
    """Skips the test, saying what the machine lacks; fails it where everything is required.

    CI sets AUTOPILOT_TEST_REQUIRE=1, so that a server or browser that could not be installed there
    never passes for a green test. A test that merely does not apply calls `pytest.skip`.
    """
    if os.environ.get(EVERYTHING_REQUIRED) == "1":
        pytest.fail(f"{reason} ({EVERYTHING_REQUIRED}=1 requires it)", pytrace=False)
    pytest.skip(reason)
