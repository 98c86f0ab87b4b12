"""Reads what a model answered: the JSON that was asked for, or nothing.

Servers that claim to follow a schema often do not, so every answer is checked here, whoever gave it.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

MAX_ANSWER_CHARACTERS = 20_000


class Reply(BaseModel):
    """What a model may answer; unknown keys are dropped."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)


class StoryReply(Reply):
    """A model's words for one story."""

    headline: str = Field(max_length=400)
    sentences: tuple[str, ...] = Field(max_length=20)


class FrontReply(Reply):
    """A model's words for the front of an issue."""

    subject: str = Field(max_length=400)
    preheader: str = Field(max_length=600)
    intro: str = Field(max_length=2_000)


T = TypeVar("T", bound=Reply)
_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_STRING: dict[str, object] = {"type": "string"}
# Written out: the strict mode of the Responses API takes a small part of JSON Schema only.
SCHEMAS: dict[type[Reply], dict[str, object]] = {
    StoryReply: {"headline": _STRING, "sentences": {"type": "array", "items": _STRING}},
    FrontReply: {"subject": _STRING, "preheader": _STRING, "intro": _STRING},
}


def schema_of(kind: type[Reply]) -> dict[str, Any]:
    """Return the JSON schema of an answer as strict mode wants it."""
    properties = SCHEMAS[kind]
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def read_reply(kind: type[T], text: str) -> T | None:
    """Return the answer, or None for anything else; thoughts and code fences around it are cut."""
    bare = _THOUGHT.sub("", text[:MAX_ANSWER_CHARACTERS])
    start, end = bare.find("{"), bare.rfind("}")
    if start < 0 or end < start:
        return None
    try:
        return kind.model_validate_json(bare[start : end + 1])
    except ValidationError:
        return None
