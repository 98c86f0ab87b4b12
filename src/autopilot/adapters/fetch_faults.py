"""What went wrong with a fetch, as a sentence for people."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from http import HTTPStatus

import httpx2

from autopilot.adapters.http_transport import UnknownHost
from autopilot.adapters.limits import Limits
from autopilot.errors import AutopilotError

MAX_FOREIGN_CHARACTERS = 200


def sentence(error: Exception, limits: Limits) -> str:
    """Return why a fetch failed, without a final full stop; foreign words are cut and cleaned."""
    if isinstance(error, AutopilotError):
        return error.message
    if isinstance(error, UnknownHost):
        return str(error)
    if isinstance(error, httpx2.ConnectTimeout):
        return f"no connection within {limits.connect_seconds:g} s"
    if isinstance(error, httpx2.ConnectError):
        return _not_connected(error)
    if isinstance(error, httpx2.InvalidURL):
        return f"the address cannot be read: {plain(str(error))}"
    if isinstance(error, httpx2.LocalProtocolError):
        return "the address cannot be asked for over HTTP"
    if isinstance(error, httpx2.RemoteProtocolError):
        return _not_http(str(error))
    if isinstance(error, httpx2.TransportError):
        return "the connection broke before the whole answer was there"
    return f"its answer cannot be read: {plain(str(error))}"


def answered(response: httpx2.Response) -> str:
    """Name the status in the standard's words; the server's own reason phrase is not trusted."""
    code = response.status_code
    known = code in {status.value for status in HTTPStatus}
    told = f"answered {code} {HTTPStatus(code).phrase}" if known else f"answered {code}"
    wait = response.headers.get("retry-after", "")
    if wait.isascii() and wait.isdigit() and len(wait) < 7:
        told += f" and asks to wait {wait} s"
    return told


def plain(text: str) -> str:
    """Return foreign text fit for one line of a report."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:MAX_FOREIGN_CHARACTERS]


def _not_connected(error: Exception) -> str:
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its TLS certificate is not valid: {plain(cause.verify_message)}"
        if isinstance(cause, ssl.SSLError):
            return "no secure connection: it does not speak TLS as it should"
        if isinstance(cause, ConnectionRefusedError):
            return "nothing answers at this address: the connection was refused"
    return f"no connection: {plain(str(error)) or 'it was closed at once'}"


def _not_http(reason: str) -> str:
    if "without sending a response" in reason:
        return "the server closed the connection without an answer"
    if "without sending complete message" in reason or "incomplete chunked" in reason:
        return "the server closed the connection before the whole answer was there"
    if "too much data" in reason.lower() or "too long" in reason.lower():
        return "its answer has more headers than any feed needs"
    return f"its answer is not HTTP: {plain(reason.partition(': bytearray')[0])}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    # The pool raises its errors `from None`, which leaves the first reason in the context only.
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
