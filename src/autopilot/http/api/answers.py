"""What several groups answer and take alike: pages, versions, texts that a store can keep."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from fastapi import Header
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints

from autopilot.errors import InputRefused, Problem
from autopilot.http.api.paging import Page, cursor_of
from autopilot.service.listing import Listed

T = TypeVar("T")
Out = TypeVar("Out")
FIRST_YEAR, LAST_YEAR = 1970, 2199


def _in_reach(moment: datetime) -> datetime:
    """Calendars of zones end somewhere, and the times of newsletters long before."""
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"lies outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return moment.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_in_reach)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=100,
        description="The `ETag` that the change began with: 409 where it is another one by now.",
    ),
]


class Given(BaseModel):
    """A body: keys that it does not know are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Shown(BaseModel):
    """An answer: exactly these keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def page_of(found: Listed[T], shown: Callable[[T], Out]) -> Page[Out]:
    """Return a page of what was listed."""
    return Page(
        items=[shown(it) for it in found.items],
        next=None if found.next is None else cursor_of(found.next),
    )


def etag_of(text: str | None) -> str | None:
    """Return what an If-Match names; None where it names nothing, or anything."""
    if text is None or text.strip() == "*":
        return None
    return text.strip().removeprefix("W/").strip('"')


def version_of(if_match: str | None, version: int | None = None) -> int | None:
    """Return the version a change began with, given in the body, as If-Match, or not at all."""
    named = etag_of(if_match)
    if named is None:
        return version
    if not named.isascii() or not named.isdigit() or len(named) > 9:
        message = "is not the ETag of this thing"
        raise InputRefused(
            "The version cannot be read:",
            [Problem(path="header.If-Match", message=message, example='"3"')],
        )
    if version is not None and version != int(named):
        message = "differs from the version in the body"
        raise InputRefused(
            "The version is not clear:", [Problem(path="header.If-Match", message=message)]
        )
    return int(named)
