"""The user's documents: a workspace, its specifications, their categories, regions and sources.

The same models check a YAML file, an API body and a stored row. Unknown keys are refused, so that
a typing error is heard of and not silently lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from autopilot.domain.address import MailAddress
from autopilot.domain.channel import Channel, channel_key
from autopilot.domain.document import (
    Address,
    Color,
    Document,
    Identifier,
    Keyword,
    Language,
    Line,
    Paragraph,
    Slug,
    Zone,
)
from autopilot.domain.editorial import Budget, Cell, Rules, SourceKind, Voice
from autopilot.domain.policies import Policies

MAX_KEYWORDS = 200
DISAGREEMENT = "disagreement"  # the type of errors about identities given twice or not at all
MAX_SOURCES = 2_000
MAX_CHANNELS = 20
MAX_OWNERS = 50
DEFAULT_MAX_STORIES = 5
DEFAULT_TEMPLATE = "standard"


class Cadence(StrEnum):
    """How far back an issue looks: the content window, one local day, week or month."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Writer(StrEnum):
    """Who writes: a model when there is a key (auto), always an extract, or always the model."""

    AUTO = "auto"
    EXTRACTIVE = "extractive"
    OPENAI = "openai"


class Brand(Document):
    """The look of a workspace: name in the header, accent colour, footer text, the sender's
    postal address, optional HTTPS logo.
    """

    name: Line | None = None
    color: Color = "#0f766e"
    footer: Paragraph = ""
    postal_address: Paragraph = ""
    logo: Address | None = None


class Category(Document):
    """A section of the issue. Without keywords it finds nothing; the name alone is not searched."""

    id: Identifier
    name: Line
    description: Paragraph = ""
    keywords: tuple[Keyword, ...] = Field(default=(), max_length=MAX_KEYWORDS)
    min_stories: int = Field(default=0, ge=0, le=50)
    max_stories: int = Field(default=DEFAULT_MAX_STORIES, ge=1, le=50)

    @model_validator(mode="after")
    def _minimum_fits(self) -> Category:
        if self.min_stories > self.max_stories:
            raise ValueError(
                f"min_stories ({self.min_stories}) is more than max_stories ({self.max_stories})"
            )
        return self


class Region(Document):
    """A part of the world the reader cares about; `id` is an ISO 3166 code where there is one."""

    id: Identifier
    name: Line
    keywords: tuple[Keyword, ...] = Field(default=(), max_length=MAX_KEYWORDS)


class Source(Document):
    """A feed, a page or a sitemap. `region` names one of the regions; `local` makes it apply to
    every article.

    `full_text` says whether the linked pages are read as well: always, never, or (None) where a
    feed has only teasers. `weight` makes its stories rank higher or lower.
    """

    url: Address
    name: Line | None = None
    kind: SourceKind = SourceKind.AUTO
    region: Identifier | None = None
    local: bool = False
    full_text: bool | None = None
    weight: float = Field(default=1.0, ge=0.1, le=10.0)


def _repeated(values: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    return [value for value in values if value in seen or seen.add(value)]  # type: ignore[func-returns-value]


def _disagreement(message: str) -> PydanticCustomError:
    """Parts that are right by themselves and do not go together; a file's reader names each place."""
    return PydanticCustomError(DISAGREEMENT, "{told}", {"told": message})


class Specification(Document):
    """What a newsletter is about and where it looks; schedules say when."""

    slug: Slug
    name: Line
    language: Language = "en"
    cadence: Cadence = Cadence.WEEKLY
    categories: tuple[Category, ...] = Field(min_length=1, max_length=50)
    regions: tuple[Region, ...] = Field(default=(), max_length=250)
    sources: tuple[Source, ...] = Field(default=(), max_length=MAX_SOURCES)
    cells: tuple[Cell, ...] = Field(default=(), max_length=2_500)
    rules: Rules = Rules()
    voice: Voice = Voice()
    template: Identifier = DEFAULT_TEMPLATE
    writer: Writer = Writer.AUTO
    channels: tuple[Channel, ...] = Field(default=(), max_length=MAX_CHANNELS)

    @model_validator(mode="after")
    def _names_agree(self) -> Specification:
        problems = [*self._repeats(), *self._strangers()]
        if problems:
            raise _disagreement("; ".join(problems))
        return self

    def _repeats(self) -> Iterator[str]:
        for noun, values in (
            ("category id", [category.id for category in self.categories]),
            ("region id", [region.id for region in self.regions]),
            ("source url", [source.url for source in self.sources]),
            ("cell", [f"{cell.category} x {cell.region}" for cell in self.cells]),
            ("channel", [channel_key(channel) for channel in self.channels]),
        ):
            for value in _repeated(values):
                yield f"{noun} {value!r} is listed twice"

    def _strangers(self) -> Iterator[str]:
        categories = {category.id for category in self.categories}
        regions = {region.id for region in self.regions}
        for source in self.sources:
            if source.region is not None and source.region not in regions:
                yield f"source {source.url} names the region {source.region!r}, which is not listed"
        for cell in self.cells:
            if cell.category not in categories:
                yield f"a cell names the category {cell.category!r}, which is not listed"
            if cell.region not in regions:
                yield f"a cell names the region {cell.region!r}, which is not listed"


class ScheduleDocument(Policies, Document):
    """When issues of a specification are made, and its policies. Keys not given keep what the store
    has.
    """

    name: Line
    type: str
    config: dict[str, Any]
    timezone: Zone | None = None
    enabled: bool = True
    categories_override: tuple[Identifier, ...] | None = None
    regions_override: tuple[Identifier, ...] | None = None
    cadence_override: Cadence | None = None
    notes: Paragraph | None = None

    @property
    def given_policies(self) -> dict[str, Any]:
        """The policies that the document names, as JSON."""
        named = self.model_fields_set & set(Policies.model_fields)
        return self.model_dump(mode="json", include=named)


class SpecificationDocument(Specification):
    """A specification with its schedules, as it stands in a file."""

    schedules: tuple[ScheduleDocument, ...] = Field(default=(), max_length=500)

    @model_validator(mode="after")
    def _schedule_names_differ(self) -> SpecificationDocument:
        repeated = _repeated(schedule.name for schedule in self.schedules)
        if repeated:
            raise _disagreement(f"two schedules are named {repeated[0]!r}")
        return self


class WorkspaceDocument(Document):
    """A whole configuration file: one workspace and everything in it."""

    workspace: Slug
    name: Line
    timezone: Zone = "UTC"
    brand: Brand = Brand()
    budget: Budget = Budget()
    owners: tuple[MailAddress, ...] = Field(default=(), max_length=MAX_OWNERS)
    specifications: tuple[SpecificationDocument, ...] = Field(default=(), max_length=500)

    @model_validator(mode="after")
    def _slugs_differ(self) -> WorkspaceDocument:
        repeated = _repeated(specification.slug for specification in self.specifications)
        if repeated:
            raise _disagreement(f"two specifications have the slug {repeated[0]!r}")
        return self
