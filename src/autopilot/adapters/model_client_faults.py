"""Says what went wrong with a model call, whether to try again, and when. Imports the SDK."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

import httpx2
import openai

from autopilot.domain.model import ModelAnswer
from autopilot.errors import OutgoingRefused

SERVERS_DOING = (OutgoingRefused, httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError)
_BUSY = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
_FOR_ALL = frozenset({401, 402, 403, 404})  # no other question would fare better
_NO_MONEY = frozenset({"insufficient_quota", "billing_hard_limit_reached", "credit_limit_reached"})
_SCHEMA_WORDS = ("response_format", "json_schema", "text.format", "structured output")


def pause(error: Exception, *, seconds_left: float) -> bool | float:
    """Return whether to ask again after this error, or after how many seconds the server wants it."""
    if isinstance(error, openai.APIStatusError):
        if error.status_code not in _BUSY or _code(error) in _NO_MONEY:
            return False
        wait = _retry_after(error)
        if wait is None:
            return True
        return wait if wait < seconds_left else False
    if isinstance(error, openai.APIConnectionError):
        return not isinstance(error.__cause__, OutgoingRefused)
    return False


def fault(error: Exception, model: str) -> ModelAnswer:
    """Return what an error means to people."""
    if isinstance(error, openai.APIStatusError):
        return _status_fault(error, model)
    refused = error if isinstance(error, OutgoingRefused) else error.__cause__
    if isinstance(refused, OutgoingRefused):
        return ModelAnswer(error=f"the model's address was refused: {refused}", is_final=True)
    if isinstance(error, openai.APITimeoutError):
        return ModelAnswer(error="the model's server did not answer in time", is_lost=True)
    cause = error.__cause__ or error
    told = " ".join(str(cause).split())[:200] or type(cause).__name__
    if isinstance(cause, httpx2.ReadError | httpx2.RemoteProtocolError):
        return ModelAnswer(error=f"the model's server broke off its answer: {told}", is_lost=True)
    return ModelAnswer(error=f"the model's server could not be reached: {told}")


def is_about_the_schema(error: Exception) -> bool:
    """Say whether a server refused a question for the form of answer that it asks for."""
    if not isinstance(error, openai.BadRequestError | openai.UnprocessableEntityError):
        return False
    return any(word in str(error).lower() for word in _SCHEMA_WORDS)


def _status_fault(error: openai.APIStatusError, model: str) -> ModelAnswer:
    status = error.status_code
    final = status in _FOR_ALL or _code(error) in _NO_MONEY or 300 <= status < 400
    if _code(error) in _NO_MONEY or status == 402:
        told = "the account at the model's server has no money left"
    elif status in (401, 403):
        told = f"the model's server refused the key ({status}); check OPENAI_API_KEY"
    elif status == 404:
        told = f"the model's server does not know {model!r}; set AUTOPILOT_MODEL"
    elif status == 429:
        told = "the model's server is too busy (429)" + _asked_to_wait(error)
    else:
        told = f"the model's server answered {status}: {_message(error)}"
    return ModelAnswer(error=told, is_final=final)


def _asked_to_wait(error: openai.APIStatusError) -> str:
    wait = _retry_after(error)
    return "" if wait is None else f" and asks to wait {wait:g} s"


def _retry_after(error: openai.APIStatusError) -> float | None:
    """Seconds that the server asks to wait (RFC 9110 section 10.2.3), None where it does not."""
    told = error.response.headers.get("retry-after", "").strip()
    try:
        return max(float(told), 0.0)
    except ValueError:
        pass
    try:
        return max(parsedate_to_datetime(told).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None


def _code(error: openai.APIStatusError) -> str:
    return str(error.code or error.type or "")


def _message(error: openai.APIStatusError) -> str:
    body = error.body if isinstance(error.body, dict) else {}
    return " ".join(str(body.get("message") or "no reason given").split())[:200]
