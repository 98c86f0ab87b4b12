"""The sweep: every address of the program, asked by everybody who should get nothing from it.

The requests are made from the routes themselves: each is filled with the ids of real things, and its
body is one that the route takes. So a route that is added is swept from then on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx2
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount, Route

API = "/api"
WITHOUT_KEY = frozenset({("GET", "/openapi.json")})
"""Of the API, what anybody may see."""
OPERATORS = frozenset({("POST", "/v1/workspaces")})
"""What only an operator may do, and no token."""
READS = frozenset(
    {
        ("POST", "/v1/schedules/preview"),
        ("POST", "/v1/specifications/{specification_id}/simulate"),
    }
)
"""What writes nothing although it is a POST."""
ADMINS = ("/v1/workspaces/{workspace_id}/members", "/v1/workspaces/{workspace_id}/tokens")
"""What a viewer may not even look at."""
OPML = '<opml><body><outline type="rss" xmlUrl="https://example.org/feed.xml"/></body></opml>'
FILES = {"text/csv": "email\nreader@example.org\n", "text/x-opml": OPML}
TEXTS = {
    "email": "reader@example.org",
    "to": "reader@example.org",
    "address": "example.invalid",
    "url": "https://example.org/feed.xml",
    "timezone": "Europe/Berlin",
    "zone": "Europe/Berlin",
    "slug": "made-by-the-sweep",
}
SAMPLES = {"date-time": "2026-12-01T09:00:00Z", "uuid": str(uuid4()), "date": "2026-12-01"}


@dataclass(frozen=True)
class Ask:
    """One request: the route it is of, where it goes and what it carries."""

    method: str
    route: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    content: Any = None
    media_type: str = "application/json"

    @property
    def name(self) -> str:
        return f"{self.method} {self.route}"

    @property
    def is_about_things(self) -> bool:
        """Whether it names something by an id."""
        return "{" in self.route or bool(self.query) or _has_id(self.content)

    def send(self, client: httpx2.Client, headers: Mapping[str, bytes]) -> httpx2.Response:
        how: dict[str, Any] = {}
        if self.media_type == "application/json" and self.content is not None:
            how["json"] = self.content
        elif self.content is not None:
            how["content"] = self.content
            headers = {**headers, "Content-Type": self.media_type.encode()}
        return client.request(
            self.method, API + self.path, params=dict(self.query), headers=headers, **how
        )


def api_of(web: Starlette) -> FastAPI:
    """The API inside the application."""
    return next(
        route.app
        for route in web.routes
        if isinstance(route, Mount) and isinstance(route.app, FastAPI)
    )


def asks_of(api: FastAPI, ids: Mapping[str, UUID]) -> Iterator[Ask]:
    """A request for every route and method of the API; what changes most comes last.

    Fails where a route is in no document, or names something that the sweep has no id of.
    """
    document = api.openapi()
    known = {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    }
    served = {
        (method, route.path)
        for route in _routes(api.routes)
        for method in route.methods or ()
        if method != "HEAD"
    }
    assert served - WITHOUT_KEY == known, f"in no document: {served - WITHOUT_KEY - known}"
    yield from sorted((_ask(document, *pair, ids) for pair in known), key=_order)


def _routes(routes: Any) -> Iterator[Any]:
    """The routes themselves: a router that was included may stand there as one."""
    for route in routes:
        if hasattr(route, "methods"):
            yield route
        elif hasattr(route, "effective_candidates"):
            yield from _routes(route.effective_candidates())
        else:
            raise AssertionError(f"the sweep does not know what {route!r} is")


def _order(ask: Ask) -> tuple[int, int, str]:
    """Looking first, then writing; taking away last, and what is inside of others before them."""
    rank = {"GET": 0, "DELETE": 2}.get(ask.method, 1)
    return rank, -ask.path.count("/") if rank == 2 else 0, ask.name


def _ask(document: Any, method: str, route: str, ids: Mapping[str, UUID]) -> Ask:
    operation = document["paths"][route][method.lower()]
    path, query = route, {}
    for given in operation.get("parameters", ()):
        name = given["name"]
        if given["in"] == "path":
            assert name in ids, f"{method} {route}: the sweep has no {name}"
            path = path.replace(f"{{{name}}}", str(ids[name]))
        elif given["in"] == "query" and (name in ids or given.get("required")):
            query[name] = str(ids.get(name, "")) or sample(document, given["schema"], name)
    bodies = operation.get("requestBody", {}).get("content", {})
    for kind, content in FILES.items():
        if kind in bodies:
            return Ask(method, route, path, query, content, kind)
    taken = bodies.get("application/json")
    body = None if taken is None else _filled(_body(document, taken), ids)
    return Ask(method, route, path, query, body)


def _body(document: Any, taken: Mapping[str, Any]) -> Any:
    for example in taken.get("examples", {}).values():
        return example["value"]
    if "example" in taken:
        return taken["example"]
    return sample(document, taken["schema"], "")


def sample(document: Any, schema: Mapping[str, Any], name: str) -> Any:
    """A value that a schema takes."""
    if schema.get("examples"):  # beside a choice: its own
        return schema["examples"][0]
    schema = _resolved(document, schema)
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    if "const" in schema:
        return schema["const"]
    if "properties" in schema:
        return _object(document, schema)
    match schema.get("type"):
        case "array":
            count = max(schema.get("minItems", 0), 1)
            return [sample(document, schema.get("items", {}), name)] * count
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
        case "object":
            return {}
        case _:
            return TEXTS.get(name) or SAMPLES.get(schema.get("format", ""), "sweep")


def _object(document: Any, schema: Mapping[str, Any]) -> dict[str, Any]:
    """What it must have, what there are examples of, and every id that it may have."""
    needed = set(schema.get("required", ()))
    return {
        name: sample(document, inner, name)
        for name, inner in schema["properties"].items()
        if name in needed or name.endswith(("_id", "_ids")) or "examples" in inner
    }


def _resolved(document: Any, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while True:
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        elif schema.get("anyOf") or schema.get("oneOf"):
            schema = (schema.get("anyOf") or schema["oneOf"])[0]
        else:
            return schema


def _filled(value: Any, ids: Mapping[str, UUID]) -> Any:
    """The value with the ids of real things."""
    if isinstance(value, dict):
        return {
            key: str(ids[key])
            if key in ids
            else [str(ids[key[:-1]])]
            if key.endswith("_ids") and key[:-1] in ids
            else _filled(inner, ids)
            for key, inner in value.items()
        }
    return [_filled(inner, ids) for inner in value] if isinstance(value, list) else value


def _has_id(value: Any) -> bool:
    if isinstance(value, dict):
        return any(key.endswith(("_id", "_ids")) or _has_id(it) for key, it in value.items())
    return isinstance(value, list) and any(map(_has_id, value))


def outer_paths(web: Starlette, parts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Every address beside the API as its route and filled with the names of real things."""
    for route in web.routes:
        if not isinstance(route, Route):
            continue
        path = route.path
        for name in route.param_convertors:
            assert name in parts, f"{route.path}: the sweep has no {name}"
            for kind in ("", ":uuid", ":str", ":path"):
                path = path.replace(f"{{{name}{kind}}}", parts[name])
        yield route.path, path
