"""Everything a page needs besides its words: brand, names, language, zone, dates, honest counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from autopilot.domain.content import Window
from autopilot.domain.specification import DEFAULT_TEMPLATE, Brand


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How one issue is to look, and what it has to say about its own making.

    `name` is the newsletter's, `categories` and `regions` map ids to names in the order of the
    issue; `zone` is an IANA name, `edition` the aware instant the issue is dated with. `sources`
    counts the sources asked, `failed` names those that gave no answer, and `notes` are further
    sentences for the foot of the page.

    `template` names one of ours or the workspace's own, whose Jinja text is `template_text`. What
    only delivery knows is printed where it is set: `why` a reader gets the issue, the sender's
    `postal_address`, and where to unsubscribe, read the issue on the web, and see its sources.
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
    template: str = DEFAULT_TEMPLATE
    template_text: str = ""
    why: str = ""
    postal_address: str = ""
    unsubscribe_url: str = ""
    web_url: str = ""
    sources_url: str = ""
