"""The caller: whose token a request carries, and so what it can reach."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from autopilot.errors import LoginRequired
from autopilot.service.access.reach import Reach
from autopilot.service.access.tokens import bearer_of_token

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="A token of one workspace: `autopilot tokens create NAME --workspace W --role viewer`.",
)


def caller(
    request: Request,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Reach:
    """Return what the request's token reaches; raises LoginRequired without a good one."""
    if given is None:
        raise LoginRequired(
            "The request carries no token.",
            hint="Send it as the header `Authorization: Bearer TOKEN`.",
        )
    app = request.app.state.autopilot
    return Reach(app, bearer_of_token(app, given.credentials))


Caller = Annotated[Reach, Depends(caller)]
