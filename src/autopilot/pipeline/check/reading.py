"""Rules for eyes: contrast in light and dark, sizes, line heights, images, link texts and targets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from autopilot.pipeline.check.checked import Checked
from autopilot.pipeline.check.colors import Rgb, contrast, written
from autopilot.pipeline.check.css import pixels
from autopilot.pipeline.check.found import Found, warning
from autopilot.pipeline.check.page import Box, Page, plain, shown

MIN_CONTRAST, MIN_LARGE_CONTRAST, LARGE = 4.5, 3.0, 24.0
MIN_SIZE, MIN_LINE, MIN_HEADING_LINE, HEADING = 14.0, 1.4, 1.2, 18.0
MIN_TARGET = 24.0
MOST_IMAGE_OCTETS = 1_000_000
MIN_WORDS_WITHOUT_IMAGES = 10
_ROUNDING = 0.02
_EMPTY_TEXTS = frozenset(
    """
    here | click here | click this | click | more | read more | read on | link | this link | details
    continue | continue reading | learn more | find out more | see more | full story | go | open
    hier | hier klicken | mehr | mehr lesen | mehr erfahren | weiter | weiterlesen | zum artikel
    ici | cliquez ici | plus | lire la suite | lire plus | en savoir plus | lien
    aquí | aqui | haga clic aquí | clic aquí | más | leer más | ver más | seguir leyendo | enlace
    """.replace("\n", " | ")
    .replace("    ", "")
    .split(" | ")
) - {""}
_ADDRESS = re.compile(r"(?i)(?:https?://|www\.)\S+")


def contrasts(page: Page) -> Iterator[Found]:
    """E15, first part: every text can be told from its ground, in light and dark surroundings."""
    has_dark = any(rule.is_dark for rule in page.rules)
    for box in page.boxes:
        if not box.has_words:
            continue
        face = box.face
        yield from _contrast(box, face.color, face.ground, scheme="")
        if has_dark:
            yield from _contrast(box, face.dark_color, face.dark_ground, scheme=" in dark mode")


def _contrast(box: Box, ink: Rgb | None, ground: Rgb | None, *, scheme: str) -> Iterator[Found]:
    if ink is None or ground is None:
        return
    wanted = MIN_LARGE_CONTRAST if box.face.size >= LARGE else MIN_CONTRAST
    reached = contrast(ink, ground)
    if reached < wanted - _ROUNDING:
        told = (
            f"text {written(ink)} on {written(ground)} has a contrast of {reached:.1f}:1{scheme};"
            f" {wanted:g}:1 is needed"
        )
        yield Found(rule="E15", message=told, where=box.where, advice="make one of them darker")


def sizes(page: Page) -> Iterator[Found]:
    """E15, second part: text of 14 px and more, with lines that are 1.4 times as high."""
    for box in page.boxes:
        if not box.has_words:
            continue
        size, line = box.face.size, box.face.line_height
        if size < MIN_SIZE - _ROUNDING:
            told = f"text of {size:g} px is too small for a phone"
            yield Found(
                rule="E15", message=told, where=box.where, advice=f"{MIN_SIZE:g} px or more"
            )
        wanted = MIN_LINE if size < HEADING else MIN_HEADING_LINE
        if size > 0 and line / size < wanted - _ROUNDING:
            told = f"lines {line / size:.2f} times as high as their text are too close"
            advice = f"a line-height of {wanted:g} or more"
            yield Found(rule="E15", message=told, where=box.where, advice=advice)


def images(issue: Checked, page: Page) -> Iterator[Found]:
    """E14: images with a description, a size and HTTPS; and a page that can be read without them."""
    found = page.tagged("img")
    for box in found:
        for message, advice in _image_faults(issue, box):
            yield Found(rule="E14", message=message, where=_image_place(box), advice=advice)
    if found and sum(len(box.text.split()) for box in page.boxes if box.has_words) < (
        MIN_WORDS_WITHOUT_IMAGES
    ):
        told = "with images off, the page says nothing"
        yield Found(rule="E14", message=told, advice="write what the images say as text")


def _image_faults(issue: Checked, box: Box) -> Iterator[tuple[str, str]]:
    given = box.attributes
    if "alt" not in given:
        yield "an image has no alt text", 'describe it; alt="" where it is decoration'
    for side in ("width", "height"):
        if pixels(given.get(side) or "", of=0) is None and not (given.get(side) or "").endswith(
            "%"
        ):
            yield f"an image has no {side} attribute", "give width and height, so nothing jumps"
    source = given.get("src") or ""
    if not source.lower().startswith(("https://", "data:", "cid:")):
        yield "an image does not come over HTTPS", "most mail programs block it; use https://"
    answer = issue.links.get(source)
    if answer is not None and (answer.octets or 0) >= MOST_IMAGE_OCTETS:
        yield "an image has 1 MB or more", "make it smaller"


def _image_place(box: Box) -> str:
    source = shown(box.attributes.get("src") or "") or "img"
    return f"line {box.line} “{source}”"


def link_texts(page: Page) -> Iterator[Found]:
    """E16: a link says where it leads without the words around it, and a finger can hit it."""
    alts = _alt_texts(page)
    for box in page.tagged("a"):
        if box.face.hidden or "href" not in box.attributes:
            continue
        words = page.words_of(box) or alts.get(id(box), "")
        place = f"line {box.line} “{shown(words or box.attributes['href'])}”"
        bare = words.strip(" .…›»>→:!").casefold()
        if not bare:
            told, advice = "a link has no text", "name what it leads to"
            yield Found(rule="E16", message=told, where=place, advice=advice)
        elif bare in _EMPTY_TEXTS or _ADDRESS.fullmatch(bare):
            told = "a link's text does not say where it leads"
            yield Found(rule="E16", message=told, where=place, advice="name the page it leads to")
        yield from _target(page, box, place)


def _alt_texts(page: Page) -> dict[int, str]:
    """The alt texts of the images in each link."""
    found: dict[int, str] = {}
    for image in page.tagged("img"):
        link = next((box for box in image.around if box.tag == "a"), None)
        if link is not None:
            found[id(link)] = plain(image.attributes.get("alt") or "")
    return found


def _target(page: Page, link: Box, place: str) -> Iterator[Found]:
    height = max(_height(box) for box in page.boxes_in(link, most=20)) + _padding(link)
    if height < MIN_TARGET - 0.5:
        told = f"a link is only {height:g} px high, hard to hit with a finger"
        advice = f"a line-height of {MIN_TARGET:g} px or more"
        yield Found(rule="E16", message=told, where=place, advice=advice)


def _height(box: Box) -> float:
    image = pixels(box.attributes.get("height") or "", of=0) if box.tag == "img" else None
    return max(image or 0.0, round(box.face.line_height, 1))


def _padding(link: Box) -> float:
    declared = link.face.declared
    sides = (declared.get("padding") or "0").split()[:3]
    top = declared.get("padding-top") or sides[0]
    bottom = declared.get("padding-bottom") or (sides[2] if len(sides) == 3 else sides[0])
    return (pixels(top, of=16.0) or 0.0) + (pixels(bottom, of=16.0) or 0.0)


def dark_mode(page: Page) -> Iterator[Found]:
    """W3: dark surroundings are announced and drawn, and no colour is pure black or white."""
    if not page.boxes:
        return
    announced = any(
        (box.attributes.get("name") or "").lower() == "color-scheme" for box in page.tagged("meta")
    )
    if not announced:
        told = "the page does not say that it knows dark mode"
        advice = '<meta name="color-scheme" content="light dark">'
        yield warning("W3", told, advice=advice)
    if not any(rule.is_dark for rule in page.rules):
        told = "the page has no colours for dark mode"
        yield warning("W3", told, advice="add a block for prefers-color-scheme: dark")
    for box in page.boxes:
        if box.has_words:
            yield from _pure(box)


def _pure(box: Box) -> Iterator[Found]:
    for name, color in (("text", box.face.color), ("ground", box.face.ground)):
        if color is not None and (max(color) <= 0 or min(color) >= 255):
            told = f"pure {'black' if max(color) <= 0 else 'white'} as {name}: forced dark modes spoil it"
            yield warning("W3", told, where=box.where, advice="use a shade next to it")
