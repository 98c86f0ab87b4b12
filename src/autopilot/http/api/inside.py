"""Inside: in which workspace something is to be made, and how much may go on at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import HTTPException, Query

from autopilot.errors import InputRefused, Problem

if TYPE_CHECKING:
    from autopilot.domain.access import Right
    from autopilot.service.access.reach import Reach

Inside = Annotated[
    UUID | None,
    Query(description="In which workspace; may be left out where the token is for one."),
]
SearchText = Annotated[
    str, Query(max_length=200, pattern=r"^[^\x00]*$", description="Words to look for.")
]


def workspace_in(caller: Reach, workspace_id: UUID | None, right: Right) -> UUID:
    """Return the workspace that is meant, once the caller has this right in it."""
    if workspace_id is not None:
        return caller.workspace(workspace_id, right).id
    mine = caller.workspaces()
    if len(mine) != 1:
        message = "must be given: more than one workspace could be meant"
        raise InputRefused(
            "The workspace is not clear:", [Problem(path="workspace_id", message=message)]
        )
    return caller.workspace(mine[0].id, right).id


class Turnstile:
    """Lets a few through at once; whoever finds it full is told to come back.

    For what takes long: it would hold the threads that answer everybody else.
    """

    def __init__(self, most: int, *, again_seconds: int = 10) -> None:
        self._free = BoundedSemaphore(most)
        self._again = again_seconds

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Be counted inside for a while; answers 429 where it is full."""
        if not self._free.acquire(blocking=False):
            raise HTTPException(
                429,
                "Several of these are under way already.",
                headers={"Retry-After": str(self._again)},
            )
        try:
            yield
        finally:
            self._free.release()


SLOW = Turnstile(4)
"""Asks other sites, or works through weeks of articles."""
