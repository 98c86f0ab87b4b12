"""Google Cloud: functions for `functions-framework` - one that Cloud Scheduler calls by HTTP, one for
CloudEvents, such as a message of Pub/Sub. Each call makes one pass.

deploy/google/main.py is what the framework loads; it calls `prepare` before anything comes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import structlog
from pydantic import ValidationError

from autopilot.domain.bearer import bearer_in
from autopilot.drivers.container import Container, sentence_of
from autopilot.errors import (
    AutopilotError,
    LoginRequired,
    Problem,
    SettingsInvalid,
    StoreUnavailable,
)
from autopilot.service.backlog import left_over
from autopilot.service.passing import pass_values
from autopilot.service.tick_callers import TickCallers, takes_ticks
from autopilot.service.tick_wishes import MAX_BODY_BYTES, Wish, pass_as_wished, wish_of

if TYPE_CHECKING:
    from flask import Request

log = structlog.get_logger(__name__)
EVENT_SECONDS = 240.0  # a message is given again after its subscription's ten minutes
Answer = tuple[dict[str, Any], int, dict[str, str]]


def prepare(environ: Mapping[str, str] | None = None) -> None:
    """Read the settings before the first call, so that a function that cannot work does not start.

    Connects to nothing: the framework forks after this. Ends the process with a sentence.
    """
    given = os.environ if environ is None else environ
    try:
        container = _container()
        if given.get("FUNCTION_TARGET") == "tick_http":
            _refuse_nobody(container)
    except AutopilotError as error:
        raise SystemExit(sentence_of(error)) from None


def tick_http(request: Request) -> Answer:
    """Make one pass for a caller who is known; the body may hold a wish, as for POST /tick."""
    try:
        return _answer(request)
    except LoginRequired as error:
        return _told(401, sentence_of(error), **{"WWW-Authenticate": "Bearer"})
    except StoreUnavailable as error:
        return _told(503, _logged(error), **{"Retry-After": "30"})
    except Exception as error:  # noqa: BLE001 - the framework would show its words to the caller
        return _told(500, _logged(error))


def tick_event(_event: object) -> None:
    """Make one pass, whatever the event says; whoever may send events is Google's to check.

    A fault is answered with 503, and the event comes again.
    """
    from werkzeug.exceptions import ServiceUnavailable  # the framework's own, without a trace

    try:
        values = _pass(Wish(seconds=EVENT_SECONDS))
    except Exception as error:  # noqa: BLE001 - as above
        raise ServiceUnavailable(_logged(error)) from None
    log.info("A pass has ended.", action="tick", runs=len(values["runs"]), left=values["left"])


@cache
def _container() -> Container:
    return Container()


@cache
def _callers() -> TickCallers:
    return TickCallers(_container().app())


def _answer(request: Request) -> Answer:
    if request.method != "POST":
        return _told(405, "Only POST makes a pass.", Allow="POST")
    _callers().admit(bearer_in(request.headers.get("Authorization", "")))
    body = request.get_data()  # Google's own front takes 32 MB at most, and the caller is known
    if len(body) > MAX_BODY_BYTES:
        return _told(413, f"At most {MAX_BODY_BYTES} bytes are read.")
    try:
        wish = wish_of(body)
    except ValidationError:
        return _told(422, 'The body cannot be used. Leave it empty, or: {"seconds": 50}')
    return _pass(wish), 200, {}


def _pass(wish: Wish) -> dict[str, Any]:
    app = _container().app()
    return pass_values(pass_as_wished(app, wish)) | {"left": left_over(app)}


def _refuse_nobody(container: Container) -> None:
    if takes_ticks(container.settings):
        return
    told = "it is not set: nobody could call this function"
    raise SettingsInvalid(
        "The function cannot work like this:",
        [Problem(path="AUTOPILOT_TICK_OIDC_ISSUER", message=told)],
        hint="Set it with AUTOPILOT_TICK_OIDC_AUDIENCE and AUTOPILOT_TICK_OIDC_SERVICE_ACCOUNT.",
    )


def _told(status: int, sentence: str, **headers: str) -> Answer:
    return {"error": sentence}, status, headers


def _logged(error: Exception) -> str:
    sentence = sentence_of(error)
    log.warning("A pass failed.", action="tick", error=sentence)
    return sentence
