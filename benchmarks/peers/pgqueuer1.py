"""pgqueuer on PostgreSQL."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import psycopg
from pgqueuer import PgQueuer
from pgqueuer.models import Job
from pgqueuer.queries import Queries

from benchmarks.case import Case
from benchmarks.marker import job

CHUNK = 10_000


def open_peer(case: Case) -> PgqueuerPeer:
    """Return pgqueuer on the case's store."""
    return PgqueuerPeer(case)


class PgqueuerPeer:
    """One worker with the default batches."""

    ends_itself = False

    def __init__(self, case: Case) -> None:
        self.case = case

    def fill(self, count: int, due: float) -> None:
        """Make its tables and enqueue in large batches."""
        asyncio.run(self._fill(count, due))

    def work(self) -> None:
        """Run the worker in this thread."""
        asyncio.run(self._work())

    async def _fill(self, count: int, due: float) -> None:
        async with await psycopg.AsyncConnection.connect(
            self.case.address, autocommit=True
        ) as connection:
            queries = Queries.from_psycopg_connection(connection)
            if not await queries.has_table("pgqueuer"):
                await queries.install()
            for start in range(0, count, CHUNK):
                size = min(CHUNK, count - start)
                wait = timedelta(seconds=max(0.0, due - time.time()))
                await queries.enqueue(
                    ["job"] * size,
                    [f"{due} {start + number}".encode() for number in range(size)],
                    [0] * size,
                    [wait] * size,
                )

    async def _work(self) -> None:
        connection = await psycopg.AsyncConnection.connect(self.case.address, autocommit=True)
        queuer = PgQueuer.from_psycopg_connection(connection)

        @queuer.entrypoint("job")
        async def _job(found: Job) -> None:
            job((found.payload or b"").decode())

        await queuer.run()
