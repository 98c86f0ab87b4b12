"""AWS Lambda: EventBridge Scheduler invokes `handler`, which makes one pass within its time.

`autopilot.drivers.on_lambda.handler` is the handler's name. Whoever asks this module for it (Lambda
does when a container starts) makes the container: what is wrong with its settings or its store is
then an error of the start, which AWS counts, and not one of every call.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache, partial
from typing import Any, NoReturn, Protocol

import structlog

from autopilot.drivers.container import Container, sentence_of
from autopilot.service.backlog import left_over
from autopilot.service.passing import pass_once, pass_values

log = structlog.get_logger(__name__)
BEGIN_PART = 0.5  # of the time that is left nothing new begins in the second half
LEAST_SECONDS = 10.0  # to end what was begun; with less than this left nothing begins
LAST_SECONDS = 5.0  # then the step in hand is the last, and its run goes back to the queue

Handler = Callable[[object, "Context"], dict[str, Any]]


class Context(Protocol):
    """What AWS tells of an invocation, as far as it matters here."""

    def get_remaining_time_in_millis(self) -> int:
        """Return how long it is until the function is ended."""


def __getattr__(name: str) -> Handler:
    """Make the handler for whoever asks for it by name."""
    if name != "handler":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _handler()


@cache
def _handler() -> Handler:
    try:
        container = Container()
        container.app()
    except Exception as error:  # noqa: BLE001 - told to AWS, and to the log
        _fail(error)
    return partial(handle, container)


def handle(container: Container, _event: object, context: Context) -> dict[str, Any]:
    """Make one pass and return what it did; `left` counts what is due and was not begun."""
    try:
        return _pass(container, context)
    except Exception as error:  # noqa: BLE001 - told to AWS, and to the log
        _fail(error)


def _pass(container: Container, context: Context) -> dict[str, Any]:
    app, seconds = container.app(), _remaining(context)
    begins = timedelta(seconds=seconds - max(LEAST_SECONDS, seconds * (1 - BEGIN_PART)))
    done = pass_once(
        app,
        deadline=app.clock() + begins,
        stopping=lambda: _remaining(context) < LAST_SECONDS,
    )
    return pass_values(done) | {"left": left_over(app)}


def _remaining(context: Context) -> float:
    return context.get_remaining_time_in_millis() / 1_000


def _fail(error: Exception) -> NoReturn:
    """Fail as AWS's runtime client wants it: a kind and a sentence, without a trace."""
    from awslambdaric.lambda_runtime_exception import FaultException

    raise FaultException(type(error).__name__, sentence_of(error)) from None
