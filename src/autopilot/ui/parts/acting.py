"""Acting: a verb of the service is called, and what it refuses is told where it was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from autopilot.errors import AutopilotError
from autopilot.ui.parts.faults import show_fault


@contextmanager
def told_if_refused() -> Iterator[None]:
    """Tell an expected fault in place; what stands after the verb does not happen then."""
    try:
        yield
    except AutopilotError as error:
        show_fault(error)
