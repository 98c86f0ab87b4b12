"""Reads the bodies of the two APIs, which servers other than OpenAI's fill as they please."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from autopilot.domain.model import ModelAnswer

CUT = "the answer was cut off at its length limit"
FILTERED = "the server's content filter stopped the answer"


def read_responses(body: bytes) -> ModelAnswer:
    """Return the answer in a body of the Responses API."""
    document = _object(body)
    if document is None:
        return ModelAnswer(error="the server's answer is not JSON", is_lost=True)
    parts = list(_parts(document))
    text = "".join(_text(part.get("text")) for part in parts if part.get("type") == "output_text")
    refusal = "".join(_text(part.get("refusal")) for part in parts if part.get("type") == "refusal")
    usage = _mapping(document.get("usage"))
    return ModelAnswer(
        text=text,
        input_tokens=_count(usage.get("input_tokens")),
        output_tokens=_count(usage.get("output_tokens")),
        error=_responses_error(document, refusal, text),
    )


def read_chat(body: bytes) -> ModelAnswer:
    """Return the answer in a body of Chat Completions."""
    document = _object(body)
    if document is None:
        return ModelAnswer(error="the server's answer is not JSON", is_lost=True)
    choices = document.get("choices")
    choice = _mapping(choices[0]) if isinstance(choices, list) and choices else {}
    message = _mapping(choice.get("message"))
    usage = _mapping(document.get("usage"))
    text = _text(message.get("content"))
    return ModelAnswer(
        text=text,
        input_tokens=_count(usage.get("prompt_tokens")),
        output_tokens=_count(usage.get("completion_tokens")),
        error=_chat_error(choice.get("finish_reason"), _text(message.get("refusal")), text),
    )


def read_names(body: bytes) -> frozenset[str]:
    """Return the models that a server lists, none where it lists nothing that can be read."""
    listed = (_object(body) or {}).get("data")
    items = listed if isinstance(listed, list) else []
    return frozenset(filter(None, (_text(_mapping(item).get("id")) for item in items)))


def _responses_error(document: Mapping[str, Any], refusal: str, text: str) -> str | None:
    if refusal:
        return _refused(refusal)
    if document.get("status") == "incomplete":
        reason = _mapping(document.get("incomplete_details")).get("reason")
        return FILTERED if reason == "content_filter" else CUT
    if document.get("status") == "failed":
        return f"the server failed: {_short(_mapping(document.get('error')).get('message'))}"
    return None if text.strip() else "the answer is empty"


def _chat_error(finish_reason: object, refusal: str, text: str) -> str | None:
    if refusal:
        return _refused(refusal)
    if finish_reason == "length":
        return CUT
    if finish_reason == "content_filter":
        return FILTERED
    return None if text.strip() else "the answer is empty"


def _refused(words: str) -> str:
    return f"the model refused: {_short(words)}"


def _parts(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    output = document.get("output")
    for item in output if isinstance(output, list) else ():
        content = _mapping(item).get("content")
        yield from map(_mapping, content if isinstance(content, list) else ())


def _object(body: bytes) -> Mapping[str, Any] | None:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _short(value: object) -> str:
    return " ".join(_text(value).split())[:200] or "no reason given"


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
