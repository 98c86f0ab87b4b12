"""Faces: how the text at one place of a page looks, after inheritance and cascade."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from autopilot.pipeline.check.colors import (
    BLACK,
    LINK_BLUE,
    WHITE,
    Rgb,
    color_in,
    laid_over,
)
from autopilot.pipeline.check.css import pixels

NORMAL_LINE = 1.2  # what "normal" comes to in most fonts
_SIZES = {"xx-small": 9, "x-small": 10, "small": 13, "medium": 16, "large": 18, "x-large": 24}
_TAG_FACTORS = {
    "h1": 2,
    "h2": 1.5,
    "h3": 1.17,
    "h5": 0.83,
    "h6": 0.67,
    "small": 1 / 1.2,
    "big": 1.2,
}
_UNSEEN = frozenset({"head", "title", "style", "script", "template", "noscript"})


class Origin(StrEnum):
    """Where a value comes from: nobody, the body, a style sheet, or the element or one around it."""

    DEFAULT = "default"
    BODY = "body"
    SHEET = "sheet"
    INLINE = "inline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """Computed values in px; `color` and `ground` are None where they cannot be told.

    `declared` is what the element itself is given, the winning value of each property.
    """

    parent: Face | None
    tag: str
    classes: frozenset[str]
    id: str
    declared: Mapping[str, str]
    color: Rgb | None = BLACK
    ground: Rgb | None = WHITE
    dark_color: Rgb | None = BLACK
    dark_ground: Rgb | None = WHITE
    dark_link: Rgb = LINK_BLUE
    color_from: Origin = Origin.DEFAULT
    ground_from: Origin = Origin.DEFAULT
    size_from: Origin = Origin.DEFAULT
    size: float = 16.0
    line: float = NORMAL_LINE
    line_is_factor: bool = True
    hidden: bool = False
    wraps: bool = True
    breaks_words: bool = False

    @property
    def line_height(self) -> float:
        """The height of a line in px."""
        return self.line * self.size if self.line_is_factor else self.line


def computed(
    bare: Face,
    above: Face,
    given: Mapping[str, str],
    dark: Mapping[str, str],
    named: set[str],
    *,
    is_link: bool,
) -> Face:
    """Return the face of a `bare` element below `above`, from what it is given by day and by night.

    `named` are the properties that stand on the element itself, and not in a style sheet.
    """
    own = given
    size = _size(own.get("font-size"), bare.tag, above.size)
    line, is_factor = _line(own.get("line-height"), size, above)
    origin = _origin(bare.tag, named, own)
    light = _pair(own, above.color, above.ground, link=LINK_BLUE if is_link else None)
    night = _pair(
        dark, above.dark_color, above.dark_ground, link=above.dark_link if is_link else None
    )
    return Face(
        parent=bare.parent,
        tag=bare.tag,
        classes=bare.classes,
        id=bare.id,
        declared=own,
        color=light[0],
        ground=light[1],
        dark_color=night[0],
        dark_ground=night[1],
        dark_link=above.dark_link,
        color_from=origin.get("color", Origin.DEFAULT if is_link else above.color_from),
        ground_from=origin.get("background-color", above.ground_from),
        size_from=origin.get("font-size", above.size_from),
        size=size,
        line=line,
        line_is_factor=is_factor,
        hidden=above.hidden or bare.tag in _UNSEEN or _hides(own),
        wraps=_wraps(own.get("white-space"), above.wraps),
        breaks_words=above.breaks_words or _breaks_words(own),
    )


def _origin(tag: str, named: set[str], own: Mapping[str, str]) -> dict[str, Origin]:
    """Where the element's own values come from; "background" and "font" name their parts."""
    if tag in ("body", "html"):
        return dict.fromkeys(own, Origin.BODY)
    inline = set(named)
    if "background" in named:
        inline.add("background-color")
    if "font" in named:
        inline |= {"font-size", "line-height"}
    return {name: Origin.INLINE if name in inline else Origin.SHEET for name in own}


def _pair(
    given: Mapping[str, str], color: Rgb | None, ground: Rgb | None, *, link: Rgb | None
) -> tuple[Rgb | None, Rgb | None]:
    """Text colour and ground of an element, seen over what is below it."""
    if "background-color" in given:
        shade = color_in(given["background-color"])
        if shade is None or (ground is None and shade[3] < 1):
            ground = None
        else:
            ground = laid_over(shade, ground or WHITE)
    if "color" in given:
        if given["color"].strip().lower() not in ("inherit", "currentcolor", "unset"):
            ink = color_in(given["color"])
            color = None if ink is None else laid_over(ink, ground or WHITE)
    elif link is not None:
        color = link
    return color, ground


def _size(value: str | None, tag: str, above: float) -> float:
    if value is None:
        return above * _TAG_FACTORS.get(tag, 1)
    word = value.strip().lower()
    if word in _SIZES:
        return float(_SIZES[word])
    found = pixels(word, of=above)
    return above if found is None or found < 0 else found


def _line(value: str | None, size: float, above: Face) -> tuple[float, bool]:
    if value is None:
        return above.line, above.line_is_factor
    word = value.strip().lower()
    if word == "normal":
        return NORMAL_LINE, True
    if re.fullmatch(r"\d*\.?\d+", word):
        return float(word), True
    found = pixels(word, of=size)
    return (above.line, above.line_is_factor) if found is None else (found, False)


def _hides(given: Mapping[str, str]) -> bool:
    if given.get("display", "").lower() == "none" or given.get("visibility") == "hidden":
        return True
    if given.get("mso-hide") == "all" and given.get("max-height", "").startswith("0"):
        return True
    tiny = pixels(given.get("font-size", "16px"), of=16.0)
    return tiny is not None and tiny <= 1 and given.get("overflow") == "hidden"


def _wraps(value: str | None, above: bool) -> bool:
    return above if value is None else value.lower() not in ("nowrap", "pre")


def _breaks_words(given: Mapping[str, str]) -> bool:
    return (
        given.get("overflow-wrap") in ("anywhere", "break-word")
        or given.get("word-break") in ("break-word", "break-all")
        or given.get("word-wrap") == "break-word"
    )
