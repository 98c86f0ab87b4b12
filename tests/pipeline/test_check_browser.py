"""What the gate computes of a page is what a browser computes of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pipeline.checking import GOOD
from pipeline.test_check_bounds import issue_of

from autopilot.pipeline.check.colors import color_in
from autopilot.pipeline.check.page import read_page
from autopilot.pipeline.render import TEMPLATES

TRICKY = """<!DOCTYPE html><html lang="en" dir="ltr"><head><title>t</title><style>
p { color: #123456; font-size: 18px } .a { color: green } td .b { color: blue !important }
#c { color: hsl(10, 50%, 40%) } .a.d { color: purple } p.a { line-height: 2 }
div.e p { font: italic 15px/1.5 Arial, sans-serif } .f { line-height: 150% } h2 { color: maroon }
@media (prefers-color-scheme: dark) { .a { color: orange } p { background-color: #222222 !important }
.g { color: rgb(200 200 200) !important } }
</style></head><body text="#333333"><p>one</p><p class="a">two</p><p class="a d">three</p>
<table><tr><td><p class="b" style="color:red">four</p><p class="a" style="color:red">five</p></td></tr></table>
<p id="c" class="a">six</p><div class="e"><p>seven</p></div>
<div style="font-size:20px;line-height:1.5"><span style="font-size:80%">eight</span></div>
<div style="font-size:20px;line-height:1.5em"><span style="font-size:12pt">nine</span></div>
<div class="f" style="font-size:large">ten <b style="font-size:1.5em">eleven</b></div>
<h2>twelve</h2><h3 class="g">thirteen</h3><p class="g">fourteen</p><font color="#ff0000">fifteen</font>
<a href="https://example.org/">sixteen</a><p style="color:inherit">seventeen</p>
<small>eighteen</small></body></html>"""
ASKED = """() => [...document.querySelectorAll('body *')].map(element => {
  const style = getComputedStyle(element);
  const own = [...element.childNodes].filter(n => n.nodeType === 3).map(n => n.data).join(' ');
  return [element.tagName.toLowerCase(), own.split(/\\s+/).filter(Boolean).join(' '),
    style.color, style.fontSize, style.lineHeight, style.display];
})"""


@pytest.fixture(scope="module")
def browser(browser_path: str) -> Any:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        yield started
        started.close()


PAGES = {
    "tricky": TRICKY,
    "good": GOOD,
    **{name: issue_of(6, name).html for name in sorted(TEMPLATES)},
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_colours_sizes_and_lines_are_those_of_a_browser(
    browser: Any, name: str, scheme: str
) -> None:
    sheet = browser.new_page(color_scheme=scheme, viewport={"width": 1200, "height": 900})
    sheet.set_content(re.sub(r'\s(?:src|background)="https:[^"]*"', "", PAGES[name]))
    seen = [each for each in sheet.evaluate(ASKED) if any(map(str.isalnum, each[1]))]
    sheet.close()
    boxes = [box for box in read_page(PAGES[name]).boxes if re.search(r"\w", box.text)]
    ours = [box for box in boxes if box.tag not in ("style", "title")]
    assert [(box.tag, " ".join(box.text.split())) for box in ours] == [
        (tag, words) for tag, words, *_ in seen
    ]
    for box, (_, words, color, size, line, _) in zip(ours, seen, strict=True):
        ink = box.face.dark_color if scheme == "dark" else box.face.color
        told = color_in(color)
        assert told is not None
        assert ink == pytest.approx(told[:3], abs=1), words
        assert box.face.size == pytest.approx(float(size.removesuffix("px")), abs=0.05), words
        if line != "normal":
            assert box.face.line_height == pytest.approx(float(line.removesuffix("px")), abs=0.1), (
                words
            )
