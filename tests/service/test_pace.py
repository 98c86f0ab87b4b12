"""How many runs are claimed at once."""

from __future__ import annotations

import pytest

from autopilot.service.pace import GROWTH, MOST, Pace


def pace(size: int) -> Pace:
    made = Pace()
    made.size = size
    return made


@pytest.mark.parametrize(
    ("before", "begun", "seconds", "was_slow", "after"),
    [
        pytest.param(1, 1, 0.0005, False, GROWTH, id="after one quick run, some more"),
        pytest.param(16, 16, 0.008, False, MOST, id="after some, as many as are ever claimed"),
        pytest.param(16, 16, 0.08, False, 50, id="as many as would be quick together"),
        pytest.param(16, 16, 1.6, False, 2, id="fewer where each takes a while"),
        pytest.param(1, 1, 0.2, False, 1, id="no more after one that took a while"),
        pytest.param(250, 3, 0.001, False, MOST, id="few that were quick do not lower it"),
        pytest.param(250, 0, 0.0, False, MOST, id="nor does a batch that was not begun"),
        pytest.param(250, 250, 0.1, True, 1, id="one after a slow one, however quick the others"),
        pytest.param(1, 1, 0.0, False, GROWTH, id="a clock that did not move"),
    ],
)
def test_the_next_batch_is_as_large_as_the_last_one_was_quick(
    before: int, begun: int, seconds: float, was_slow: bool, after: int
) -> None:
    kept = pace(before)
    kept.note(begun, seconds, was_slow=was_slow)
    assert kept.size == after


def test_a_worker_that_has_just_started_begins_with_one() -> None:
    assert Pace().size == 1
