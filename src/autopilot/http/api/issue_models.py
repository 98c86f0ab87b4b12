"""What the API says and is given of issues: their models."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from autopilot.domain.issue import IssueStatus
from autopilot.http.api.answers import Given

Version = Annotated[
    int | None,
    Field(default=None, ge=0, description="What was looked at: 409 where it changed since."),
]
Number = Annotated[
    int, Field(ge=1, le=500, description="The story's number, from 1.", examples=[1])
]


class SeenIn(Given):
    """The version of an issue that somebody decides about."""

    version: Version = None


class EditIn(Given):
    """What to change of an issue; what is not given stays."""

    version: Version = None
    subject: Annotated[str, Field(max_length=500)] | None = Field(
        default=None, examples=["Grid operator plans a new transmission line"]
    )
    intro: Annotated[str, Field(max_length=5_000)] | None = Field(
        default=None, description='"" takes it away.'
    )
    order: Annotated[list[Number], Field(max_length=500)] | None = Field(
        default=None, description="Stories by number; those left out follow.", examples=[[2, 1]]
    )


class StoryIn(Given):
    """One story of an issue."""

    version: Version = None
    story: Number


class TestIn(Given):
    """Whom to send a test."""

    to: Annotated[str, StringConstraints(max_length=320)] = Field(examples=["me@example.org"])


class RetryIn(Given):
    """What to send again: what failed, with `unknown` also what may have arrived."""

    unknown: bool = False


class IssueBrief(BaseModel):
    """An issue in a list."""

    id: UUID
    workspace_id: UUID
    specification_id: UUID
    run_id: UUID
    status: IssueStatus
    subject: str
    preheader: str
    scheduled_for: datetime | None
    release_at: datetime | None = Field(description="When it goes out or expires by itself.")
    created_at: datetime
    writer: str
    version: int


class StoryOut(BaseModel):
    """A story, and why it is in."""

    number: int
    title: str
    url: str
    source: str
    category: str
    region: str
    summary: str
    reason: str


class FindingOut(BaseModel):
    """Something the gate found."""

    rule: str
    severity: str
    message: str
    where: str
    advice: str


class GateOut(BaseModel):
    """What the gate says of an issue; errors keep it from being sent."""

    score: int
    checked: int
    findings: list[FindingOut]


class LetterOut(BaseModel):
    """Who was asked to review it."""

    to: str
    status: str


class DeedOut(BaseModel):
    """Who did what to it."""

    at: datetime
    by: str
    action: str


class IssueOut(IssueBrief):
    """An issue in full."""

    specification: str
    intro: str
    timezone: str
    state: str = Field(description="Where it stands and what happens next, in a sentence.")
    audience: str = Field(description="Who gets it if it is approved, in words.")
    people: int
    mode: str | None = Field(description="publish, hold or approve; null for a draft.")
    ends_at: datetime | None = Field(description="When it is too old to go out.")
    stories: list[StoryOut]
    gate: GateOut | None
    notes: list[str]
    letters: list[LetterOut]
    deeds: list[DeedOut]


class MovedOut(BaseModel):
    """An issue after a decision."""

    id: UUID
    status: IssueStatus
    version: int
    deliveries: int = Field(description="How many were written down to be sent.")


class EditedOut(BaseModel):
    """An issue after an edit, and what else changed with it."""

    id: UUID
    status: IssueStatus
    version: int
    told: list[str]


class TestedOut(BaseModel):
    """What the relay said to the test."""

    response: str
