"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from autopilot.domain.instants import as_utc


class Json(TypeDecorator[Any]):
    """JSON text on SQLite, JSONB on PostgreSQL; None is NULL, not JSON's null."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type of this database."""
        if dialect.name != "postgresql":
            return dialect.type_descriptor(JSON(none_as_null=True))
        from sqlalchemy.dialects.postgresql import JSONB  # late: 2 MiB that SQLite has no use for

        return dialect.type_descriptor(JSONB(none_as_null=True))


Document = Json()


class Words(TypeDecorator[str]):
    """PostgreSQL's words of a text, made by the database (`to_tsvector`); text on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type of this database."""
        if dialect.name != "postgresql":
            return dialect.type_descriptor(Text())
        from sqlalchemy.dialects.postgresql import TSVECTOR  # late, as above

        return dialect.type_descriptor(TSVECTOR())


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime. SQLite keeps it as UTC text that sorts; naive values are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """Return what makes an instant SQLite's text; the library's way takes five times as long."""
        return as_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """Return what makes an instant of SQLite's text."""
        return _of_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Check that the value is aware; PostgreSQL stores it as it is."""
        return None if value is None else as_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the stored instant as aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def as_text(moment: datetime | None) -> str | None:
    """Return an instant as SQLite keeps it: UTC, always with microseconds, so that text sorts."""
    if moment is None:
        return None
    # Only UTC may be looked up: elsewhere both passes of a repeated hour compare as equal.
    return _text_of(moment if moment.tzinfo is UTC else as_utc(moment))


# A batch writes and reads the same few instants over and over.
@lru_cache(maxsize=1_024)
def _text_of(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(" ", "microseconds")


@lru_cache(maxsize=1_024)
def _of_text(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)
