"""The rendered issue in a real browser: phones, dark mode, inverted colours, images off, RTL."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import pytest
from conftest import BROWSERS
from pipeline.rendering import HARD_LOOKS, RICH
from required import missing

from autopilot.pipeline.render import TEMPLATES, render_html, render_web
from autopilot.pipeline.render.palette import contrast, inverted

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DRAFT = replace(RICH, intro="A quiet week on paper, and a loud one on the wires.")
DRAWN = [*sorted(TEMPLATES), "web"]
COLOURED = ("plain", "black", "white", "yellow", "logo", "delivered")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = (320, 360, 640, 1200)
LARGE = 24  # pixels, from which 3:1 is enough

# Every piece of text that is shown, with its colour and the ground behind it, as a reader sees it.
SEEN = """() => {
  const shown = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const words = walk.currentNode.textContent.trim(), element = walk.currentNode.parentElement;
    const style = getComputedStyle(element);
    if (!words || !element.checkVisibility() || style.opacity === "0") continue;
    let behind = element;
    while (behind && getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)")
      behind = behind.parentElement;
    shown.push([words, style.color, behind ? getComputedStyle(behind).backgroundColor : "none",
                parseFloat(style.fontSize)]);
  }
  return shown;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        missing("no chromium browser here; Debian has one in the package chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def window(browser: Browser) -> Iterator[Page]:
    """A window of 640 pixels without a network: images stay away."""
    context = browser.new_context(viewport={"width": 640, "height": 800}, offline=True)
    yield context.new_page()
    context.close()


def _html(drawn: str, look: str) -> str:
    if drawn == "web":
        return render_web(DRAFT, HARD_LOOKS[look], open_sources=True)
    return render_html(DRAFT, replace(HARD_LOOKS[look], template=drawn))


def _hex(color: str) -> str:
    return "#{:02x}{:02x}{:02x}".format(*map(int, re.findall(r"\d+", color)[:3]))


@pytest.mark.parametrize("drawn", DRAWN)
def test_all_text_can_be_read_as_it_is_and_inverted(window: Page, drawn: str) -> None:
    for name in COLOURED:
        window.set_content(_html(drawn, name))
        for scheme in SCHEMES:
            window.emulate_media(color_scheme=scheme)
            seen = window.evaluate(SEEN)
            assert len(seen) > 30
            for words, ink, ground, size in seen:
                least = 3 if size >= LARGE else 4.5
                told = (name, scheme, words, ink, ground)
                assert contrast(_hex(ink), _hex(ground)) >= least, told
                assert contrast(inverted(_hex(ink)), inverted(_hex(ground))) >= least, told


@pytest.mark.parametrize("drawn", DRAWN)
def test_no_page_scrolls_sideways(window: Page, drawn: str) -> None:
    for name in HARD_LOOKS:
        window.set_content(_html(drawn, name))
        for width in WIDTHS:
            window.set_viewport_size({"width": width, "height": 800})
            wide = window.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, (name, width)


@pytest.mark.parametrize("drawn", sorted(TEMPLATES))
def test_stories_stand_below_each_other_on_a_phone(window: Page, drawn: str) -> None:
    window.set_viewport_size({"width": 320, "height": 800})
    window.set_content(_html(drawn, "plain"))
    boxes = window.evaluate(
        "[...document.querySelectorAll('.story')].map(cell => cell.getBoundingClientRect().toJSON())"
    )
    assert len(boxes) >= 5
    assert all(box["width"] >= 240 for box in boxes)
    assert all(upper["bottom"] <= lower["top"] + 1 for upper, lower in pairwise(boxes))


@pytest.mark.parametrize("drawn", sorted(TEMPLATES))
def test_without_images_the_whole_name_stands_in_the_logos_place(window: Page, drawn: str) -> None:
    window.set_content(_html(drawn, "logo").replace('alt="Acme"', 'alt="Acme Research"'))
    assert window.evaluate(
        """() => { const logo = document.querySelector("img"), style = getComputedStyle(logo);
                   const words = document.createElement("div"), icon = 16;
                   words.style.cssText = `width: ${logo.clientWidth - icon}px; font: ${style.font}`;
                   words.textContent = logo.alt;
                   document.body.append(words);
                   return words.clientHeight <= logo.clientHeight; }"""
    )


@pytest.mark.parametrize("drawn", DRAWN)
def test_without_images_the_logo_is_a_name_that_can_be_read(window: Page, drawn: str) -> None:
    window.set_content(_html(drawn, "logo"))
    ink, ground = window.evaluate(
        """() => { const logo = getComputedStyle(document.querySelector("img"));
                   return [logo.color, logo.backgroundColor]; }"""
    )
    box = window.get_by_role("img", name="Acme").bounding_box()
    assert box is not None
    assert box["height"] >= LARGE
    assert contrast(_hex(ink), _hex(ground)) >= 4.5


@pytest.mark.parametrize(
    ("look", "mirrored"), [("plain", False), ("arabic", True), ("hebrew", True)]
)
def test_columns_follow_the_reading_direction(window: Page, look: str, mirrored: bool) -> None:
    window.set_content(_html("briefing", look))
    number, story = (
        window.locator(selector).first.bounding_box() for selector in (".number", ".story")
    )
    assert number is not None
    assert story is not None
    assert (number["x"] > story["x"]) == mirrored
