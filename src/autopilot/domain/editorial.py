"""What an editor decides: how many stories a cell takes, what is barred, the voice, the money."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from autopilot.domain.document import Document, Identifier, Line, Paragraph


def _says_something(pattern: str) -> str:
    prefix, colon, rest = pattern.partition(":")
    if colon and prefix in {"title", "site"} and not rest.strip():
        raise ValueError(f"{pattern!r} lacks what is to be looked for after the colon")
    return pattern


Pattern = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=2, max_length=200),
    AfterValidator(_says_something),
]
MAX_PATTERNS = 200
MAX_CELL_STORIES = 50


class SourceKind(StrEnum):
    """How a source is read: as what it turns out to be (auto), or always as one kind."""

    AUTO = "auto"
    FEED = "feed"
    PAGE = "page"
    SITEMAP = "sitemap"


class Length(StrEnum):
    """How long a written summary is: about 30, 60 or 110 words."""

    SHORT = "short"
    MEDIUM = "medium"
    LONG = "long"


class Cell(Document):
    """How many stories one category has from one region: at least `min`, at most `max`."""

    category: Identifier
    region: Identifier
    min: int = Field(default=0, ge=0, le=MAX_CELL_STORIES)
    max: int = Field(default=MAX_CELL_STORIES, ge=0, le=MAX_CELL_STORIES)

    @model_validator(mode="after")
    def _minimum_fits(self) -> Cell:
        if self.min > self.max:
            raise ValueError(f"min ({self.min}) is more than max ({self.max})")
        return self


class Rules(Document):
    """What may be in an issue, whatever its score.

    Each entry is a phrase found in title or text as whole words whatever the case ("*" at its end
    stands for any ending), `title:` and a phrase, or `site:` and a host. `block` bars what it
    matches; where `allow` has entries, nothing else is taken.
    """

    allow: tuple[Pattern, ...] = Field(default=(), max_length=MAX_PATTERNS)
    block: tuple[Pattern, ...] = Field(default=(), max_length=MAX_PATTERNS)


class Voice(Document):
    """How a model is to write: a tone in a few words, a length, and further instructions."""

    tone: Line | None = None
    length: Length = Length.MEDIUM
    instructions: Paragraph = ""


class Budget(Document):
    """What model calls may cost, in US dollars: one run, and one calendar month of a workspace.

    Over it, a smaller model writes, and then nobody: summaries are taken from the sources.
    """

    run_usd: float | None = Field(default=None, ge=0, le=10_000)
    month_usd: float | None = Field(default=None, ge=0, le=1_000_000)
