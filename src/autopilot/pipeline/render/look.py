"""Everything a page needs besides its words: brand, names, language, zone, dates, honest counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from autopilot.domain.content import Window
from autopilot.domain.specification import Brand


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How one issue is to look, and what it has to say about its own making.

    `name` is the newsletter's, `categories` and `regions` map ids to names in the order of the
    issue; `zone` is an IANA name, `edition` the aware instant the issue is dated with. `sources`
    counts the sources asked, `failed` names those that gave no answer, and `notes` are further
    sentences for the foot of the page.
    """

    brand: Brand
    name: str
    categories: dict[str, str]
    language: str
    zone: str
    window: Window
    edition: datetime
    regions: dict[str, str] = field(default_factory=dict)
    sources: int = 0
    failed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
