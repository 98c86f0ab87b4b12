"""The model adapter against servers that are not ours, through both of OpenAI's APIs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from model_server import AIMock, ModelServer, answer, failure

from autopilot.adapters.model_answers import read_chat, read_responses
from autopilot.adapters.model_openai import Api, OpenAIModel, api_of
from autopilot.domain.model import ModelRequest
from autopilot.pipeline.write.answer import StoryReply, schema_of

pytestmark = pytest.mark.usefixtures("events")
BOTH = pytest.mark.parametrize("api", list(Api))
REPLY = {"headline": "A line opened", "sentences": ["It carries power."]}


def model(server: ModelServer, api: Api, *, attempts: int = 3) -> OpenAIModel:
    hosts = frozenset({server.host})
    return OpenAIModel(
        "sk-test", base_url=server.api, allow_hosts=hosts, api=api, attempts=attempts
    )


def request(material: str, *, seconds: float = 10.0, effort: str | None = None) -> ModelRequest:
    return ModelRequest(
        model="gpt-6-luna",
        instructions="Answer in JSON.",
        material=material,
        schema_name="StoryReply",
        schema=schema_of(StoryReply),
        max_output_tokens=700,
        seconds=seconds,
        effort=effort,
    )


@BOTH
def test_an_answer_comes_back_with_its_tokens(aimock: AIMock, api: Api) -> None:
    aimock.add(answer("Line", REPLY, tokens=(812, 95)))
    answered = model(aimock, api).complete(request("Line opened", effort="low"))
    assert StoryReply.model_validate_json(answered.text).headline == "A line opened"
    assert (answered.input_tokens, answered.output_tokens, answered.error) == (812, 95, None)
    (asked,) = aimock.asked()
    assert asked["path"] == {"responses": "/v1/responses", "chat": "/v1/chat/completions"}[api]
    assert [message["role"] for message in asked["body"]["messages"]] == ["system", "user"]
    assert "tools" not in asked["body"]


@BOTH
def test_a_busy_server_is_asked_again_after_the_time_it_names(aimock: AIMock, api: Api) -> None:
    aimock.add(
        failure({"userMessage": "Line", "sequenceIndex": 0}, 429, retryAfter=1),
        answer("Line", REPLY),
    )
    began = time.monotonic()
    assert model(aimock, api).complete(request("Line opened")).error is None
    assert time.monotonic() - began >= 1.0
    assert len(aimock.asked()) == 2


@BOTH
def test_a_wait_longer_than_the_call_may_take_is_not_waited_for(aimock: AIMock, api: Api) -> None:
    aimock.add(failure("Line", 429, retryAfter=3_600))
    began = time.monotonic()
    answered = model(aimock, api).complete(request("Line opened", seconds=5))
    assert answered.error == "the model's server is too busy (429) and asks to wait 3600 s"
    assert not answered.is_final
    assert time.monotonic() - began < 2.0
    assert len(aimock.asked()) == 1


@BOTH
def test_a_server_that_stays_broken_is_asked_a_few_times(aimock: AIMock, api: Api) -> None:
    aimock.add(failure("Line", 500))
    answered = model(aimock, api, attempts=2).complete(request("Line opened"))
    assert answered.error == "the model's server answered 500: planted 500"
    assert len(aimock.asked()) == 2


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (401, None, "refused the key"),
        (403, None, "refused the key"),
        (404, None, "does not know 'gpt-6-luna'"),
        (429, "insufficient_quota", "has no money left"),
    ],
)
@BOTH
def test_what_no_other_question_would_mend_is_final_and_not_tried_again(
    aimock: AIMock, api: Api, status: int, code: str | None, told: str
) -> None:
    aimock.add(failure("Line", status, error={"code": code} if code else {}))
    answered = model(aimock, api).complete(request("Line opened"))
    assert told in str(answered.error)
    assert answered.is_final
    assert len(aimock.asked()) == 1


@BOTH
def test_a_stalled_answer_is_given_up(aimock: AIMock, api: Api) -> None:
    aimock.add(answer("Line", REPLY, chaos={"latencyMs": 20_000}))
    began = time.monotonic()
    answered = model(aimock, api).complete(request("Line opened", seconds=0.7))
    assert answered.error == "the model did not answer within 0.7 s"
    assert answered.is_lost
    assert time.monotonic() - began < 4.0


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"malformedRate": 1}, "the server's answer is not JSON"),
        ({"disconnectRate": 1}, "the model's server broke off its answer"),
    ],
    ids=["garbage", "cut-connection"],
)
@BOTH
def test_a_broken_answer_is_a_value(
    aimock: AIMock, api: Api, fault: dict[str, Any], told: str
) -> None:
    aimock.add(answer("Line", REPLY, chaos=fault))
    answered = model(aimock, api, attempts=1).complete(request("Line opened"))
    assert str(answered.error).startswith(told)
    assert answered.is_lost


@BOTH
def test_a_cut_answer_is_charged_and_not_taken(aimock: AIMock, api: Api) -> None:
    cut = answer("Line", '{"headline": "A li', tokens=(800, 700))
    cut["response"]["finishReason"] = "length"
    aimock.add(cut)
    answered = model(aimock, api).complete(request("Line opened"))
    assert answered.error == "the answer was cut off at its length limit"
    assert answered.output_tokens == 700


def test_an_address_inside_the_network_is_refused_unless_named() -> None:
    guarded = OpenAIModel("sk-test", base_url="http://127.0.0.1:9/v1")
    answered = guarded.complete(request("Line opened"))
    assert "is not public (loopback)" in str(answered.error)
    assert answered.is_final


def test_a_server_that_is_not_there_is_a_value() -> None:
    place = frozenset({"127.0.0.1:9"})
    away = OpenAIModel("sk-test", base_url="http://127.0.0.1:9/v1", allow_hosts=place, attempts=1)
    assert "could not be reached" in str(away.complete(request("Line opened")).error)


def test_a_model_is_looked_for_without_a_charge(
    aimock: AIMock, start_llmock: Callable[..., ModelServer]
) -> None:
    aimock.add(answer({"model": "gpt-6-luna"}, REPLY))
    assert model(aimock, Api.CHAT).reach("gpt-6-luna") is None
    assert "does not list 'gpt-0'" in str(model(start_llmock(), Api.CHAT).reach("gpt-0"))
    gone = OpenAIModel(
        "k", base_url="http://127.0.0.1:9/v1", allow_hosts=frozenset({"127.0.0.1:9"})
    )
    assert "could not be reached" in str(gone.reach("gpt-6-luna"))


@pytest.mark.parametrize(
    ("url", "api"),
    [
        ("https://api.openai.com/v1", Api.RESPONSES),
        ("https://eu.api.openai.com/v1", Api.RESPONSES),
        ("http://localhost:11434/v1", Api.CHAT),
        ("https://openai.com.example.org/v1", Api.CHAT),
    ],
)
def test_only_openai_is_asked_through_its_newer_api(url: str, api: Api) -> None:
    assert api_of(url) is api


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'{"output": null}',
        b'{"output": [null, {"content": 7}, {"content": [1, {"type": "output_text", "text": 5}]}]}',
        b'{"choices": []}',
        b'{"choices": [null], "usage": []}',
        b'{"choices": [{"message": {"content": ["x"]}}], "usage": {"prompt_tokens": "many"}}',
        b"[" * 100_000,
    ],
)
def test_any_body_is_read_without_an_exception(body: bytes) -> None:
    assert read_responses(body).error is not None
    assert read_chat(body).error is not None


def test_a_refusal_is_told_and_charged() -> None:
    responses = (
        b'{"status": "completed", "usage": {"input_tokens": 9, "output_tokens": 4}, "output": '
        b'[{"type": "message", "content": [{"type": "refusal", "refusal": "I will not."}]}]}'
    )
    chat = (
        b'{"choices": [{"finish_reason": "stop", "message": {"content": null, "refusal": "I will '
        b'not."}}], "usage": {"prompt_tokens": 9, "completion_tokens": 4}}'
    )
    for answered in (read_responses(responses), read_chat(chat)):
        assert answered.error == "the model refused: I will not."
        assert (answered.input_tokens, answered.output_tokens) == (9, 4)


@BOTH
def test_a_second_server_is_told_the_schema_and_follows_it(
    start_llmock: Callable[..., ModelServer], api: Api
) -> None:
    answered = model(start_llmock(), api).complete(request("Line opened"))
    assert answered.error is None
    assert StoryReply.model_validate_json(answered.text).sentences
    assert answered.output_tokens > 0


@BOTH
def test_a_second_server_finds_no_fault_with_how_it_is_asked_again(
    start_llmock: Callable[..., ModelServer], api: Api
) -> None:
    server = start_llmock("--error-rate", "503=1.0")
    answered = model(server, api).complete(request("Line opened", seconds=20))
    assert "answered 503" in str(answered.error)
    verdict = server.call("GET", "/_llmock/verdict")
    assert (verdict["attempts"], verdict["findings"]) == (3, [])
