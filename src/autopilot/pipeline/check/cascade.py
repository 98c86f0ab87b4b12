"""The cascade: which rules match an element, which declaration wins, and the face it comes to.

Elements with the same ancestors, classes and styles share one face, so that a page of thirty
stories costs no more than a page of one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from autopilot.pipeline.check.colors import LINK_BLUE_AT_NIGHT, WHITE, color_in
from autopilot.pipeline.check.css import Compound, CssRule, Declarations, declarations_in
from autopilot.pipeline.check.face import Face, computed

_FONT_TAG_SIZES = {"1": 10, "2": 13, "3": 16, "4": 18, "5": 24, "6": 32, "7": 48}
_FONT = re.compile(r"(\d*\.?\d+(?:px|pt|em|rem|%))(?:\s*/\s*(\d*\.?\d+(?:px|pt|em|rem|%)?))?")
MOST_MATCHES = 300_000


_Placed = tuple[int, CssRule]
# What a page stands on: white paper, or where it says that it knows dark mode, a browser's night.
_PAPER = Face(parent=None, tag="", classes=frozenset(), id="", declared={})
_DARK_PAPER = replace(
    _PAPER, dark_color=WHITE, dark_ground=(18.0, 18.0, 18.0), dark_link=LINK_BLUE_AT_NIGHT
)


class Faces:
    """Makes the faces of one page, each only once."""

    def __init__(self, rules: Sequence[CssRule], *, knows_dark: bool = False) -> None:
        ordered = list(enumerate(rules))
        self._plain = _by_mark((place, rule) for place, rule in ordered if not rule.media)
        self._dark = _by_mark((place, rule) for place, rule in ordered if rule.is_dark)
        self._above = _DARK_PAPER if knows_dark else _PAPER
        self._known: dict[tuple[object, ...], Face] = {}
        self._matches_left = MOST_MATCHES

    def face(self, tag: str, attributes: Mapping[str, str], parent: Face | None) -> Face:
        """Return the face of an element below `parent`."""
        read = attributes.get
        key = (
            id(parent),
            tag,
            read("style"),
            read("class"),
            read("id"),
            read("bgcolor"),
            read("color") if tag == "font" else "href" in attributes,
            read("size") if tag == "font" else read("hidden"),
            read("text") if tag == "body" else None,
        )
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._made(tag, attributes, parent)
        return known

    def _made(self, tag: str, attributes: Mapping[str, str], parent: Face | None) -> Face:
        classes = frozenset((attributes.get("class") or "").lower().split())
        mark = (attributes.get("id") or "").lower()
        bare = Face(parent=parent, tag=tag, classes=classes, id=mark, declared={})
        sheet = self._declared(bare, self._plain)
        inline = declarations_in(attributes.get("style") or "")
        old = _presentational(tag, attributes)
        given = old | _winning([*sheet, inline])
        dark = given
        if self._dark:
            dark = old | _winning([*self._declared(bare, self._plain, self._dark), inline])
        named = set(old) | {name for name, *_ in inline}
        return computed(
            bare,
            parent or self._above,
            given,
            dark,
            named,
            is_link=tag == "a" and "href" in attributes,
        )

    def _declared(self, face: Face, *sheets: Mapping[str, list[_Placed]]) -> list[Declarations]:
        """What the rules that match an element declare, the strongest last."""
        marks = [face.tag, *(f".{name}" for name in face.classes), f"#{face.id}", "*"]
        found = [each for sheet in sheets for mark in marks for each in sheet.get(mark, ())]
        self._matches_left -= len(found)
        if self._matches_left < 0:
            return []
        matching = [each for each in found if _matches(each[1].parts, face)]
        return [rule.declarations for _, rule in sorted(matching, key=_by_weight)]


def _by_weight(placed: _Placed) -> tuple[tuple[int, int, int], int]:
    return placed[1].weight, placed[0]


def _by_mark(rules: Iterable[_Placed]) -> dict[str, list[_Placed]]:
    """Rules by what their element must have, so that few are tried on each."""
    found: dict[str, list[_Placed]] = {}
    for place, rule in rules:
        last = rule.parts[-1]
        mark = f"#{last.id}" if last.id else next((f".{each}" for each in sorted(last.classes)), "")
        found.setdefault(mark or last.tag or "*", []).append((place, rule))
    return found


def _matches(parts: Sequence[Compound], face: Face) -> bool:
    if not _fits(parts[-1], face):
        return False
    above = face.parent
    for part in reversed(parts[:-1]):
        while above is not None and not _fits(part, above):
            above = above.parent
        if above is None:
            return False
        above = above.parent
    return True


def _fits(part: Compound, face: Face) -> bool:
    return (
        (not part.tag or part.tag == face.tag)
        and part.classes <= face.classes
        and (not part.id or part.id == face.id)
    )


def _winning(layers: Iterable[Declarations]) -> dict[str, str]:
    """The value of each property: the last one said, but an important one before any that is not."""
    ordinary: dict[str, str] = {}
    important: dict[str, str] = {}
    for declarations in layers:
        for name, value, is_important in declarations:
            (important if is_important else ordinary).update(_expanded(name, value))
    return ordinary | important


def _presentational(tag: str, attributes: Mapping[str, str]) -> dict[str, str]:
    """What old attributes say, in the words of CSS."""
    given: dict[str, str] = {}
    if attributes.get("bgcolor"):
        given["background-color"] = attributes["bgcolor"]
    if tag == "font" and attributes.get("color"):
        given["color"] = attributes["color"]
    if tag == "font" and attributes.get("size") in _FONT_TAG_SIZES:
        given["font-size"] = f"{_FONT_TAG_SIZES[attributes['size']]}px"
    if tag == "body" and attributes.get("text"):
        given["color"] = attributes["text"]
    if attributes.get("hidden") is not None:
        given["display"] = "none"
    return given


def _expanded(name: str, value: str) -> dict[str, str]:
    """A declaration, and what a shorthand says of the colour, the size and the line height."""
    if name == "background" and color_in(value):
        return {name: value, "background-color": value}
    font = _FONT.search(value) if name == "font" else None
    if font:
        return {name: value, "font-size": font[1], "line-height": font[2] or "normal"}
    return {name: value}
