"""What other processes do to a store during a test; they find it by module name."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable

from sqlalchemy import select, update

from autopilot.store.database import open_database
from autopilot.store.migrate import migrate
from autopilot.store.tables import workspaces

SPAWN = multiprocessing.get_context("spawn")


def together(count: int, work: Callable[..., None], *arguments: object) -> list[int | None]:
    """Runs the same work in several processes at once and returns their exit codes."""
    working = [SPAWN.Process(target=work, args=arguments) for _ in range(count)]
    for process in working:
        process.start()
    for process in working:
        process.join(60)
    return [process.exitcode for process in working]


def count_up(url: str, times: int) -> None:
    """Adds to a number by reading it first, which loses updates unless writers take turns."""
    database = open_database(url)
    for _ in range(times):
        with database.begin() as connection:
            number = int(connection.scalar(select(workspaces.c.name).with_for_update()) or 0)
            connection.execute(update(workspaces).values(name=str(number + 1)))
    database.close()


def bring_up_to_date(url: str) -> None:
    """Migrates a store."""
    database = open_database(url)
    migrate(database)
    database.close()
