"""Reads a page once, within bounds, into boxes that the rules look at.

A page of a stranger may be endless, deep or full of attributes: what is read is bounded in
characters, in elements, and in attributes of one tag (lxml compares each with all before it).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from autopilot.pipeline.check.cascade import Faces
from autopilot.pipeline.check.css import CssRule, rules_in
from autopilot.pipeline.check.face import Face

if TYPE_CHECKING:
    from lxml.etree import _Element

MOST_CHARACTERS = 1_000_000
MOST_ELEMENTS = 20_000
MOST_OWN_CHARACTERS = 5_000  # of one element; enough to say where, and to see that it has words
DEEPEST = 250  # the parser itself goes no deeper than 256 and says nothing
LONG_TAG = 2_000
LONGEST_NAME = 30
LONG_VALUE = 600
SHOWN_CHARACTERS = 40
_TAG = re.compile(r"""</?[a-zA-Z](?:[^>"']++|"[^"]*+"|'[^']*+'|["'])*+>?""")
_VALUE = re.compile(rf"\"[^\"]{{{LONG_VALUE},}}\"|'[^']{{{LONG_VALUE},}}'")
_NAME = re.compile(r"</?[a-zA-Z][\w:-]{0,40}")
_INVISIBLE = re.compile("[\u034f\u200b-\u200f\u2007\u2060\ufeff\u00ad]")
_SCHEME = re.compile(r"(?<![\w-])color-scheme\s*:\s*([\w ]{1,40})")
_WORD = re.compile(r"[^\W_]")
_SILENT = frozenset({"style", "script", "title", "template", "noscript"})


@dataclass(slots=True, kw_only=True, eq=False)
class Box:
    """One element: its face, the text directly in it, and its span of the page's flow of text.

    `has_words` says that readers see words directly in it.
    """

    tag: str
    attributes: Mapping[str, str]
    line: int
    face: Face
    parent: Box | None
    number: int
    text: str = ""
    first: int = 0
    last: int = 0
    has_words: bool = False

    @property
    def around(self) -> Iterator[Box]:
        """The boxes around it, the nearest first."""
        box = self.parent
        while box is not None:
            yield box
            box = box.parent

    @property
    def where(self) -> str:
        """The place for people: line and words."""
        words = shown(self.text) or shown(self.attributes.get("src") or "")
        told = f" “{words}”" if words else f" <{self.tag}>"
        return f"line {self.line}{told}"


@dataclass(slots=True, kw_only=True)
class Page:
    """A page as it was read; `is_cut` says that there was more than is looked at."""

    html: str
    boxes: list[Box] = field(default_factory=list)
    flow: list[tuple[Box, str]] = field(default_factory=list)
    sheets: list[Box] = field(default_factory=list)
    rules: tuple[CssRule, ...] = ()
    is_cut: bool = False

    def tagged(self, *tags: str) -> list[Box]:
        """Return the boxes with one of these tags, in order."""
        return [box for box in self.boxes if box.tag in tags]

    def boxes_in(self, box: Box, *, most: int) -> list[Box]:
        """Return a box and the first boxes in it, `most` at most."""
        following = self.boxes[box.number : box.number + most]
        return [each for each in following if each is box or box in each.around]

    def words_of(self, box: Box) -> str:
        """Return all text in a box, hidden text left out, white space collapsed."""
        pieces = self.flow[box.first : box.last]
        return plain("".join(text for within, text in pieces if not within.face.hidden))

    def words_between(self, start: int, end: int | None) -> str:
        """Return the visible text of a span of the flow."""
        pieces = self.flow[start:end]
        return plain(" ".join(text for within, text in pieces if not within.face.hidden))

    @property
    def root(self) -> Box | None:
        """The html element."""
        return next((box for box in self.boxes if box.tag == "html"), None)


def plain(text: str) -> str:
    """Return text without invisible characters, its white space collapsed."""
    return " ".join(_INVISIBLE.sub("", text).split())


def shown(text: str) -> str:
    """Return the beginning of a text for a report."""
    line = plain(text)
    return line if len(line) <= SHOWN_CHARACTERS else f"{line[: SHOWN_CHARACTERS - 1]}…"


def read_page(html: str) -> Page:
    """Return the page; one that holds nothing has no boxes."""
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    page = Page(html=html, is_cut=len(html) > MOST_CHARACTERS)
    text = _TAG.sub(_shortened, html[:MOST_CHARACTERS])
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    try:
        root = document_fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return page
    page.rules = _sheet_rules(root)
    _fill(page, root, Faces(page.rules, knows_dark=_knows_dark(root)))
    return page


def _shortened(tag: re.Match[str]) -> str:
    """A tag as it stands, but a monstrous one with short values, or without attributes."""
    text = tag.group()
    if len(text) <= LONG_TAG:
        return text
    text = _VALUE.sub(lambda value: value[0][:LONG_VALUE] + value[0][0], text)
    if len(text) <= 2 * LONG_TAG:
        return text
    name = _NAME.match(text)
    return f"{name[0] if name else '<p'}>"


def _knows_dark(root: _Element) -> bool:
    """Whether the page says that it has a dark side; browsers then change their own colours too."""
    told = [
        meta.get("content") or ""
        for meta in root.iter("meta")
        if (meta.get("name") or "").lower() == "color-scheme"
    ]
    told += _SCHEME.findall(" ".join(style.text or "" for style in root.iter("style")))
    return any("dark" in each.lower() for each in told)


def _sheet_rules(root: _Element) -> tuple[CssRule, ...]:
    return tuple(rule for style in root.iter("style") for rule in rules_in(style.text or ""))


def _fill(page: Page, root: _Element, faces: Faces) -> None:
    """Walk the tree without recursion: a start makes a box, an end adds the text after it."""
    from lxml import etree

    open_boxes: list[Box] = []
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            parent = open_boxes[-1] if open_boxes else None
            box = _box(page, element, parent, faces)
            open_boxes.append(box)
            page.is_cut = page.is_cut or len(open_boxes) >= DEEPEST
            if element.text:
                _add_text(page, box, element.text)
        else:
            box = open_boxes.pop()
            box.last = len(page.flow)
            if element.tail and open_boxes:
                _add_text(page, open_boxes[-1], element.tail)
        if len(page.boxes) >= MOST_ELEMENTS:
            page.is_cut = True
            break
    for box in open_boxes:
        box.last = len(page.flow)
    for box in page.boxes:
        box.has_words = not box.face.hidden and _WORD.search(box.text) is not None


def _box(page: Page, element: _Element, parent: Box | None, faces: Faces) -> Box:
    tag = str(element.tag)[:LONGEST_NAME]
    attributes = {str(name): str(value) for name, value in element.attrib.items()}
    box = Box(
        tag=tag,
        attributes=attributes,
        line=cast("int | None", element.sourceline) or 0,
        face=faces.face(tag, attributes, parent.face if parent else None),
        parent=parent,
        number=len(page.boxes),
        first=len(page.flow),
    )
    page.boxes.append(box)
    if tag == "style":
        page.sheets.append(box)
    return box


def _add_text(page: Page, box: Box, text: str) -> None:
    if box.tag in _SILENT:
        if box.tag in ("style", "title"):
            box.text += text
        return
    if not text.isspace() and len(box.text) < MOST_OWN_CHARACTERS:
        box.text = f"{box.text} {text}" if box.text else text
    page.flow.append((box, text))
