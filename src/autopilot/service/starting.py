"""Starting: a first document of a new specification, from whatever a person has at hand.

What comes out is plain values for a form: they need not be complete, and nothing is stored.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from autopilot.domain.document import web_address
from autopilot.domain.specification import Source, SpecificationDocument
from autopilot.errors import InputRefused, Problem
from autopilot.pipeline.collect.canonical import canonical_url
from autopilot.pipeline.collect.opml import FeedList, read_opml, sources_of

LONGEST_SLUG = 64
MOST_LINES = 2_000
FIRST_CATEGORY = {"id": "news", "name": "News", "keywords": []}

Values = dict[str, Any]


def first_values(name: str, *, slug: str, sources: Iterable[Source] = ()) -> Values:
    """Return a document with a name, sources and one category, which has no keywords yet."""
    return {
        "slug": slug,
        "name": name,
        "categories": [dict(FIRST_CATEGORY)],
        "sources": [source.model_dump(mode="json", exclude_defaults=True) for source in sources],
    }


def values_of(document: SpecificationDocument) -> Values:
    """Return a document as values, without its schedules: those are made one by one."""
    return document.model_dump(mode="json", exclude={"schedules"})


def copied(document: SpecificationDocument, name: str, *, slug: str) -> Values:
    """Return a document's values under another name, without its channels: nobody is to get the
    copy's issues before somebody says so.
    """
    return values_of(document) | {"name": name, "slug": slug, "channels": []}


def sources_in(text: str) -> tuple[Source, ...]:
    """Return the sources that a text lists, one address a line, each once; after the address may
    stand a name. Raises InputRefused with every line that cannot be used.
    """
    found: dict[str, Source] = {}
    problems: list[Problem] = []
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        told = f"{len(lines):,} lines; {MOST_LINES:,} at once is the most"
        raise InputRefused("The addresses cannot be used:", [Problem(path="", message=told)])
    for number, line in enumerate(lines, 1):
        address, _, name = line.strip().partition(" ")
        if not address or address.startswith("#"):
            continue
        try:
            source = _source(address, name.strip())
        except ValueError:
            told = f"{address[:100]!r} is not an address of the web"
            problems.append(Problem(path="address", message=told, line=number))
        else:
            found.setdefault(canonical_url(source.url), source)
    if problems:
        hint = "Mend these lines; nothing was taken yet."
        raise InputRefused("Some addresses cannot be used:", problems, hint=hint)
    return tuple(found.values())


def sources_in_opml(
    body: bytes, document: SpecificationDocument | None
) -> tuple[Sequence[Source], FeedList]:
    """Return the feeds of an OPML file as sources, and what the file held; raises DocumentInvalid
    for what is no OPML. A folder named like a region of the document gives it to its feeds.
    """
    listed = read_opml(body)
    return sources_of(listed.feeds, document.regions if document else ()), listed


def slug_of(name: str, taken: Collection[str] = ()) -> str:
    """Return a short name for addresses and commands, made of a name and not taken yet."""
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = (
        re.sub(r"[^a-z0-9]+", "-", bare).strip("-")[: LONGEST_SLUG - 4].strip("-") or "newsletter"
    )
    slug, number = base, 1
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug


def _source(address: str, name: str) -> Source:
    if "://" not in address:
        if "." not in address or "@" in address:
            raise ValueError(address)
        address = f"https://{address}"
    return Source(url=web_address(address), name=name[:200] or None)
