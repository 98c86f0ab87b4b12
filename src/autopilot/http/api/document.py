"""The API's own description (OpenAPI): which faults each operation has, told the same way everywhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fastapi.openapi.utils import get_openapi

from autopilot.http.api.once import KEY, REPLAYED
from autopilot.http.api.problems import MEDIA_TYPE, ProblemDetails

if TYPE_CHECKING:
    from fastapi import FastAPI

DESCRIPTION = """\
Everything the web app and the command line do, for programs.

**Tokens.** Every request carries `Authorization: Bearer TOKEN`. A token is for one workspace and has a
role there (viewer, editor, admin), with or without the right to send. What is in another workspace is
answered with 404, like what does not exist.

**Lists** come in pages: `limit` says how many, `cursor` is the `next` of the page before.

**Faults** are `application/problem+json` (RFC 9457); `problems` names everything that is wrong with
an input at once. Parameters that an address does not know are refused.

**Once.** A POST with an `Idempotency-Key` is done once within 24 hours: sent again, it is answered as
the first time, with `Idempotency-Replayed: true`. The same key with another request is refused (422).

**Two at once.** Things that people edit have a `version` or an `ETag`: send it along (in the body, or as
`If-Match`), and of two that edit at once the second one is told (409).
"""
_EVERYWHERE = {
    "401": "No token, or one that is wrong, revoked or expired.",
    "403": "The token's role lacks the right.",
    "404": "Not there, or in another workspace.",
    "422": "The input cannot be used; `problems` names each fault.",
}
_WITH_WRITES = {
    "409": "Its state does not allow this, or somebody else changed it meanwhile.",
    "413": "The body is over 10 MB.",
}
_KEY_PARAMETER = {
    "name": KEY,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    "description": "Names this request: sent again within 24 hours, it is not done again.",
    "example": "2026-11-23-energy-weekly",
}
_REPLAYED_HEADER = {
    "schema": {"type": "string", "enum": ["true"]},
    "description": "There where the request was done before and only its answer is repeated.",
}
EXAMPLE_ID = "6f2a1f2e-0c1b-4f0e-9a55-0d3c0b7f1a11"
Operation = dict[str, Any]


def describe(api: FastAPI) -> dict[str, Any]:
    """Return the document of an API, made once."""
    if api.openapi_schema is None:
        document = get_openapi(
            title=api.title,
            version=api.version,
            summary=api.summary,
            description=DESCRIPTION,
            routes=api.routes,
            tags=api.openapi_tags,
            servers=[{"url": "/api"}],
            license_info={"name": "MIT", "identifier": "MIT"},
            separate_input_output_schemas=api.separate_input_output_schemas,
        )
        _add_problem(document)
        for path in document["paths"].values():
            for method, operation in path.items():
                _complete(method, operation)
        _drop_unused(document)
        _show_ids(document)
        api.openapi_schema = document
    return api.openapi_schema


def _add_problem(document: dict[str, Any]) -> None:
    schema = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas |= schema.pop("$defs", {})
    schemas["ProblemDetails"] = schema


def _complete(method: str, operation: Operation) -> None:
    """Name the faults an operation can have, and its key where it is a POST."""
    operation["summary"] = _summary(operation)
    faults = _EVERYWHERE if method == "get" else _EVERYWHERE | _WITH_WRITES
    responses = operation["responses"]
    for status, told in faults.items():
        known = responses.get(status, {}) if status != "422" else {}
        responses[status] = {"description": known.get("description", told)}
    for status, response in responses.items():
        if not status.startswith("2"):
            response["content"] = {
                MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}
            }
        elif method == "post":
            response.setdefault("headers", {})[REPLAYED] = _REPLAYED_HEADER
    if method == "post":
        operation.setdefault("parameters", []).append(_KEY_PARAMETER)
    operation["responses"] = dict(sorted(responses.items()))


def _summary(operation: Operation) -> str:
    """What it does, in short: as it says itself, else the beginning of its description."""
    given: str = operation["summary"]
    is_made_of_name = operation["operationId"].endswith(given.lower().replace(" ", "_"))
    if is_made_of_name and given == given.title():
        return re.split(r"[.;:]", operation["description"].replace("\n", " "), maxsplit=1)[0]
    return given


def _show_ids(document: dict[str, Any]) -> None:
    """Give every id an example, which is the same one everywhere."""
    for schema in document["components"]["schemas"].values():
        for value in schema.get("properties", {}).values():
            if value.get("format") == "uuid":
                value.setdefault("examples", [EXAMPLE_ID])


def _drop_unused(document: dict[str, Any]) -> None:
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
