"""The rendered issue: what mail programs, readers and the gate need of both its parts."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from lxml import html as lxml_html
from required import missing

from autopilot.domain.content import Article, Draft, DraftStory, Rendered, Story, Window
from autopilot.domain.specification import Brand
from autopilot.pipeline.render import Look, render, render_html, render_text
from autopilot.pipeline.render.html import MAX_HTML_OCTETS
from autopilot.pipeline.render.links import safe_link
from autopilot.pipeline.render.palette import contrast

EDITION = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
WEEK = Window(start=EDITION - timedelta(days=7), end=EDITION)
CATEGORIES = {"grid": "Power grid", "storage": "Storage", "policy": "Policy"}
SUMMARY = "The operator opened the line on Monday. It carries 1,400 megawatts, it said."


def _article(number: int, **changes: Any) -> Article:
    url = f"https://example.org/story-{number}"
    values: dict[str, Any] = {
        "key": url.removeprefix("https://"),
        "url": url,
        "title": f"Headline {number} about the grid",
        "text": SUMMARY,
        "published": EDITION - timedelta(days=1),
        "dated": True,
        "source": "Example News",
        "source_url": "https://example.org/feed.xml",
    }
    return Article(**{**values, **changes})


def _written(
    number: int,
    *,
    category: str = "grid",
    region: str | None = "DE",
    score: float = 1.0,
    summary: str = SUMMARY,
    also: tuple[Article, ...] = (),
    **changes: Any,
) -> DraftStory:
    lead = _article(number, **changes)
    story = Story(
        lead=lead, also=also, category=category, region=region, score=score, reason="fits"
    )
    return DraftStory(story=story, headline=lead.title, summary=summary, excerpt=True)


def _draft(*stories: DraftStory, writer: str = "extractive") -> Draft:
    return Draft(
        subject="Undersea link starts its first winter",
        preheader="Regulator asks who pays for the northern ring",
        stories=stories,
        writer=writer,
    )


def _look(**changes: Any) -> Look:
    values: dict[str, Any] = {
        "brand": Brand(name="Acme Research", footer="Acme GmbH\nExample Street 1, Berlin"),
        "name": "Energy Weekly",
        "categories": CATEGORIES,
        "regions": {"DE": "Germany"},
        "language": "en",
        "zone": "Europe/Berlin",
        "window": WEEK,
        "edition": EDITION,
        "sources": 14,
    }
    return Look(**{**values, **changes})


RICH = _draft(
    *(
        _written(number, also=(_article(100 + number, source="Sample Courier"),))
        for number in (1, 2)
    ),
    _written(3, category="storage", summary="", region=None),
    _written(4, category="storage", title="W" * 200),
    _written(5, category="policy", title="محطة تخزين جديدة قرب القاهرة", language="ar"),
    _written(6, category="policy", dated=False),
)
HARD_LOOKS = {
    "plain": _look(),
    "bare": _look(brand=Brand(), sources=0),
    "black": _look(brand=Brand(color="#000000")),
    "white": _look(brand=Brand(color="#ffffff")),
    "yellow": _look(brand=Brand(color="#ffe600")),
    "logo": _look(brand=Brand(name="Acme", logo="https://example.org/logo.png")),
    "german": _look(language="de"),
    "arabic": _look(language="ar", name="الطاقة"),
    "failures": _look(failed=("A Example", "B Example"), notes=("A note for readers.",)),
}


def _page(rendered: str) -> Any:
    return lxml_html.document_fromstring(rendered.encode(), lxml_html.HTMLParser(encoding="utf-8"))


def _style(element: Any) -> dict[str, str]:
    pairs = (part.partition(":") for part in (element.get("style") or "").split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs if name.strip()}


def _inherited(element: Any, name: str) -> str:
    while element is not None:
        value = _style(element).get(name)
        if value:
            return value
        element = element.getparent()
    return ""


def _texts(page: Any) -> Iterator[Any]:
    for element in page.iter("h1", "h2", "h3", "p", "a", "b", "span"):
        if (element.text or "").strip():
            yield element


@pytest.fixture(params=HARD_LOOKS, ids=list(HARD_LOOKS))
def rendered(request: pytest.FixtureRequest) -> Rendered:
    return render(RICH, HARD_LOOKS[request.param])


def test_nothing_a_mail_program_refuses_is_in_the_page(rendered: Rendered) -> None:
    page = _page(rendered.html)
    banned = {"script", "form", "iframe", "video", "svg", "link", "object", "embed", "input"}
    assert not banned & {element.tag for element in page.iter() if isinstance(element.tag, str)}
    for pattern in (r"position\s*:", r"display\s*:\s*(flex|grid)", r"var\(--", "base64", "url\\("):
        assert not re.search(pattern, rendered.html)
    assert not [name for element in page.iter() for name in element.attrib if name[:2] == "on"]


def test_every_table_is_layout_and_no_wider_than_640(rendered: Rendered) -> None:
    page = _page(rendered.html)
    tables = page.findall(".//table")
    assert tables
    assert all(table.get("role") == "presentation" for table in tables)
    widths = [table.get("width") for table in tables]
    assert all(width.endswith("%") or int(width) <= 640 for width in widths)
    assert _style(page.find(".//table//table"))["max-width"] == "640px"


def test_the_page_has_language_direction_title_and_ordered_headings(rendered: Rendered) -> None:
    page = _page(rendered.html)
    assert page.get("lang")
    assert page.get("dir") in ("ltr", "rtl")
    assert page.findtext(".//title")
    levels = [int(e.tag[1]) for e in page.iter("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_text_is_large_and_readable_on_its_ground(rendered: Rendered) -> None:
    for element in _texts(_page(rendered.html)):
        size = int(_inherited(element, "font-size").removesuffix("px"))
        line = int(_inherited(element, "line-height").removesuffix("px"))
        assert size >= 14
        assert line / size >= (1.5 if size <= 16 else 1.2)
        color = _inherited(element, "color")
        assert contrast(color, _inherited(element, "background-color")) >= 4.5


def test_summaries_are_set_at_sixteen_pixels() -> None:
    summaries = _page(render_html(RICH, _look())).find_class("summary")
    assert {_style(summary)["font-size"] for summary in summaries} == {"16px"}


def test_link_targets_are_24_pixels_high_and_say_where_they_lead(rendered: Rendered) -> None:
    for link in _page(rendered.html).iter("a"):
        assert int(_inherited(link, "line-height").removesuffix("px")) >= 24
        assert link.get("href").startswith("https://")
        assert len(link.text_content().strip()) > 3
        assert link.text_content().strip().lower() not in ("read more", "click here", "here")


def test_images_have_alt_width_and_height_and_come_over_https() -> None:
    images = list(_page(render_html(RICH, HARD_LOOKS["logo"])).iter("img"))
    assert len(images) == 1
    assert {"alt": "Acme", "width": "120", "height": "40"}.items() <= dict(images[0].attrib).items()
    insecure = _look(brand=Brand(name="Acme", logo="http://example.org/logo.png"))
    page = render_html(RICH, insecure)
    assert "<img" not in page
    assert "Acme" in page


def test_dark_mode_and_phones_have_their_rules_in_a_small_head(rendered: Rendered) -> None:
    page = _page(rendered.html)
    styles = "".join(style.text or "" for style in page.findall(".//head/style"))
    assert "prefers-color-scheme: dark" in styles
    assert "max-width: 520px" in styles
    assert len(styles.encode()) < 16_000
    assert not page.findall(".//body//style")
    assert page.xpath("//meta[@name='color-scheme']/@content") == ["light dark"]
    assert not re.search(r"#(?:000000|ffffff|000|fff)\b", rendered.html)


def test_the_preheader_is_hidden_padded_and_first() -> None:
    body = _page(render_html(RICH, _look())).find("body")
    hidden = body[0]
    assert _style(hidden)["display"] == "none"
    assert hidden.text_content().startswith("Regulator asks who pays for the northern ring")
    assert len(hidden.text_content()) > 150


@pytest.mark.parametrize(
    ("language", "direction"),
    [
        ("en", "ltr"),
        ("ar", "rtl"),
        ("he", "rtl"),
        ("fa-IR", "rtl"),
        ("ur", "rtl"),
        ("az-Latn", "ltr"),
    ],
)
def test_the_page_runs_the_way_its_language_is_read(language: str, direction: str) -> None:
    assert _page(render_html(RICH, _look(language=language))).get("dir") == direction


def test_a_story_in_another_language_brings_its_own_direction() -> None:
    page = _page(render_html(RICH, _look()))
    foreign = page.xpath("//td[@lang='ar']")
    assert [cell.get("dir") for cell in foreign] == ["rtl"]


def test_every_story_shows_source_date_and_region() -> None:
    facts = [
        facts.text_content() for facts in _page(render_html(RICH, _look())).find_class("facts")
    ]
    assert facts[0] == "Example News · Nov 22 · Germany · excerpt"
    assert facts[2] == "Example News · Nov 22"
    assert facts[5] == "Example News · first seen Nov 22 · Germany · excerpt"


def test_dates_are_those_of_the_workspaces_zone() -> None:
    late_evening = _written(1, published=datetime(2026, 11, 20, 23, 30, tzinfo=UTC))
    day = Window(start=EDITION - timedelta(days=1), end=EDITION)
    draft = _draft(late_evening)
    assert "Nov 21" in render_text(draft, _look())
    assert "Nov 20" in render_text(draft, _look(zone="America/New_York"))
    assert "21. Nov., 00:30" in render_text(draft, _look(language="de", window=day))


def test_a_story_from_outside_the_window_is_called_late() -> None:
    old = _written(1, published=WEEK.start - timedelta(days=1))
    assert "late arrival" in render_html(_draft(old), _look())
    assert "late arrival" not in render_html(RICH, _look())


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Monday, November 23, 2026", "excerpt", "About this issue")),
        ("de", ("Montag, 23. November 2026", "Auszug", "Über diese Ausgabe")),
        ("fr", ("lundi 23 novembre 2026", "extrait", "À propos de ce numéro")),
        ("es-MX", ("lunes, 23 de noviembre de 2026", "extracto", "Sobre este número")),
        ("nl", ("maandag 23 november 2026", "excerpt", "About this issue")),
        ("zz", ("Monday", "excerpt", "About this issue")),
    ],
)
def test_words_and_dates_are_in_the_issues_language(language: str, words: tuple[str, ...]) -> None:
    text = render_text(RICH, _look(language=language))
    assert all(word in text for word in words)


def test_sections_follow_the_looks_order_and_empty_ones_are_owned_up_to() -> None:
    draft = _draft(_written(1, category="policy"), _written(2, category="grid"))
    page = _page(render_html(draft, _look()))
    assert [h2.text for h2 in page.iter("h2")] == ["Power grid", "Policy"]
    assert "Nothing new this time for Storage." in page.text_content()


def test_a_category_the_look_does_not_know_is_still_printed() -> None:
    page = _page(render_html(_draft(_written(1, category="extra")), _look()))
    assert [h2.text for h2 in page.iter("h2")] == ["extra"]


def test_sources_that_failed_are_named() -> None:
    text = render_text(RICH, _look(failed=("Gazette Example", "Example Radio")))
    assert "2 of 14 sources could not be reached: Gazette Example, Example Radio." in text
    many = render_text(RICH, _look(failed=tuple(f"S{n}" for n in range(13))))
    assert "S9, 3 more." in many


def test_a_model_is_named_as_the_writer() -> None:
    text = render_text(_draft(_written(1), writer="example-model"), _look())
    assert "written by example-model from" in " ".join(text.split())


def test_a_long_issue_opens_with_its_contents_and_a_short_one_does_not() -> None:
    assert "Power grid (2) · Storage (2) · Policy (2)" in render_html(RICH, _look())
    assert "In this issue" not in render_html(_draft(_written(1)), _look())


def test_the_same_event_elsewhere_is_linked_once_per_source() -> None:
    also = (
        _article(2, source="Sample Courier"),
        _article(3, source="Sample Courier"),
        _article(1, source="Copy"),
        _article(4, source="Bad", url="javascript:alert(1)"),
        *(_article(10 + number, source=f"Paper {number}") for number in range(6)),
    )
    page = _page(render_html(_draft(_written(1, also=also)), _look()))
    names = [link.text for link in page.find_class("also")[0].iter("a")]
    assert names == ["Sample Courier", *(f"Paper {number}" for number in range(4))]
    assert page.find_class("also")[0].text_content().endswith(", 2 more")


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }} {% raw %} ${x}",
    "</td></table><!-- ",
    "line\r\nbreak\x00\x1b[31m\u202e",
    "lone \ud800 surrogate",
    "&lt;b&gt; & &amp;",
]


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_printed_and_never_obeyed(words: str) -> None:
    written = _written(1, title=words, source=words, summary=words, language='"><b>')
    look = _look(
        name="N",
        brand=Brand(name="B", footer=words.replace("\ud800", "")),
        notes=(words,),
        failed=(words,),
    )
    clean = _page(render_html(_draft(_written(1)), _look(name="N", failed=("x",), notes=("x",))))
    result = render(_draft(written), look)
    page = _page(result.html)
    assert sum(1 for _ in page.iter("script", "img", "b")) == 0
    assert len(page.findall(".//table")) == len(clean.findall(".//table"))
    shown = " ".join(words.translate({0xD800: None, 0x202E: None, 0: None, 27: None}).split())
    assert page.find(".//h3").text_content() == shown
    assert shown in result.text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", result.html + result.text)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.org/a?b=c&d=e#f", True),
        ("HTTP://example.org", True),
        ("https://example.org/söhne", True),
        ("http://[2001:db8::1]/a", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//example.org/a", False),
        ("https://", False),
        ("https://user@example.org/", False),
        ("https://example.org/a b", False),
        ('https://example.org/"onclick=', False),
        ("https://example.org/\r\nBcc:", False),
        ("https://[broken", False),
        ("https://example.org/" + "a" * 1_000, False),
    ],
)
def test_only_plain_web_addresses_become_links(url: str, kept: bool) -> None:
    assert safe_link(url) == (url if kept else "")
    page = _page(render_html(_draft(_written(1, url=url)), _look()))
    assert len(list(page.iter("a"))) == kept


def test_the_text_part_has_every_story_and_address_and_no_markup(rendered: Rendered) -> None:
    flowing = " ".join(rendered.text.split())
    for written in RICH.stories:
        assert written.headline in flowing
        assert f"\n{written.story.lead.url}\n" in rendered.text
    for written in RICH.stories[:2]:
        assert written.story.also[0].url in rendered.text
    assert not re.search(r"</?[a-z]+[ >]", rendered.text)
    assert all(len(line.encode()) <= 998 for line in rendered.text.splitlines())


def test_text_lines_are_wrapped_and_long_chinese_ones_broken() -> None:
    text = render_text(_draft(_written(1, title="电" * 700, summary="网" * 1_000)), _look())
    assert max(len(line.encode()) for line in text.splitlines()) <= 998
    plain = render_text(_draft(_written(1, summary="some words " * 60)), _look())
    assert max(map(len, plain.splitlines())) <= 76


@pytest.mark.parametrize("count", [90, 150, 400])
def test_an_issue_that_is_too_long_keeps_its_best_stories_in_full(count: int) -> None:
    stories = [
        _written(number, score=float(number), summary=SUMMARY * 6, title=f"Story {number} title")
        for number in range(count)
    ]
    result = render(_draft(*stories), _look())
    page = _page(result.html)
    assert len(result.html.encode()) <= MAX_HTML_OCTETS < 102_400
    full = {int(h3.text_content().split()[1]) for h3 in page.iter("h3")}
    titles = {
        int(title.text_content().split()[1]) for title in page.xpath("//p[@class='title']//a")
    }
    assert not full & titles
    assert not full or min(full) > max(titles)
    assert "More stories" in page.text_content()
    assert all(f"Story {number} title" in result.text for number in range(count))
    untold = count - len(full) - len(titles)
    assert (f"{untold} more are in the plain text version" in result.html) == (untold > 0)


def test_an_issue_that_fits_has_no_list_of_bare_titles() -> None:
    assert "More stories" not in render_html(RICH, _look())


def test_thirty_stories_are_rendered_in_far_less_than_the_time_allowed() -> None:
    draft = _draft(*(_written(number) for number in range(30)))
    render(draft, _look())
    began = time.process_time()
    render(draft, _look())
    assert time.process_time() - began < 0.05


def test_no_page_scrolls_sideways_on_the_smallest_phone() -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        missing("no chromium browser here; Debian has one in the package chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 320, "height": 640})
        for name, look in HARD_LOOKS.items():
            page.set_content(render_html(RICH, look))
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, name
        browser.close()
