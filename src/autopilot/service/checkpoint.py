"""Checkpoints: a step's frozen output as compressed JSON, so that a resumed run goes on from it."""

from __future__ import annotations

import zlib
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")
LEVEL = 6


@cache
def _adapter(kind: type[T]) -> TypeAdapter[T]:
    return TypeAdapter(kind)


def pack(value: object) -> bytes:
    """Return the value as bytes that `unpack` reads back to an equal value."""
    return zlib.compress(_adapter(type(value)).dump_json(value), LEVEL)


def unpack(kind: type[T], content: bytes) -> T:
    """Return the value of this type that was packed."""
    return _adapter(kind).validate_json(zlib.decompress(content))


def plain(value: object) -> dict[str, Any]:
    """Return a frozen value as JSON-able dicts, lists, strings and numbers."""
    dumped: dict[str, Any] = _adapter(type(value)).dump_python(value, mode="json")
    return dumped
