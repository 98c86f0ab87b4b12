"""The fast path: well-formed RSS 0.9x, 1.0 (RDF), 2.0 and Atom 0.3, 1.0 read with lxml.

No entity is resolved, no DTD loaded, no address opened; libxml2's own limits on depth and on the
size of one text stay on. What is not well-formed is left to others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice

from lxml import etree

from autopilot.domain.content import Feed
from autopilot.pipeline.collect.feed_pace import skip_hours, ttl_seconds
from autopilot.pipeline.collect.links import absolute_link
from autopilot.pipeline.collect.plain_text import one_line
from autopilot.pipeline.collect.raw_entry import MAX_ENTRIES, RawEntry, language_of

FEED_ROOTS = frozenset({"rss", "rdf", "feed", "channel"})

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_XML_BASE = b"xml:base"
_DESCRIBING = ("search.yahoo.com/mrss", "itunes.com")
"""Modules whose description stands in where the entry has no text of its own."""
_FOREIGN = (
    *_DESCRIBING,
    "podcast",
    "schemas.google.com",
    "georss",
    "w3.org/2003/01/geo",
    "wellformedweb",
    "slash",
    "syndication",
    "thread",
    "wordpress",
)

Reader = Callable[[RawEntry, "etree._Element"], None]


class NotWellFormed(Exception):
    """The body is not XML, or not whole; the tolerant path may still read it."""


class NotAFeed(Exception):
    """The body is XML of another kind; `root` is the name of its root element."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self.root = root


def read_xml(body: bytes, url: str, *, encoding: str | None = None, recover: bool = False) -> Feed:
    """Return the feed; raises NotWellFormed or NotAFeed.

    `encoding` overrides what the body says; `recover` reads up to a cut and past small faults.
    """
    root = _parsed(body, url, encoding, recover)
    name = _local(root.tag)
    if name in ("entry", "item"):
        return Feed(title="", entries=(_Entries(body, url).read(root).build(),))
    if name not in FEED_ROOTS:
        # Some servers wrap the feed in a page of their own.
        root = next(root.iter("{*}rss", "{*}feed", "{*}RDF"), root)
    if _local(root.tag) not in FEED_ROOTS:
        raise NotAFeed(name)
    channel = next((child for child in root if _local(child.tag) == "channel"), root)
    read = _Entries(body, url).read
    return Feed(
        title=_feed_title(channel),
        entries=tuple(read(found).build() for found in islice(_items(root), MAX_ENTRIES)),
        language=_feed_language(root, channel),
        site=_site(channel, url),
        ttl_seconds=ttl_seconds(channel),
        skip_hours=skip_hours(channel),
    )


def _parsed(body: bytes, url: str, encoding: str | None, recover: bool) -> etree._Element:
    try:
        root: etree._Element | None = etree.fromstring(
            body, _parser(encoding, recover), base_url=url
        )
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise NotWellFormed(str(error)) from error
    if root is None:  # nothing could be recovered
        raise NotWellFormed("no element found")
    return root


@cache
def _parser(encoding: str | None, recover: bool) -> etree.XMLParser:
    """Return the parser for this encoding; lxml lets one thread at a time use it."""
    return etree.XMLParser(
        encoding=encoding,
        recover=recover,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _items(root: etree._Element) -> Iterator[etree._Element]:
    """Yield entries where the formats put them: below the channel, or (RSS 0.9, 1.0) the root."""
    for child in root:
        name = _local(child.tag)
        if name in ("item", "entry"):
            yield child
        elif name in ("channel", "items"):
            yield from (found for found in child if _local(found.tag) in ("item", "entry"))


def _feed_title(channel: etree._Element) -> str:
    for child in channel:
        if _local(child.tag) == "title" and not _is_foreign(child.tag):
            return one_line(_inner(child), markup=_is_markup(child, default=False))
    return ""


def _feed_language(root: etree._Element, channel: etree._Element) -> str | None:
    stated = next((child.text for child in channel if _local(child.tag) == "language"), None)
    return language_of(stated) or language_of(channel.get(_LANG) or root.get(_LANG))


def _site(channel: etree._Element, url: str) -> str:
    for child in channel:
        if _local(child.tag) == "link" and child.get("rel", "alternate") == "alternate":
            link = absolute_link(child.get("href") or child.text, url)
            if link:
                return link
    return ""


class _Entries:
    """Reads entries of one feed, remembering per tag what it means."""

    def __init__(self, body: bytes, url: str) -> None:
        self._url = url
        self._has_bases = _XML_BASE in body
        self._readers: dict[object, Reader | None] = {}

    def read(self, element: etree._Element) -> RawEntry:
        base = (element.base if self._has_bases else None) or self._url
        entry = RawEntry(base=base, language=element.get(_LANG))
        readers = self._readers
        for child in element:
            tag = child.tag
            try:
                reader = readers[tag]
            except KeyError:
                reader = readers[tag] = _reader_of(tag)
            if reader is not None:
                reader(entry, child)
        return entry


def _reader_of(tag: object) -> Reader | None:
    if not _is_foreign(tag):
        return _READERS.get(_local(tag))
    return _STAND_INS.get(_local(tag)) if _is_foreign(tag, _DESCRIBING) else None


def _is_foreign(tag: object, modules: tuple[str, ...] = _FOREIGN) -> bool:
    """Say whether a name belongs to a module whose title or description is not the entry's."""
    if not isinstance(tag, str) or not tag.startswith("{"):
        return False
    namespace = tag[1 : tag.index("}")].lower()
    return any(part in namespace for part in modules)


def _local(tag: object) -> str:
    """Return an element's name without namespace, in lower case; entities and the like have none."""
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def _inner(element: etree._Element) -> str:
    """Return the text, with child elements written out as the markup they are."""
    if len(element) == 0:
        return element.text or ""
    parts = [etree.tostring(child, encoding="unicode") for child in element]
    return "".join([element.text or "", *parts])


def _is_markup(element: etree._Element, *, default: bool) -> bool:
    kind = element.get("type")
    return default if kind is None else "html" in kind


def _read_title(entry: RawEntry, element: etree._Element) -> None:
    if not entry.title:
        entry.title = _inner(element)
        entry.title_markup = _is_markup(element, default=False)


def _read_summary(entry: RawEntry, element: etree._Element) -> None:
    if not entry.summary:
        entry.summary = _inner(element)
        entry.summary_markup = _is_markup(element, default=True)


def _read_content(entry: RawEntry, element: etree._Element) -> None:
    kind = element.get("type") or ""
    if not entry.content and (not kind or kind.startswith("text") or "html" in kind):
        entry.content = _inner(element)
        entry.content_markup = _is_markup(element, default=True)


def _read_link(entry: RawEntry, element: etree._Element) -> None:
    """Read RSS's link text or Atom's href; of Atom's only rel=alternate leads to the page."""
    href = element.get("href")
    if href is None:
        entry.link = entry.link or (element.text or "").strip() or None
    elif element.get("rel", "alternate") == "alternate" and not entry.link:
        entry.link = href.strip()


def _read_permalink(entry: RawEntry, element: etree._Element) -> None:
    text = (element.text or "").strip()
    if text[:4].lower() == "http" and element.get("isPermaLink", "true").lower() != "false":
        entry.permalink = text


def _read_origin(entry: RawEntry, element: etree._Element) -> None:
    entry.origin = element.text


def _read_published(entry: RawEntry, element: etree._Element) -> None:
    entry.published = entry.published or element.text


def _read_updated(entry: RawEntry, element: etree._Element) -> None:
    entry.updated = entry.updated or element.text


def _read_language(entry: RawEntry, element: etree._Element) -> None:
    entry.language = element.text


def _read_stand_in(entry: RawEntry, element: etree._Element) -> None:
    entry.stand_in = entry.stand_in or _inner(element)


def _read_group(entry: RawEntry, element: etree._Element) -> None:
    for child in element.iterchildren("{*}description"):
        _read_stand_in(entry, child)


_READERS: dict[str, Reader] = {
    "title": _read_title,
    "link": _read_link,
    "guid": _read_permalink,
    "origlink": _read_origin,
    "description": _read_summary,
    "summary": _read_summary,
    "encoded": _read_content,
    "content": _read_content,
    "fullitem": _read_content,
    "body": _read_content,
    "pubdate": _read_published,
    "published": _read_published,
    "issued": _read_published,
    "date": _read_updated,
    "updated": _read_updated,
    "modified": _read_updated,
    "created": _read_updated,
    "language": _read_language,
}

_STAND_INS: dict[str, Reader] = {
    "description": _read_stand_in,
    "summary": _read_stand_in,
    "group": _read_group,
}
