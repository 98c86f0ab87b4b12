"""Huey with SQLite or Redis: a queue with times; its consumer runs in this process."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from huey import RedisHuey, SqliteHuey
from huey.storage import SqliteStorage

from benchmarks.case import Case
from benchmarks.marker import connect, job, sqlite_pragmas

IMMEDIATE_SECONDS = 1.0


def open_peer(case: Case) -> Huey:
    """Return Huey on the case's store."""
    return Huey(case)


class EquallyDurable(SqliteStorage):  # type: ignore[misc]
    """Huey's storage with the pragmas of the run: its `fsync` option knows only OFF and FULL."""

    case: Case

    def _create_connection(self) -> Any:
        connection = super()._create_connection()
        for statement in sqlite_pragmas(self.case):
            connection.execute(statement)
        return connection


class Huey:
    """One consumer with one worker thread."""

    ends_itself = False

    def __init__(self, case: Case) -> None:
        self.case = case
        if case.is_sqlite:
            EquallyDurable.case = case
            self.huey = SqliteHuey(
                "bench",
                results=False,
                filename=case.address,
                journal_mode=case.journal,
                storage_class=EquallyDurable,
            )
        else:
            self.huey = RedisHuey("bench", results=False, url=case.broker)
        self.task = self.huey.task(name="job")(job)

    def fill(self, count: int, due: float) -> None:
        """Enqueue what is due already; what is not goes to Huey's schedule."""
        if due <= time.time() + IMMEDIATE_SECONDS:
            tasks = [self.task.s(f"{due} {number}") for number in range(count)]
            if self.case.is_sqlite:
                self._insert(
                    "INSERT INTO task (queue, data, priority) VALUES (?, ?, 0)",
                    [("bench", self.huey.serialize_task(task)) for task in tasks],
                )
                return
            for task in tasks:
                self.huey.enqueue(task)
            return
        self._schedule(count, due)

    def work(self) -> None:
        """Start the consumer's threads."""
        consumer = self.huey.create_consumer(workers=1, periodic=False)
        consumer.start()
        while True:
            time.sleep(60)

    def _schedule(self, count: int, due: float) -> None:
        eta = datetime.fromtimestamp(due)  # noqa: DTZ006 - Huey's storage reads local time
        if self.case.is_sqlite:
            rows = []
            for number in range(count):
                task = self.task.s(number)
                task.eta = eta
                rows.append(("bench", self.huey.serialize_task(task), due))
            self._insert("INSERT INTO schedule (queue, data, timestamp) VALUES (?, ?, ?)", rows)
            return
        for number in range(count):
            task = self.task.s(number)
            task.eta = eta
            self.huey.add_schedule(task)

    def _insert(self, statement: str, rows: list[tuple[Any, ...]]) -> None:
        """In one transaction: how long the filling takes is not measured."""
        connection = connect(self.case)
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(statement, rows)
        connection.execute("COMMIT")
        connection.close()
