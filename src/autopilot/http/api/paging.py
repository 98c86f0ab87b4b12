"""Paging: lists come in pages; each but the last says with which cursor the next one is had."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from autopilot.errors import InputRefused, Problem

T = TypeVar("T")
MOST = 200
LONGEST_CURSOR = 500

Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most.")]
Cursor = Annotated[
    str | None,
    Query(max_length=LONGEST_CURSOR, description="`next` of the page before; none for the first."),
]


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    items: list[T]
    next: str | None = Field(
        default=None, description="The cursor of the next page; null at the end."
    )


def cursor_of(place: Sequence[Any]) -> str:
    """Return where a page ended, as text for an address: plain values, in the order of the list."""
    return urlsafe_b64encode(json.dumps(list(place), default=str).encode()).decode().rstrip("=")


def place_of(cursor: str | None, *, parts: int) -> list[Any] | None:
    """Return what a cursor says; raises InputRefused for one that was not made here."""
    if cursor is None:
        return None
    try:
        place = json.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
        if isinstance(place, list) and len(place) == parts:
            return place
    except ValueError:
        pass
    message = "is not the `next` of a page"
    raise InputRefused("The page cannot be found:", [Problem(path="cursor", message=message)])
