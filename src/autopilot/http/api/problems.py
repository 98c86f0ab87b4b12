"""Problems: what went wrong as `application/problem+json` (RFC 9457), for every fault the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from autopilot.errors import (
    ArtifactLost,
    AutopilotError,
    Conflict,
    Forbidden,
    InputRefused,
    LoginRequired,
    NotFound,
    OutgoingRefused,
    RelayUnusable,
    SourceUnreachable,
    StoreUnavailable,
)

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

log = structlog.get_logger(__name__)
MEDIA_TYPE = "application/problem+json"
MOST = 100  # faults of one input that are told
# The first class that fits decides; the tree in `errors` is drawn from general to special.
STATUSES: tuple[tuple[type[AutopilotError], int, str], ...] = (
    (LoginRequired, 401, "A token is needed"),
    (Forbidden, 403, "Not allowed"),
    (NotFound, 404, "Not found"),
    (Conflict, 409, "Not possible as things are"),
    (ArtifactLost, 410, "The content is lost"),
    (InputRefused, 422, "The input cannot be used"),
    (OutgoingRefused, 422, "The address cannot be used"),
    (SourceUnreachable, 422, "The source does not answer"),
    (RelayUnusable, 502, "The mail relay cannot be used"),
    (StoreUnavailable, 503, "The store does not answer"),
)
_TITLES = {
    400: "The request cannot be read",
    401: "A token is needed",
    403: "Not allowed",
    404: "Not found",
    405: "This address does not take this method",
    413: "Too much",
    415: "Not JSON",
    422: "The input cannot be used",
    429: "Too often",
}


class Fault(BaseModel):
    """One thing wrong with the input: where, what, and what would be taken."""

    path: str
    message: str
    allowed: str | None = None
    example: str | None = None


class ProblemDetails(BaseModel):
    """What went wrong (RFC 9457); `hint` says what to do next, `problems` each fault of an input."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    hint: str | None = None
    problems: list[Fault] | None = None


def problem(
    status: int,
    detail: str,
    *,
    title: str | None = None,
    hint: str | None = None,
    problems: list[Fault] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """Return the answer for something that did not work."""
    details = ProblemDetails(
        title=title or _TITLES.get(status, "It did not work"),
        status=status,
        detail=detail,
        hint=hint,
        problems=problems,
    )
    if status == 401:
        headers = {"WWW-Authenticate": "Bearer"} | (headers or {})
    return JSONResponse(
        details.model_dump(exclude_none=True),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers=headers,
    )


def add_handlers(api: FastAPI) -> None:
    """Let an API answer every fault as a problem."""
    api.add_exception_handler(AutopilotError, _expected)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(HTTPException, _refused)
    api.add_exception_handler(Exception, _unexpected)


def _expected(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AutopilotError)
    return expected(error)


def expected(error: AutopilotError) -> JSONResponse:
    """Return the answer that tells an expected fault."""
    status, title = next(
        ((status, title) for kind, status, title in STATUSES if isinstance(error, kind)),
        (500, "It did not work"),
    )
    faults = None
    if isinstance(error, InputRefused):
        faults = [
            Fault(
                path=it.path.removeprefix("--"),
                message=it.message,
                allowed=it.allowed,
                example=it.example,
            )
            for it in error.problems
        ]
    headers = {"Retry-After": "30"} if status == 503 else None
    return problem(
        status, error.message, title=title, hint=error.hint, problems=faults, headers=headers
    )


def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    faults = [
        Fault(path=_place(it), message=str(it.get("msg", ""))) for it in error.errors()[:MOST]
    ]
    return problem(422, "The request does not have the form of this address.", problems=faults)


def _place(fault: Any) -> str:
    return ".".join(str(part) for part in fault.get("loc", ()))


def _refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == 400:
        # What the framework says of a body that it cannot parse, whatever is wrong with it.
        return problem(422, "The body is not JSON.")
    return problem(
        error.status_code,
        str(error.detail),
        headers=dict(error.headers) if error.headers else None,
    )


def _unexpected(_request: Request, error: Exception) -> JSONResponse:
    log.error("The API met a fault of Autopilot's own.", action="api", error=type(error).__name__)
    return problem(500, "Autopilot met a fault of its own; it is in the log.")
