"""Policy faults: what is wrong with policies that somebody wrote, and what each takes."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Any, get_args

from pydantic import ValidationError

from autopilot.domain.policies import Policies
from autopilot.domain.review import Review, ReviewMode
from autopilot.errors import Problem

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


def policy_problems(values: dict[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with policies given by their names, with what each takes."""
    try:
        Policies.model_validate(values)
    except ValidationError as error:
        for item in error.errors():
            key = str(item["loc"][0]) if item["loc"] else ""
            yield Problem(
                path=key,
                message=f"{repr(item['input'])[:100]} cannot be used: {item['msg']}",
                allowed=accepted(Policies.model_fields[key]),
                example=f"{key}: {plain(Policies.model_fields[key].default)}",
            )


def accepted(field: FieldInfo) -> str:
    """Return what a policy takes, in words."""
    if field.annotation is Review:
        return f"{', '.join(ReviewMode)}; in a file also {{mode, hold_hours, reviewers}}"
    kinds = get_args(field.annotation) or (field.annotation,)
    if bool in kinds:
        return "true, false"
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return ", ".join(kind)
    least = next((item.ge for item in field.metadata if hasattr(item, "ge")), None)
    most = next((item.le for item in field.metadata if hasattr(item, "le")), None)
    return f"a whole number, {least} to {most}"


def plain(value: object) -> str:
    """Return a default as people write it; a policy that is not set by default gets an hour."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Review):
        return value.mode.value
    return "60" if value is None else str(value)
