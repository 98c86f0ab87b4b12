"""The rendered issue: what mail programs, readers and the gate need of both its parts."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from pipeline.rendering import (
    EDITION,
    HARD_LOOKS,
    RICH,
    SUMMARY,
    WEEK,
    article,
    draft_of,
    inherited,
    look_of,
    parsed,
    style_of,
    texts_of,
    written,
)

from autopilot.domain.content import Rendered, Window
from autopilot.domain.specification import Brand
from autopilot.pipeline.check import check_html
from autopilot.pipeline.render import TEMPLATES, render, render_html, render_text
from autopilot.pipeline.render.html import MAX_HTML_OCTETS
from autopilot.pipeline.render.links import safe_link
from autopilot.pipeline.render.palette import contrast

EVERY = [(template, look) for template in sorted(TEMPLATES) for look in HARD_LOOKS]


@pytest.fixture(params=EVERY, ids=["-".join(each) for each in EVERY])
def rendered(request: pytest.FixtureRequest) -> Rendered:
    template, name = request.param
    return render(RICH, replace(HARD_LOOKS[name], template=template))


def test_nothing_a_mail_program_refuses_is_in_the_page(rendered: Rendered) -> None:
    page = parsed(rendered.html)
    banned = {"script", "form", "iframe", "video", "svg", "link", "object", "embed", "input"}
    assert not banned & {element.tag for element in page.iter() if isinstance(element.tag, str)}
    for pattern in (r"position\s*:", r"display\s*:\s*(flex|grid)", r"var\(--", "base64", "url\\("):
        assert not re.search(pattern, rendered.html)
    assert not [name for element in page.iter() for name in element.attrib if name[:2] == "on"]


def test_the_gate_finds_nothing_in_any_template(rendered: Rendered) -> None:
    report = check_html(rendered.html)
    assert report.passes
    assert [(finding.rule, finding.message) for finding in report.findings] == []


def test_every_table_is_layout_and_no_wider_than_640(rendered: Rendered) -> None:
    page = parsed(rendered.html)
    tables = page.findall(".//table")
    assert tables
    assert all(table.get("role") == "presentation" for table in tables)
    widths = [table.get("width") for table in tables]
    assert all(width is None or width.endswith("%") or int(width) <= 640 for width in widths)
    assert style_of(page.find(".//table//table"))["max-width"] == "640px"


def test_the_page_has_language_direction_title_and_ordered_headings(rendered: Rendered) -> None:
    page = parsed(rendered.html)
    assert page.get("lang")
    assert page.get("dir") in ("ltr", "rtl")
    assert page.findtext(".//title")
    levels = [int(e.tag[1]) for e in page.iter("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_text_is_large_and_readable_on_its_ground(rendered: Rendered) -> None:
    for element in texts_of(parsed(rendered.html)):
        size = int(inherited(element, "font-size").removesuffix("px"))
        line = int(inherited(element, "line-height").removesuffix("px"))
        assert size >= 14
        assert line / size >= (1.5 if size <= 16 else 1.4 if size < 24 else 1.2)
        color = inherited(element, "color")
        assert contrast(color, inherited(element, "background-color")) >= 4.5


def test_summaries_are_set_at_sixteen_pixels() -> None:
    summaries = parsed(render_html(RICH, look_of())).find_class("summary")
    assert {style_of(summary)["font-size"] for summary in summaries} == {"16px"}


def test_link_targets_are_24_pixels_high_and_say_where_they_lead(rendered: Rendered) -> None:
    for link in parsed(rendered.html).iter("a"):
        assert int(inherited(link, "line-height").removesuffix("px")) >= 24
        assert link.get("href").startswith("https://")
        assert len(link.text_content().strip()) > 3
        assert link.text_content().strip().lower() not in ("read more", "click here", "here")


def test_images_have_alt_width_and_height_and_come_over_https() -> None:
    images = list(parsed(render_html(RICH, HARD_LOOKS["logo"])).iter("img"))
    assert len(images) == 1
    assert {"alt": "Acme", "width": "120", "height": "40"}.items() <= dict(images[0].attrib).items()
    insecure = look_of(brand=Brand(name="Acme", logo="http://example.org/logo.png"))
    page = render_html(RICH, insecure)
    assert "<img" not in page
    assert "Acme" in page


def test_dark_mode_and_phones_have_their_rules_in_a_small_head(rendered: Rendered) -> None:
    page = parsed(rendered.html)
    styles = "".join(style.text or "" for style in page.findall(".//head/style"))
    assert "prefers-color-scheme: dark" in styles
    assert "max-width: 520px" in styles
    assert len(styles.encode()) < 16_000
    assert not page.findall(".//body//style")
    assert page.xpath("//meta[@name='color-scheme']/@content") == ["light dark"]
    assert not re.search(r"#(?:000000|ffffff|000|fff)\b", rendered.html)


def test_the_preheader_is_hidden_padded_and_first() -> None:
    body = parsed(render_html(RICH, look_of())).find("body")
    hidden = body[0]
    assert style_of(hidden)["display"] == "none"
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
    assert parsed(render_html(RICH, look_of(language=language))).get("dir") == direction


def test_a_story_in_another_language_brings_its_own_direction() -> None:
    page = parsed(render_html(RICH, look_of()))
    foreign = page.xpath("//td[@lang='ar']")
    assert [cell.get("dir") for cell in foreign] == ["rtl"]


def test_every_story_shows_source_date_and_region() -> None:
    facts = [
        facts.text_content() for facts in parsed(render_html(RICH, look_of())).find_class("facts")
    ]
    assert facts[0] == "Example News · Nov 22 · Germany · excerpt"
    assert facts[2] == "Example News · Nov 22"
    assert facts[5] == "Example News · first seen Nov 22 · Germany · excerpt"


def test_dates_are_those_of_the_workspaces_zone() -> None:
    late_evening = written(1, published=datetime(2026, 11, 20, 23, 30, tzinfo=UTC))
    day = Window(start=EDITION - timedelta(days=1), end=EDITION)
    draft = draft_of(late_evening)
    assert "Nov 21" in render_text(draft, look_of())
    assert "Nov 20" in render_text(draft, look_of(zone="America/New_York"))
    assert "21. Nov., 00:30" in render_text(draft, look_of(language="de", window=day))


def test_a_story_from_outside_the_window_is_called_late() -> None:
    old = written(1, published=WEEK.start - timedelta(days=1))
    assert "late arrival" in render_html(draft_of(old), look_of())
    assert "late arrival" not in render_html(RICH, look_of())


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
    text = render_text(RICH, look_of(language=language))
    assert all(word in text for word in words)


def test_sections_follow_the_looks_order_and_empty_ones_are_owned_up_to() -> None:
    draft = draft_of(written(1, category="policy"), written(2, category="grid"))
    page = parsed(render_html(draft, look_of()))
    assert [h2.text for h2 in page.iter("h2")] == ["Power grid", "Policy"]
    assert "Nothing new this time for Storage." in page.text_content()


def test_a_category_the_look_does_not_know_is_still_printed() -> None:
    page = parsed(render_html(draft_of(written(1, category="extra")), look_of()))
    assert [h2.text for h2 in page.iter("h2")] == ["extra"]


def test_sources_that_failed_are_named() -> None:
    text = render_text(RICH, look_of(failed=("Gazette Example", "Example Radio")))
    assert "2 of 14 sources could not be reached: Gazette Example, Example Radio." in text
    many = render_text(RICH, look_of(failed=tuple(f"S{n}" for n in range(13))))
    assert "S9, 3 more." in many


def test_a_model_is_named_as_the_writer() -> None:
    text = render_text(draft_of(written(1), writer="example-model"), look_of())
    assert "written by example-model from" in " ".join(text.split())


def test_a_long_issue_opens_with_its_contents_and_a_short_one_does_not() -> None:
    assert "Power grid (2) · Storage (2) · Policy (2)" in render_html(RICH, look_of())
    assert "In this issue" not in render_html(draft_of(written(1)), look_of())


def test_the_same_event_elsewhere_is_linked_once_per_source() -> None:
    also = (
        article(2, source="Sample Courier"),
        article(3, source="Sample Courier"),
        article(1, source="Copy"),
        article(4, source="Bad", url="javascript:alert(1)"),
        *(article(10 + number, source=f"Paper {number}") for number in range(6)),
    )
    page = parsed(render_html(draft_of(written(1, also=also)), look_of()))
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
    hostile = written(1, title=words, source=words, summary=words, language='"><b>')
    look = look_of(
        name="N",
        brand=Brand(name="B", footer=words.replace("\ud800", "")),
        notes=(words,),
        failed=(words,),
    )
    clean = parsed(
        render_html(draft_of(written(1)), look_of(name="N", failed=("x",), notes=("x",)))
    )
    result = render(draft_of(hostile), look)
    page = parsed(result.html)
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
    page = parsed(render_html(draft_of(written(1, url=url)), look_of()))
    assert len(list(page.iter("a"))) == kept


def test_the_text_part_has_every_story_and_address_and_no_markup(rendered: Rendered) -> None:
    flowing = " ".join(rendered.text.split())
    for each in RICH.stories:
        assert each.headline in flowing
        assert f"\n{each.story.lead.url}\n" in rendered.text
    for each in RICH.stories[:2]:
        assert each.story.also[0].url in rendered.text
    assert not re.search(r"</?[a-z]+[ >]", rendered.text)
    assert all(len(line.encode()) <= 998 for line in rendered.text.splitlines())


def test_text_lines_are_wrapped_and_long_chinese_ones_broken() -> None:
    text = render_text(draft_of(written(1, title="电" * 700, summary="网" * 1_000)), look_of())
    assert max(len(line.encode()) for line in text.splitlines()) <= 998
    plain = render_text(draft_of(written(1, summary="some words " * 60)), look_of())
    assert max(map(len, plain.splitlines())) <= 76


@pytest.mark.parametrize("count", [90, 150, 400])
def test_an_issue_that_is_too_long_keeps_its_best_stories_in_full(count: int) -> None:
    stories = [
        written(number, score=float(number), summary=SUMMARY * 6, title=f"Story {number} title")
        for number in range(count)
    ]
    result = render(draft_of(*stories), look_of())
    page = parsed(result.html)
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
    assert "More stories" not in render_html(RICH, look_of())
