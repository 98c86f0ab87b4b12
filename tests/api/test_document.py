"""The API keeps to its document: generated requests, right ones and wrong ones, to every operation."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import requests
import schemathesis
from api.rooms import Rooms, furnished, serving
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from service.feeds import Feeds

from autopilot.http.api.app import build_api
from autopilot.http.app import build_web
from autopilot.service.context import App

DOCUMENT = build_api(cast(App, None)).openapi()
TAGS = sorted(
    {operation["tags"][0] for path in DOCUMENT["paths"].values() for operation in path.values()}
)
EXAMPLES = {"sqlite": 6, "postgresql": 3}
load_all_checks()
KEPT = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
WRONG = (*KEPT, "negative_data_rejection")


def checks(names: tuple[str, ...]) -> list[Any]:
    return [CHECKS.get_one(name) for name in names]


@pytest.fixture
def rooms(app: App, feeds: Feeds) -> Rooms:
    return furnished(app, feeds)


@pytest.fixture
def address(rooms: Rooms) -> Iterator[str]:
    with serving(build_web(rooms.app)) as client:
        yield f"{client.base_url}".rstrip("/") + "/api"


def operations_of(tag: str) -> Iterator[Any]:
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.definition.raw["tags"][0] == tag:
            yield operation


@pytest.mark.parametrize("tag", TAGS)
def test_what_is_answered_is_what_the_document_says(
    tag: str, rooms: Rooms, address: str, request: pytest.FixtureRequest
) -> None:
    engine = request.node.callspec.params["store_url"]
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {rooms.keys['admin']}"
        for operation in operations_of(tag):
            go_through(operation, rooms, address, session, EXAMPLES[engine])


def go_through(
    operation: Any, rooms: Rooms, address: str, session: requests.Session, examples: int
) -> None:
    """Asks one operation a few times as it should be asked, and a few times as it should not."""
    steady = settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    @steady
    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE), real=st.booleans())
    def rightly(case: Case, real: bool) -> None:
        if real:
            case.path_parameters = {
                name: str(rooms.ids.get(name, value))
                for name, value in (case.path_parameters or {}).items()
            }
            if isinstance(case.body, dict) and "specification_id" in case.body:
                case.body["specification_id"] = str(rooms.ids["specification_id"])
        ask(case, address, session, KEPT)

    @steady
    @given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def wrongly(case: Case) -> None:
        ask(case, address, session, WRONG)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rightly()
        try:
            wrongly()
        except Exception as error:
            if type(error).__name__ != "Unsatisfiable":  # there is no way to ask it wrongly
                raise


def ask(case: Case, address: str, session: requests.Session, names: tuple[str, ...]) -> None:
    response = case.call(base_url=address, session=session, timeout=30)
    case.validate_response(response, checks=checks(names))
    assert response.elapsed < 5


def test_every_operation_says_what_it_does_and_how_it_fails() -> None:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], path
            assert operation["description"], path
            assert {"401", "403", "404", "422"} <= operation["responses"].keys(), path
            assert any(status.startswith("2") for status in operation["responses"]), path
            if method == "post":
                named = [it["name"] for it in operation["parameters"]]
                assert "Idempotency-Key" in named, path


def test_every_operation_stands_in_the_reference() -> None:
    told = (Path(__file__).parents[2] / "docs/reference/api.md").read_text(encoding="utf-8")
    missing = [
        f"{method.upper()} {path}"
        for path, methods in DOCUMENT["paths"].items()
        for method in methods
        if f"`{method.upper()} {path}`" not in told
    ]
    assert missing == []


def test_operations_have_names_of_their_own() -> None:
    names = [it["operationId"] for path in DOCUMENT["paths"].values() for it in path.values()]
    assert len(names) == len(set(names))


def test_bodies_come_with_an_example_or_a_default() -> None:
    without = [
        f"{method} {path}"
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
        if (body := operation.get("requestBody")) and not has_example(body)
    ]
    assert without == []


def has_example(body: dict[str, Any]) -> bool:
    for content in body["content"].values():
        if "example" in content or "examples" in content:
            return True
        schema = content.get("schema", {})
        for name in [schema.get("$ref"), *(it.get("$ref") for it in schema.get("anyOf", ()))]:
            if name and model_has_example(DOCUMENT["components"]["schemas"][name.rsplit("/")[-1]]):
                return True
        if not body.get("required"):
            return True
    return False


def model_has_example(schema: dict[str, Any]) -> bool:
    fields = schema.get("properties", {})
    needed = [fields[name] for name in schema.get("required", ())]
    return "examples" in schema or all(
        "examples" in it
        or "enum" in it
        or "$ref" in it
        or "anyOf" in it
        or it.get("type") != "string"
        for it in needed
    )
