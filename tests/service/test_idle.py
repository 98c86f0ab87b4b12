"""What a tick that has nothing to do asks of the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from service.conftest import MONDAY_NINE, SECOND, Clock
from sqlalchemy import event

from autopilot.service.context import App
from autopilot.service.tick import next_wake, tick


@contextmanager
def asked(app: App) -> Iterator[list[str]]:
    """The statements that the store is given meanwhile, its transactions' own left out."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "SET ")):
            statements.append(statement)

    event.listen(app.database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(app.database.engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    "act", [tick, lambda app: next_wake(app, app.clock())], ids=["tick", "wake"]
)
def test_one_question_tells_that_nothing_is_due(energy: App, act: object) -> None:
    with asked(energy) as statements:
        act(energy)  # type: ignore[operator]
    (statement,) = statements
    assert statement.startswith("SELECT")


def test_an_idle_tick_is_told_from_one_that_had_something(energy: App, clock: Clock) -> None:
    assert not tick(energy).did_something
    clock.now = MONDAY_NINE + SECOND
    assert tick(energy).did_something
