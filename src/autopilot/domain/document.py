"""What every checked document is made of: frozen models, and texts with their limits."""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

SLUG_PATTERN = r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$"
SLUG_MEANING = "1 to 64 lower-case letters, digits and hyphens, no hyphen at either end"


def known_zone(name: str) -> str:
    """Return an IANA time zone's name as given; raises ValueError for anything else.

    Abbreviations (EST, CET) are refused although the database lists some: they have no summer time.
    """
    if ("/" in name and name in _zones()) or name == "UTC":
        return name
    raise ValueError(f"{name!r} is not an IANA time zone; use a name such as Europe/Berlin or UTC")


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())  # reads the database's folders: too slow to repeat


Slug = Annotated[str, StringConstraints(pattern=SLUG_PATTERN)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)]
Keyword = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=80)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Zone = Annotated[str, AfterValidator(known_zone)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$")]
Color = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]


def web_address(url: str) -> str:
    """Return an absolute http or https address as given; raises ValueError for anything else."""
    if re.match(r"(?i)^https?://[^\s/?#]+[^\s]*$", url):
        return url
    raise ValueError(f"{url!r} is not an absolute http or https address")


Address = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=2_000),
    AfterValidator(web_address),
]


class Document(BaseModel):
    """A checked, frozen piece of what a user wrote."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)
