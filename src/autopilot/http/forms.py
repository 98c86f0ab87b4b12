"""Forms and bodies: what was posted, read up to a limit, in either of the two encodings."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import HTTP
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

MAX_FORM_BYTES = 64_000
MAX_FIELDS = 200


async def body_of(request: Request, *, limit: int) -> bytes:
    """Return the body; answers 413 as soon as it is longer than `limit`."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > limit:
            raise HTTPException(413)
    return bytes(body)


async def form_of(request: Request, *, limit: int = MAX_FORM_BYTES) -> Mapping[str, str]:
    """Return the fields of a form; of one given twice the last. What is no form is an empty one.

    Mail programs post the one-click body in either encoding (RFC 8058, section 3.1).
    """
    body = await body_of(request, limit=limit)
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/form-data"):
        return _multipart(kind, body)
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError:
        return {}


def _multipart(kind: str, body: bytes) -> Mapping[str, str]:
    if "\n" in kind or "\r" in kind:
        return {}
    parsed = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body, policy=HTTP)
    fields: dict[str, str] = {}
    for part in parsed.iter_parts() if parsed.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            fields[name] = content.decode("utf-8", "replace")
    return fields
