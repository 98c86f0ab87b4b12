"""/api/v1/schedules/preview: when a rule would fire. Nothing is stored."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field

from autopilot.errors import InputRefused, Problem
from autopilot.http.api.caller import Caller
from autopilot.service.slot_preview import DEFAULT_COUNT, preview_answer, preview_of

router = APIRouter(prefix="/schedules", tags=["schedules"])
MOST_RULES = 100
MOST_SLOTS_OF_ALL = 2_000
EXAMPLE: dict[str, Any] = {
    "type": "weekly",
    "config": {"days": ["mon"], "times": ["09:00"]},
    "timezone": "Europe/Berlin",
    "after": "2026-10-20T00:00:00Z",
    "count": 3,
}


class FlagOut(BaseModel):
    """What is special about a slot, as a code and in words."""

    code: str
    text: str


class SlotOut(BaseModel):
    """A slot: the instant, the wall time asked for, and what is special about it."""

    utc: str = Field(description="RFC 3339, in UTC.")
    local: str = Field(description="The wall time in the rule's zone.")
    fold: int = Field(description="1 for the second pass of an hour that comes twice.")
    flags: list[FlagOut]


class PreviewOut(BaseModel):
    """The next slots of one rule; `error` says why there are none."""

    slots: list[SlotOut]
    description: str | None = Field(description="The rule in words.")
    warnings: list[str]
    error: str | None


@router.post(
    "/preview",
    summary="Preview rules",
    response_model=PreviewOut | list[PreviewOut],
)
def preview_schedules(
    caller: Caller,
    rules: Annotated[
        dict[str, Any] | Annotated[list[dict[str, Any]], Field(max_length=MOST_RULES)],
        Body(
            description="A rule, or up to 100 of them: `type`, `config`, `timezone` (UTC), `after`"
            " (now), `count` (5, at most 1,000; 2,000 of all rules), policies beside them.",
            openapi_examples={
                "one": {"summary": "One rule", "value": EXAMPLE},
                "several": {"summary": "Several rules", "value": [EXAMPLE]},
            },
        ),
    ],
) -> Any:
    """Show when rules would fire next, with the keys of `autopilot schedules preview --batch`.

    A single rule that cannot be used is answered with 422 and every problem at once; of several,
    each has its own `error`.
    """
    now = caller.app.clock()
    if isinstance(rules, dict):
        return preview_of(rules, now)
    wanted = sum(_count(rule) for rule in rules)
    if wanted > MOST_SLOTS_OF_ALL:
        problem = Problem(
            path="body",
            message=f"{wanted} slots are asked for",
            allowed=f"{MOST_SLOTS_OF_ALL} of all rules together",
        )
        raise InputRefused("The rules cannot be previewed:", [problem])
    return [preview_answer(rule, now) for rule in rules]


def _count(rule: dict[str, Any]) -> int:
    count = rule.get("count")
    return count if type(count) is int and count > 0 else DEFAULT_COUNT
