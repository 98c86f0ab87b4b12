"""Rules for how a page is built: styles, what is banned, tables and widths, the body, the head."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from autopilot.pipeline.check.css import declarations_in, pixels
from autopilot.pipeline.check.face import Origin
from autopilot.pipeline.check.found import Found, warning
from autopilot.pipeline.check.page import Box, Page

MOST_STYLE_OCTETS = 16_000
WIDEST, PHONE = 640, 320
LONGEST_WORD = 45
_BANNED = """
script form input button select textarea iframe frame frameset video audio source track object
embed applet canvas svg math base noscript template
"""
BANNED_TAGS = frozenset(_BANNED.split())
_FLEX = re.compile(r"\b(?:inline-)?(?:flex|grid)\b")
_URL = re.compile(r"url\(\s*['\"]?([^'\")]*)", re.IGNORECASE)
_PICTURES = re.compile(r"(?i)\.(svg|webp)(?:[?#]|\Z)")
_HEADING = re.compile(r"h[1-6]")


def styles(page: Page) -> Iterator[Found]:
    """E9: styles under 16 kB and in the head; colours stand inline as well."""
    octets = sum(len(sheet.text.encode("utf-8", "replace")) for sheet in page.sheets)
    if octets >= MOST_STYLE_OCTETS:
        yield Found(
            rule="E9",
            message=f"the style blocks have {octets:,} octets; Gmail drops what goes over 16 kB",
            where=page.sheets[0].where,
            advice="leave in them only what cannot stand inline",
        )
    for sheet in page.sheets:
        if any(box.tag == "body" for box in sheet.around):
            told = "a style block stands in the body, where mail programs drop it"
            yield Found(
                rule="E9", message=told, where=f"line {sheet.line}", advice="move it to the head"
            )
    for box in page.boxes:
        if box.has_words and Origin.SHEET in (box.face.color_from, box.face.ground_from):
            yield Found(
                rule="E9",
                message="colours of text stand only in a style block",
                where=box.where,
                advice="repeat them in style attributes",
            )


def banned(page: Page) -> Iterator[Found]:
    """E10: nothing that mail programs remove, block or cannot show."""
    for box in page.boxes:
        for message, advice in _banned_in(box):
            yield Found(rule="E10", message=message, where=_spot(box), advice=advice)
    for sheet in page.sheets:
        for message, advice in _banned_in_sheet(sheet.text):
            yield Found(rule="E10", message=message, where=f"line {sheet.line}", advice=advice)


def _spot(box: Box) -> str:
    return f"line {box.line} <{box.tag}>"


def _banned_in(box: Box) -> Iterator[tuple[str, str]]:
    if box.tag in BANNED_TAGS:
        yield f"<{box.tag}> is removed or blocked by mail programs", "take it out"
    if box.tag == "link" and "stylesheet" in (box.attributes.get("rel") or "").lower():
        yield "an external style sheet is never loaded", "write its rules inline"
    source = box.attributes.get("src") or ""
    if source.lower().startswith("data:"):
        yield "an image stands in the page as data (base64)", "link it over HTTPS"
    elif found := _PICTURES.search(source):
        yield f"{found[1].upper()} images are not shown everywhere", "use PNG, JPEG or GIF"
    style = box.attributes.get("style") or ""
    if style:
        yield from _banned_declarations(style)
    if box.attributes.get("background") or "url(" in style:
        yield from _background(box, style)


def _banned_declarations(style: str) -> Iterator[tuple[str, str]]:
    for name, value, _ in declarations_in(style):
        if name == "position":
            yield "CSS position is removed by mail programs", "lay out with tables"
        elif name == "display" and _FLEX.search(value.lower()):
            yield "flex and grid are unknown to Outlook", "lay out with tables"
        elif name.startswith("--") or "var(" in value:
            yield "CSS variables are unknown to most mail programs", "write the value itself"


def _background(box: Box, style: str) -> Iterator[tuple[str, str]]:
    address = _URL.search(style)
    if address and address[1].lower().startswith("data:"):
        yield "an image stands in the page as data (base64)", "link it over HTTPS"
    if "background-color" not in box.face.declared:
        told = "a background image without a colour behind it: with images off, nothing is there"
        yield told, "give a background-color that carries the text"


def _banned_in_sheet(sheet: str) -> Iterator[tuple[str, str]]:
    if "@import" in sheet.lower():
        yield "@import is never loaded", "write its rules inline"
    if "var(" in sheet:
        yield "CSS variables are unknown to most mail programs", "write the value itself"
    if re.search(r"(?i)[;{\s]position\s*:\s*(?:absolute|fixed|sticky|relative)", sheet):
        yield "CSS position is removed by mail programs", "lay out with tables"
    if re.search(r"(?i)display\s*:\s*(?:inline-)?(?:flex|grid)", sheet):
        yield "flex and grid are unknown to Outlook", "lay out with tables"
    if re.search(r"(?i)url\(\s*['\"]?data:", sheet):
        yield "an image stands in the page as data (base64)", "link it over HTTPS"


def tables(page: Page) -> Iterator[Found]:
    """E11: tables for layout, no wider than 640 px, one column on a phone of 320 px."""
    if page.boxes and not page.tagged("table"):
        told = "the page is not laid out with tables; Outlook sets no width on other elements"
        yield Found(rule="E11", message=told, advice="put the content in one table, 640 px wide")
    for box in page.boxes:
        if not box.face.hidden:
            yield from _width(box)
    cells_of = _cells(page)
    for row in page.tagged("tr"):
        yield from _row(page, row, cells_of)
    for box in page.boxes:
        if box.has_words:
            yield from _sideways(box)


def _width(box: Box) -> Iterator[Found]:
    declared = box.face.declared
    wide = _fixed_width(box)
    if wide is not None and wide > WIDEST:
        told = f"<{box.tag}> is {wide:g} px wide"
        yield Found(rule="E11", message=told, where=_spot(box), advice=f"{WIDEST} px at most")
    elif wide is not None and wide > PHONE and not _shrinks(box):
        told = f"<{box.tag}> is {wide:g} px wide also on a phone of {PHONE} px"
        advice = "add width:100% with the max-width to its style"
        yield Found(rule="E11", message=told, where=_spot(box), advice=advice)
    least = pixels(declared.get("min-width", "0"), of=PHONE)
    if least is not None and least > PHONE:
        told = f"<{box.tag}> has a min-width of {least:g} px"
        yield Found(rule="E11", message=told, where=_spot(box), advice=f"{PHONE} px at most")


def _fixed_width(box: Box) -> float | None:
    """The width in px that attribute, width or max-width ask for, the widest of them."""
    given = [box.face.declared.get("width", ""), box.face.declared.get("max-width", "")]
    if box.tag in ("table", "td", "th", "img", "div"):
        given.append(box.attributes.get("width") or "")
    found = [pixels(value, of=0) for value in given if value and not value.strip().endswith("%")]
    return max((width for width in found if width is not None), default=None)


def _shrinks(box: Box) -> bool:
    declared = box.face.declared
    if declared.get("max-width", "").strip() == "100%":
        return True
    width = declared.get("width", "").strip()
    if width:
        return width.endswith("%") or width == "auto"
    # Without a width of its own, a max-width alone lets everything but a table attribute shrink.
    return "width" not in box.attributes and box.tag not in ("table", "img")


def _row(page: Page, row: Box, cells_of: dict[int, list[Box]]) -> Iterator[Found]:
    """Cells side by side that together are wider than a phone, and that no media rule stacks."""
    cells = cells_of.get(id(row), [])
    widths = [_fixed_width(cell) or 0.0 for cell in cells]
    if len(cells) < 2 or sum(widths) <= PHONE or all(_stacks(page, cell) for cell in cells):
        return
    told = f"{len(cells)} columns side by side take {sum(widths):g} px, more than a phone has"
    yield Found(
        rule="E11", message=told, where=_spot(row), advice="one column, or a rule that stacks"
    )


def _cells(page: Page) -> dict[int, list[Box]]:
    found: dict[int, list[Box]] = {}
    for box in page.tagged("td", "th"):
        if box.parent is not None:
            found.setdefault(id(box.parent), []).append(box)
    return found


def _stacks(page: Page, cell: Box) -> bool:
    return any(
        rule.media and rule.parts[-1].classes & cell.face.classes
        for rule in page.rules
        if not rule.is_dark and any(name in ("display", "width") for name, *_ in rule.declarations)
    )


def _sideways(box: Box) -> Iterator[Found]:
    if not box.face.wraps and len(box.text) > LONGEST_WORD:
        told = "a long line that may not be wrapped makes a phone scroll sideways"
        yield Found(rule="E11", message=told, where=box.where, advice="take white-space:nowrap off")
    if not box.face.breaks_words and len(box.text) > LONGEST_WORD:
        longest = max(box.text.split(), key=len, default="")
        if len(longest) > LONGEST_WORD and longest.isascii():
            told = f"a word of {len(longest)} letters cannot be broken on a phone"
            advice = "add overflow-wrap:anywhere and word-break:break-word"
            yield warning("E11", told, where=box.where, advice=advice)


def body(page: Page) -> Iterator[Found]:
    """E12: nothing essential on the body, which webmail replaces."""
    for box in page.boxes:
        if not box.has_words or box.tag in ("html", "head"):
            continue
        face = box.face
        for name, origin in (
            ("background", face.ground_from),
            ("text colour", face.color_from),
            ("font size", face.size_from),
        ):
            if origin is Origin.BODY and not (name == "background" and _is_white(face.ground)):
                told = f"the {name} of text stands only on the body, which webmail replaces"
                advice = "repeat it on a table around everything"
                yield Found(rule="E12", message=told, where=box.where, advice=advice)


def _is_white(ground: tuple[float, float, float] | None) -> bool:
    return ground is not None and min(ground) >= 255


def head(page: Page) -> Iterator[Found]:
    """E13: language, direction, title, layout tables called so, headings in order."""
    root = page.root
    if root is None:
        yield Found(rule="E13", message="the page is empty", advice="write something")
        return
    yield from _root(root, page)
    data_tables = _data_tables(page)
    for table in page.tagged("table"):
        is_layout = table.attributes.get("role") in ("presentation", "none")
        if not is_layout and id(table) not in data_tables:
            told = "a layout table is read out as a table of data"
            advice = 'add role="presentation"'
            yield Found(rule="E13", message=told, where=f"line {table.line}", advice=advice)
    yield from _headings(page)


def _root(root: Box, page: Page) -> Iterator[Found]:
    if not (root.attributes.get("lang") or "").strip():
        told = "the page does not say its language"
        yield Found(rule="E13", message=told, where=f"line {root.line}", advice='<html lang="en">')
    if root.attributes.get("dir", "").lower() not in ("ltr", "rtl", "auto"):
        told = "the page does not say its direction"
        yield Found(rule="E13", message=told, where=f"line {root.line}", advice='<html dir="ltr">')
    if not any(box.text.strip() for box in page.tagged("title")):
        yield Found(rule="E13", message="the page has no title", advice="add <title> to the head")


def _data_tables(page: Page) -> set[int]:
    """The tables that hold data: those with header cells or a caption of their own."""
    nearest = (
        next((each for each in box.around if each.tag == "table"), None)
        for box in page.tagged("th", "caption")
    )
    return {id(table) for table in nearest if table is not None}


def _headings(page: Page) -> Iterator[Found]:
    headings = [box for box in page.boxes if _HEADING.fullmatch(box.tag) and not box.face.hidden]
    first = [box for box in headings if box.tag == "h1"]
    if len(first) != 1:
        told = f"the page has {len(first)} main headings (h1)"
        where = first[1].where if len(first) > 1 else ""
        yield Found(rule="E13", message=told, where=where, advice="have exactly one")
    for before, after in pairwise(headings):
        if int(after.tag[1]) > int(before.tag[1]) + 1:
            told = f"a heading skips a level, {before.tag} to {after.tag}"
            where = f"line {after.line} “{page.words_of(after)[:40]}”"
            yield Found(rule="E13", message=told, where=where, advice="use the next level")
