"""Reads as much CSS as mail programs keep: declarations, simple selectors, media blocks.

A selector that asks for more than tags, classes, ids and their nesting matches nothing here, as in
the mail programs that know least.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

MOST_CSS_CHARACTERS = 200_000
MOST_RULES = 2_000
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_COMPOUND = re.compile(r"(?P<tag>[a-z][a-z0-9]*|\*)?(?P<marks>(?:[.#][\w-]+)*)")
_MARK = re.compile(r"([.#])([\w-]+)")
_IMPORTANT = re.compile(r"!\s*important\s*\Z", re.IGNORECASE)

Declarations = tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compound:
    """One part of a selector: `td.story#first`; an empty tag stands for any."""

    tag: str
    classes: frozenset[str]
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CssRule:
    """Declarations for what its selector matches; `parts` from the outermost to the element itself.

    `media` is the condition of the block it stands in, "" for none.
    """

    parts: tuple[Compound, ...]
    declarations: Declarations
    media: str
    weight: tuple[int, int, int]

    @property
    def is_dark(self) -> bool:
        """Whether it is for dark surroundings only."""
        return "prefers-color-scheme" in self.media and "dark" in self.media


@lru_cache(maxsize=4096)
def declarations_in(text: str) -> Declarations:
    """Return (property, value, is important) of a style attribute or a rule's body, in order."""
    return tuple(_declarations(_COMMENT.sub(" ", text)))


def _declarations(text: str) -> Iterator[tuple[str, str, bool]]:
    for part in _parts_of(text):
        name, colon, value = part.partition(":")
        if colon and value.strip():
            plain = _IMPORTANT.sub("", value).strip()
            yield name.strip().lower(), plain, plain != value.strip()


def _parts_of(text: str) -> Iterator[str]:
    """Cut at semicolons, but not inside brackets, as a data address has them."""
    if "(" not in text:
        yield from text.split(";")
        return
    start = depth = 0
    for place in re.finditer(r"[();]", text):
        mark = place.group()
        depth = max(depth + (mark == "(") - (mark == ")"), 0)
        if mark == ";" and depth == 0:
            yield text[start : place.start()]
            start = place.end()
    yield text[start:]


@lru_cache(maxsize=64)
def rules_in(sheet: str) -> tuple[CssRule, ...]:
    """Return the rules of a style sheet in order; what cannot be read is passed over."""
    text = _COMMENT.sub(" ", sheet[:MOST_CSS_CHARACTERS])
    rules: list[CssRule] = []
    for media, selectors, body in _blocks(text):
        declared = declarations_in(body)
        for selector in selectors.split(","):
            parts = _selector(selector)
            if parts and declared:
                rules.append(
                    CssRule(parts=parts, declarations=declared, media=media, weight=_weight(parts))
                )
            if len(rules) >= MOST_RULES:
                return tuple(rules)
    return tuple(rules)


def _blocks(text: str) -> Iterator[tuple[str, str, str]]:
    """Each (media, selectors, body): one level of @media, other at-rules left out."""
    media: list[str] = []
    start = 0
    head = ""
    for place in re.finditer(r"[{};]", text):
        mark, piece = place.group(), text[start : place.start()].strip()
        if mark == "{":
            if piece.startswith("@"):
                media.append(piece.lower())
                head = ""
            else:
                head = piece
            start = place.end()
        elif mark == "}":
            if head:
                yield " ".join(media), head, piece
                head = ""
            elif media:
                media.pop()
            start = place.end()
        elif not head:
            start = place.end()


@lru_cache(maxsize=2048)
def _selector(selector: str) -> tuple[Compound, ...]:
    if ">" in selector or "+" in selector or "~" in selector:
        return ()
    compounds = [_compound(part) for part in selector.lower().split()]
    return tuple(each for each in compounds if each) if all(compounds) else ()


def _compound(part: str) -> Compound | None:
    match = _COMPOUND.fullmatch(part)
    if match is None or not part:
        return None
    marks = _MARK.findall(match["marks"] or "")
    return Compound(
        tag="" if match["tag"] in (None, "*") else match["tag"],
        classes=frozenset(name for mark, name in marks if mark == "."),
        id=next((name for mark, name in marks if mark == "#"), ""),
    )


def _weight(parts: Sequence[Compound]) -> tuple[int, int, int]:
    """The specificity of a selector: ids, classes, tags."""
    return (
        sum(bool(part.id) for part in parts),
        sum(len(part.classes) for part in parts),
        sum(bool(part.tag) for part in parts),
    )


@lru_cache(maxsize=1024)
def pixels(value: str, *, of: float) -> float | None:
    """Return a length in px, `of` being what em and % refer to; None where it is no plain length."""
    match = re.fullmatch(r"(-?\d*\.?\d+)(px|pt|em|rem|%|)", value.strip().lower())
    if match is None:
        return None
    number, unit = float(match[1]), match[2]
    if unit in ("em", "%"):
        return number * of / (100 if unit == "%" else 1)
    return number * {"px": 1.0, "": 1.0, "pt": 4 / 3, "rem": 16.0}[unit]
