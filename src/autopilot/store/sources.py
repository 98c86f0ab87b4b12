"""Sources: the feeds of a specification, with what the last fetch said and what to send next time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, insert, select, update

from autopilot.domain.content import Fetched, SourceReport
from autopilot.domain.specification import Source
from autopilot.store.tables import sources

ACTIVE, CANCELLED = "active", "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """One row of `sources`; `etag` and `last_modified` make the next request conditional."""

    id: UUID
    specification_id: UUID
    source: Source
    status: str
    etag: str | None
    last_modified: str | None


def list_sources(
    connection: Connection, specification_id: UUID, *, with_cancelled: bool = False
) -> Sequence[SourceRow]:
    """Return the sources of a specification in the order they were written."""
    query = (
        select(sources)
        .where(sources.c.specification_id == specification_id)
        .order_by(sources.c.position, sources.c.url)
    )
    if not with_cancelled:
        query = query.where(sources.c.status == ACTIVE)
    return [_row(row) for row in connection.execute(query)]


def add_source(
    connection: Connection, specification_id: UUID, source: Source, *, position: int
) -> None:
    """Insert a source."""
    connection.execute(
        insert(sources).values(
            id=uuid4(),
            specification_id=specification_id,
            url=source.url,
            document=source.model_dump(mode="json"),
            position=position,
        )
    )


def save_source(connection: Connection, source_id: UUID, source: Source, *, position: int) -> None:
    """Write what a person said of a source; a cancelled one is active again."""
    connection.execute(
        update(sources)
        .where(sources.c.id == source_id)
        .values(document=source.model_dump(mode="json"), position=position, status=ACTIVE)
    )


def cancel_sources(connection: Connection, source_ids: Iterable[UUID]) -> None:
    """Mark sources as cancelled; their articles stay."""
    connection.execute(
        update(sources).where(sources.c.id.in_(list(source_ids))).values(status=CANCELLED)
    )


def record_fetch(
    connection: Connection, source_id: UUID, fetched: Fetched, report: SourceReport, now: datetime
) -> None:
    """Keep how a source answered; validators change only when it gave a new body."""
    values: dict[str, object] = {
        "last_fetched_at": now,
        "last_status": report.status.value,
        "last_error": report.error,
    }
    if fetched.error is None and not fetched.unchanged:
        values |= {"etag": fetched.etag, "last_modified": fetched.last_modified}
    connection.execute(update(sources).where(sources.c.id == source_id).values(**values))


def _row(row: Row[Any]) -> SourceRow:
    return SourceRow(
        id=row.id,
        specification_id=row.specification_id,
        source=Source.model_validate(row.document),
        status=row.status,
        etag=row.etag,
        last_modified=row.last_modified,
    )
