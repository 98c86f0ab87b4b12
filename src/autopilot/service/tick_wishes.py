"""Tick wishes: what an outside clock may say with its call, and the pass that keeps to it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from autopilot.service.context import App

if TYPE_CHECKING:
    from autopilot.service.passing import Pass

MAX_BODY_BYTES = 4_096
USUAL_SECONDS = 50.0  # outside clocks give up after a minute
MOST_SECONDS = 600.0


class Wish(BaseModel):
    """What a caller may say: how many runs at most, and after how many seconds nothing new begins."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=10_000)] | None = None
    seconds: Annotated[float, Field(ge=1, le=MOST_SECONDS)] = USUAL_SECONDS


def wish_of(body: bytes) -> Wish:
    """Return what a body says, all as usual where it is empty; raises pydantic's ValidationError."""
    return Wish.model_validate_json(body) if body.strip() else Wish()


def pass_as_wished(app: App, wish: Wish) -> Pass:
    """Make one pass that begins nothing when the caller's time is over."""
    from autopilot.service.passing import pass_once  # late: it brings the pipeline

    deadline = app.clock() + timedelta(seconds=wish.seconds)
    return pass_once(app, limit=wish.limit, deadline=deadline)
