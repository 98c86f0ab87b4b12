"""Sources: what a specification reads, how each answered, what to send next time, when to look again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, and_, func, insert, select, update

from autopilot.domain.specification import Source
from autopilot.store.tables import autopilot_schedules, newsletter_specifications, sources

ACTIVE, CANCELLED = "active", "cancelled"
AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
"""The `check_at` of a source that nobody has looked at yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """What is known of a source besides what a person said of it.

    `etag` and `last_modified` make the next request conditional. `last_status` is a word of
    SourceStatus or of service/source_state, `moved_to` the address that is asked in place of the
    source's own, `found_kind` what it turned out to be. `interval` is the time between two looks,
    `check_at` the next one; None means that only issues look.
    """

    etag: str | None = None
    last_modified: str | None = None
    last_fetched_at: datetime | None = None
    last_status: str | None = None
    last_error: str | None = None
    title: str | None = None
    found_kind: str | None = None
    last_good_at: datetime | None = None
    newest_article_at: datetime | None = None
    consecutive_failures: int = 0
    moved_to: str | None = None
    interval_seconds: int | None = None
    check_at: datetime | None = None


UNKNOWN = SourceState()
_STATE = tuple(field.name for field in fields(SourceState))


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """One row of `sources`: what a person said, and what is known."""

    id: UUID
    specification_id: UUID
    source: Source
    status: str
    state: SourceState = UNKNOWN

    @property
    def asked_url(self) -> str:
        """The address to ask: where the source moved to, else its own."""
        return self.state.moved_to or self.source.url


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
    return [source_of(row) for row in connection.execute(query)]


def get_sources(connection: Connection, source_ids: Iterable[UUID]) -> Mapping[UUID, SourceRow]:
    """Return these sources by id."""
    query = select(sources).where(sources.c.id.in_(list(source_ids)))
    return {row.id: source_of(row) for row in connection.execute(query)}


def add_source(
    connection: Connection, specification_id: UUID, source: Source, *, position: int
) -> None:
    """Insert a source; it is looked at as soon as somebody looks at sources."""
    connection.execute(
        insert(sources).values(
            id=uuid4(),
            specification_id=specification_id,
            url=source.url,
            document=source.model_dump(mode="json"),
            position=position,
            check_at=AT_ONCE,
        )
    )


def next_position(connection: Connection, specification_id: UUID) -> int:
    """Return the position after a specification's last source."""
    query = select(func.max(sources.c.position)).where(
        sources.c.specification_id == specification_id
    )
    last = connection.execute(query).scalar()
    return 0 if last is None else int(last) + 1


def save_source(
    connection: Connection, source_id: UUID, source: Source, *, position: int | None = None
) -> None:
    """Write what a person said of a source; a cancelled one is active again.

    What was found out of it is found out anew: it may be read as another kind from now on. Without
    a `position` it keeps its place.
    """
    connection.execute(
        update(sources)
        .where(sources.c.id == source_id)
        .values(
            document=source.model_dump(mode="json"),
            position=sources.c.position if position is None else position,
            status=ACTIVE,
            etag=None,
            last_modified=None,
            found_kind=None,
            moved_to=None,
            check_at=AT_ONCE,
        )
    )


def cancel_sources(connection: Connection, source_ids: Iterable[UUID]) -> None:
    """Mark sources as cancelled; their articles stay."""
    connection.execute(
        update(sources)
        .where(sources.c.id.in_(list(source_ids)))
        .values(status=CANCELLED, check_at=None)
    )


def record_look(connection: Connection, source_id: UUID, state: SourceState) -> None:
    """Write what is known of a source after somebody looked at it."""
    values = {name: getattr(state, name) for name in _STATE}
    connection.execute(update(sources).where(sources.c.id == source_id).values(**values))


def claim_due(
    connection: Connection, now: datetime, *, until: datetime, limit: int
) -> Sequence[SourceRow]:
    """Take sources whose time has come: nobody else gets them before `until`; oldest first.

    Where nothing is due this is one look into the index of `check_at`.
    """
    query = (
        select(sources.c.id)
        .where(sources.c.check_at <= now, sources.c.status == ACTIVE)
        .order_by(sources.c.check_at)
        .limit(limit)
    )
    due = list(connection.execute(query).scalars())
    if not due:
        return ()
    # The time is compared again: on PostgreSQL another worker may have taken them in between.
    taken = connection.execute(
        update(sources)
        .where(sources.c.id.in_(due), sources.c.check_at <= now)
        .values(check_at=until)
        .returning(sources.c.id)
    ).scalars()
    found = get_sources(connection, list(taken))
    return [found[source_id] for source_id in due if source_id in found]


def without_schedule(connection: Connection, source_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Return which of these belong to no specification that an enabled schedule makes issues of."""
    spec, schedule = newsletter_specifications, autopilot_schedules
    active = (
        select(sources.c.id)
        .join(spec, and_(spec.c.id == sources.c.specification_id, spec.c.status == ACTIVE))
        .join(schedule, and_(schedule.c.specification_id == spec.c.id, schedule.c.enabled))
        .where(sources.c.id.in_(wanted := list(source_ids)))
        .distinct()
    )
    return frozenset(wanted) - frozenset(connection.execute(active).scalars())


def put_off(connection: Connection, source_ids: Iterable[UUID], until: datetime) -> None:
    """Look at these sources no earlier than `until`."""
    connection.execute(
        update(sources).where(sources.c.id.in_(list(source_ids))).values(check_at=until)
    )


def next_check_at(connection: Connection) -> datetime | None:
    """Return when the next source is to be looked at, or None; one look into an index."""
    return connection.execute(_NEXT_CHECK).scalar()


def interval_of(state: SourceState) -> timedelta | None:
    """Return the time between two looks, or None where none was chosen yet."""
    seconds = state.interval_seconds
    return None if seconds is None else timedelta(seconds=seconds)


def source_of(row: Row[Any]) -> SourceRow:
    """Return the source a row holds."""
    return SourceRow(
        id=row.id,
        specification_id=row.specification_id,
        source=Source.model_validate(row.document),
        status=row.status,
        state=SourceState(**{name: getattr(row, name) for name in _STATE}),
    )


# Built once: every idle tick asks it.
_NEXT_CHECK = (
    select(sources.c.check_at)
    .where(sources.c.check_at.is_not(None))
    .order_by(sources.c.check_at)
    .limit(1)
)
