"""The caller: whose token a request carries, and so what it can reach."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query
from fastapi.security import HTTPBearer

from autopilot.domain.access import Principal
from autopilot.errors import AutopilotError, InputRefused, LoginRequired, Problem
from autopilot.service.access.reach import Reach

if TYPE_CHECKING:
    from fastapi.routing import APIRoute

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="A token of one workspace: `autopilot tokens create NAME --workspace W --role viewer`.",
)


def caller(request: Request, _given: Annotated[object, Depends(_bearer)]) -> Reach:
    """Return what the request's token reaches; raises LoginRequired without a good one.

    What stands in the address beside what it takes is refused: a filter with a typing error would
    be none.
    """
    found = request.state.bearer
    if isinstance(found, AutopilotError):
        raise found
    if not isinstance(found, Principal):
        raise LoginRequired("The request carries no token.")
    _refuse_unknown(request)
    return Reach(request.app.state.autopilot, found)


def _refuse_unknown(request: Request) -> None:
    given = request.query_params.keys()
    if not given:
        return
    known = _known(request.scope["route"])
    problems = [
        Problem(path=f"query.{name[:100]}", message=_unknown(name, known), allowed=", ".join(known))
        for name in dict.fromkeys(given)
        if name not in known
    ]
    if problems:
        raise InputRefused("The address cannot be used:", problems)


def _unknown(name: str, known: list[str]) -> str:
    near = get_close_matches(name[:50], known, n=1)
    return f"is unknown; did you mean {near[0]!r}?" if near else "is unknown"


def _known(route: APIRoute) -> list[str]:
    """The parameters that stand in this route's address."""
    fields = get_flat_params(route.dependant)
    return [field.alias for field in fields if isinstance(field.field_info, Query)]


Caller = Annotated[Reach, Depends(caller)]
