"""Limits: what is too much, or no JSON, is refused before anything else looks at it.

The body is read here, once, and only for those who come with a good token.
"""

from __future__ import annotations

import json
import re
import time
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NoReturn

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers

from autopilot.errors import AutopilotError, LoginRequired
from autopilot.http.api.problems import problem
from autopilot.service.access.tokens import bearer_of_token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from autopilot.service.context import App

MAX_BYTES = 10 * 1024 * 1024
MAX_DEPTH = 50
MAX_PARTS = 100_000  # lists and objects in one body: millions would take seconds to read
DRAINED_BYTES = 4 * MAX_BYTES
DRAINED_SECONDS = 0.5
"""So much of what is too much is read and thrown away: a client that sends hears no answer before."""
_BEARER = re.compile(r"(?i)^bearer +(\S+)$")
_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_STEPS = bytes.maketrans(b"[]", b"\x01\xff")  # as signed bytes: one deeper, one back
_METHODS_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})


class Limits:
    """Finds out who is asking, and reads what they send."""

    def __init__(self, api: ASGIApp, *, app: App) -> None:
        self._api = api
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; `state.bearer` is who asks, or the error that says why nobody."""
        if scope["type"] != "http":
            await self._api(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if _declared(headers) > MAX_BYTES:
            await _drain(receive)
            await _too_much()(scope, receive, send)
            return
        if "%00" in scope["query_string"].decode("latin-1") or "\0" in scope["path"]:
            refused = problem(422, "The address holds a character that no text has (U+0000).")
            await refused(scope, receive, send)
            return
        bearer = await run_in_threadpool(self._bearer, headers)
        scope.setdefault("state", {})["bearer"] = bearer
        body: bytes | Response = b""
        if scope["method"] not in _METHODS_WITHOUT_BODY and not isinstance(bearer, AutopilotError):
            body = await _read(receive)
        if isinstance(body, bytes) and body and _says_json(headers):
            body = await run_in_threadpool(_checked, body)
        if not isinstance(body, bytes):
            await body(scope, receive, send)
            return
        await self._api(scope, _given(body, receive), send)

    def _bearer(self, headers: Headers) -> object:
        match = _BEARER.match(headers.get("authorization", "").strip())
        if match is None:
            return LoginRequired(
                "The request carries no token.",
                hint="Send it as the header `Authorization: Bearer TOKEN`.",
            )
        try:
            return bearer_of_token(self._app, match[1])
        except AutopilotError as error:
            return error


def _declared(headers: Headers) -> int:
    text = headers.get("content-length", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0


def _says_json(headers: Headers) -> bool:
    kind = headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def _too_much() -> Response:
    return problem(413, f"The body is over {MAX_BYTES // 1024 // 1024} MB; nothing was done.")


async def _drain(receive: Receive) -> None:
    seen, until = 0, time.monotonic() + DRAINED_SECONDS
    while seen < DRAINED_BYTES and time.monotonic() < until:
        message = await receive()
        seen += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            return


async def _read(receive: Receive) -> bytes | Response:
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b""  # they are gone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BYTES:
            parts.clear()
            await _drain(receive)
            return _too_much()
        if not message.get("more_body", False):
            return b"".join(parts)


def _given(body: bytes, receive: Receive) -> Receive:
    """The body as one message; afterwards whatever comes, that is the end."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def given() -> Message:
        return waiting.pop() if waiting else await receive()

    return given


def _checked(body: bytes) -> bytes | Response:
    """The body, or why it cannot be used: it is nested too deep, or a text holds what no text can."""
    brackets = _brackets(body)
    if brackets.count(b"[") > MAX_PARTS:
        return problem(422, f"The body holds more than {MAX_PARTS:,} lists and objects.")
    if _depth(brackets) > MAX_DEPTH:
        return problem(422, f"The body is nested deeper than {MAX_DEPTH} levels.")
    if b"\\u" not in body and b"NaN" not in body and b"Infinity" not in body:
        return body  # FastAPI reads the rest as it comes
    try:
        value = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        return problem(422, f"The body is not JSON: {error}"[:200])
    if any(_is_no_text(text) for text in _texts(value)):
        return problem(422, "A text in the body holds U+0000 or half of a character pair.")
    return body


def _brackets(body: bytes) -> bytes:
    """The brackets outside of texts, all of one kind."""
    return _TEXT.sub(b"", body).translate(_ONE_KIND, _NO_BRACKETS)


def _depth(brackets: bytes) -> int:
    """How deep they are nested. Whether they match, the parser says."""
    steps = memoryview(brackets.translate(_STEPS)).cast("b")
    return max(accumulate(steps, initial=0))


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _texts(value: Any) -> Iterator[str]:
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            left += one.keys()
            left += one.values()
        elif isinstance(one, list):
            left += one


def _is_no_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return "\0" in text
