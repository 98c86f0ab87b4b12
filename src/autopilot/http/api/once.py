"""Once: a POST with an Idempotency-Key is done once, however often it comes within a day.

The same request is answered as the first time, with `Idempotency-Replayed: true`. Only what was done
is kept: a request that was refused or failed may come again with its key. Secrets are not kept.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response

from autopilot.domain.access import Principal
from autopilot.errors import AutopilotError
from autopilot.http.api.problems import expected, problem
from autopilot.service.repeats import Answered, keep, key_of, release, take

if TYPE_CHECKING:
    from fastapi import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from autopilot.service.context import App

KEY = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_FITS = re.compile(r"^[\x21-\x7e]{1,200}$")
_KEPT_HEADERS = ("content-type", "location", "etag")


def keep_instead(request: Request, body: bytes) -> None:
    """Let this be kept of an answer that holds a secret, and answered to who asks again."""
    request.state.kept = body


class Once:
    """Stands between the body and the routes; `state.bearer` is set."""

    def __init__(self, api: ASGIApp, *, app: App) -> None:
        self._api = api
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        key = Headers(scope=scope).get(KEY) if scope["type"] == "http" else None
        bearer = scope.get("state", {}).get("bearer")
        if key is None or scope["method"] != "POST" or not isinstance(bearer, Principal):
            await self._api(scope, receive, send)
            return
        if not _FITS.match(key):
            refused = problem(422, f"{KEY} must be 1 to 200 visible ASCII characters.")
            await refused(scope, receive, send)
            return
        message = await receive()
        key_hash = key_of(bearer, key)
        try:
            before = await run_in_threadpool(
                take, self._app, key_hash, _request(scope, message["body"])
            )
        except AutopilotError as error:
            await expected(error)(scope, receive, send)
            return
        if before is not None:
            await _again(before)(scope, receive, send)
            return
        await self._first(key_hash, scope, _with(message, receive), send)

    async def _first(self, key_hash: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Do it, and keep what was answered before the answer leaves."""
        answer: list[Message] = []

        async def take_up(message: Message) -> None:
            answer.append(message)

        try:
            await self._api(scope, receive, take_up)
        except BaseException:
            await run_in_threadpool(release, self._app, key_hash)
            raise
        answered = _answered(answer, scope["state"].get("kept"))
        if 200 <= answered.status < 300:
            await run_in_threadpool(keep, self._app, key_hash, answered)
        else:
            await run_in_threadpool(release, self._app, key_hash)
        for message in answer:
            await send(message)


def _request(scope: Scope, body: bytes) -> bytes:
    head = f"{scope['method']} {scope['path']}".encode(errors="surrogateescape")
    return b"\n".join((head, scope["query_string"], body))


def _with(message: Message, receive: Receive) -> Receive:
    waiting = [message]

    async def given() -> Message:
        return waiting.pop() if waiting else await receive()

    return given


def _answered(answer: list[Message], instead: bytes | None) -> Answered:
    start = answer[0]
    headers = Headers(raw=start["headers"])
    body = b"".join(message.get("body", b"") for message in answer[1:])
    return Answered(
        status=start["status"],
        headers={name: headers[name] for name in _KEPT_HEADERS if name in headers},
        body=body if instead is None else instead,
    )


def _again(before: Answered) -> Response:
    return Response(
        before.body, status_code=before.status, headers={**before.headers, REPLAYED: "true"}
    )
