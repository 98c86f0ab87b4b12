"""OPML: lists of feeds as readers exchange them (opml.org 2.0), read with suspicion and written plainly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, cast

from lxml import etree

from autopilot.domain.document import web_address
from autopilot.domain.specification import Region, Source
from autopilot.errors import DocumentInvalid, Problem
from autopilot.pipeline.collect.canonical import canonical_url
from autopilot.pipeline.collect.plain_text import one_line

MAX_BYTES = 5_000_000
MAX_DEPTH = 50
MAX_OUTLINES = 20_000
NAME_LENGTH = 200
EXAMPLE = '<outline text="Grid Wire" type="rss" xmlUrl="https://example.org/feed.xml"/>'
_ADDRESSES = ("xmlUrl", "xmlurl", "xmlURL", "XMLURL", "feedUrl")
_NAMES = ("title", "text")


class ListedFeed(NamedTuple):
    """One feed of a list: address, name ("" where none), the folders it is in, outermost first."""

    url: str
    name: str
    folders: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedList:
    """The feeds of an OPML file, each once, what is wrong with others, and how many were repeated."""

    feeds: tuple[ListedFeed, ...]
    problems: tuple[Problem, ...]
    repeated: int


def read_opml(body: bytes) -> FeedList:
    """Return the feeds an OPML file lists; raises DocumentInvalid for what is no OPML or too large."""
    root = _parsed(body)
    feeds: dict[str, ListedFeed] = {}
    problems: list[Problem] = []
    repeated = 0
    for outline, folders in _outlines(root):
        address = _attribute(outline, _ADDRESSES)
        if not address:
            continue
        if (problem := _problem(address, outline)) is not None:
            problems.append(problem)
            continue
        key = canonical_url(address)
        repeated += key in feeds
        name = one_line(_attribute(outline, _NAMES))[:NAME_LENGTH]
        feeds.setdefault(key, ListedFeed(address, name, folders))
    if not feeds and not problems:
        raise DocumentInvalid(
            "The file is OPML, but lists no feed.",
            [Problem(path="body", message="no outline has an xmlUrl", example=EXAMPLE)],
        )
    return FeedList(feeds=tuple(feeds.values()), problems=tuple(problems), repeated=repeated)


def sources_of(feeds: Iterable[ListedFeed], regions: Iterable[Region]) -> tuple[Source, ...]:
    """Return the feeds as sources; a folder named like a region (id or name) gives it to its feeds."""
    known = {word.casefold(): region.id for region in regions for word in (region.id, region.name)}
    return tuple(
        Source(
            url=feed.url,
            name=feed.name or None,
            region=next(
                (known[it] for it in map(str.casefold, feed.folders[::-1]) if it in known), None
            ),
        )
        for feed in feeds
    )


def write_opml(title: str, sources: Iterable[Source], regions: Iterable[Region]) -> bytes:
    """Return sources as OPML 2.0 in UTF-8, those of a region in a folder of its name."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = one_line(title)
    body = etree.SubElement(root, "body")
    names = {region.id: region.name for region in regions}
    folders: dict[str, etree._Element] = {}
    for source in sources:
        place = body
        if source.region is not None:
            name = one_line(names.get(source.region, source.region))
            if source.region not in folders:
                folders[source.region] = etree.SubElement(body, "outline", text=name)
            place = folders[source.region]
        name = one_line(source.name or source.url)
        etree.SubElement(place, "outline", type="rss", text=name, title=name, xmlUrl=source.url)
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"


def _parsed(body: bytes) -> etree._Element:
    if len(body) > MAX_BYTES:
        raise DocumentInvalid(f"The file is larger than {MAX_BYTES:,} bytes; no list of feeds is.")
    if (
        b"<!DOCTYPE" in body
        or b"<!ENTITY" in body
        or b"<\x00!\x00" in body
        or b"\x00<\x00!" in body
    ):
        raise DocumentInvalid(
            "The file declares a document type or entities, which OPML has no use for.",
            hint="Take the lines with <!DOCTYPE and <!ENTITY out and import it again.",
        )
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root: etree._Element = etree.fromstring(body.strip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        problem = Problem(path="", message=str(error).split("\n")[0][:200], line=line)
        raise DocumentInvalid("The file is not well-formed XML:", [problem]) from error
    name = str(root.tag).rpartition("}")[2].lower()
    if name != "opml":
        raise DocumentInvalid(
            f"The file is not OPML: it begins with <{name[:40]}>.",
            hint="Export the list of feeds from your reader as OPML.",
        )
    return root


def _outlines(root: etree._Element) -> Iterator[tuple[etree._Element, tuple[str, ...]]]:
    """Yield outlines with the names of those they lie in; without recursion, within limits."""
    top: tuple[str, ...] = ()
    waiting = [(child, top) for body in root.iterchildren("{*}body", "body") for child in body][
        ::-1
    ]
    seen = 0
    while waiting:
        outline, folders = waiting.pop()
        if str(outline.tag).rpartition("}")[2].lower() != "outline":
            continue
        seen += 1
        if seen > MAX_OUTLINES:
            raise DocumentInvalid(f"The file has more than {MAX_OUTLINES:,} outlines.")
        if len(folders) > MAX_DEPTH:
            raise DocumentInvalid(f"The file has folders in folders more than {MAX_DEPTH} deep.")
        yield outline, folders
        name = one_line(_attribute(outline, ("text", "title")))
        waiting += [(child, (*folders, name)) for child in reversed(outline)]


def _attribute(outline: etree._Element, names: Iterable[str]) -> str:
    return next((text.strip() for name in names if (text := outline.get(name) or "").strip()), "")


def _problem(address: str, outline: etree._Element) -> Problem | None:
    message = "the address is longer than 2,000 characters" if len(address) > 2_000 else ""
    try:
        web_address(address)
    except ValueError as error:
        message = message or str(error)[:300]
    if not message:
        return None
    name = one_line(_attribute(outline, _NAMES))[:60]
    return Problem(
        path=f"outline {name!r}",
        message=message,
        line=cast("int | None", outline.sourceline),
        example=EXAMPLE,
    )
