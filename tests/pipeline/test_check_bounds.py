"""The gate on pages that mean harm, on our own issues, and against the clock."""

from __future__ import annotations

import resource
import time
from datetime import timedelta

import pytest
from pipeline.checking import NOW, WEEK, article, written

from autopilot.domain.content import Draft
from autopilot.domain.specification import Brand
from autopilot.pipeline.check import Checked, check, check_bytes, check_html
from autopilot.pipeline.check.colors import WHITE, color_in, contrast
from autopilot.pipeline.check.css import declarations_in, rules_in
from autopilot.pipeline.render import TEMPLATES, Look, render

MANY = 100_000
HOSTILE = {
    "nested": "<div>" * 200_000,
    "nested with text": "<div>x" * 200_000,
    "ten megabytes": "<p>hello world</p>" * 600_000,
    "endless text": "x " * 5_000_000,
    "attributes": "<a " + " ".join(f"a{n}=1" for n in range(MANY)) + ">x</a>",
    "attributes with tags": "<a " + " ".join(f'a{n}="<"' for n in range(MANY)) + ">x</a>",
    "an open quote": "<a ' " + " ".join(f"a{n}=1" for n in range(MANY)) + ">x</a>",
    "open tags": "<a " * 300_000,
    "selectors": "<style>"
    + ".a .a .a .a{color:red}" * 9_000
    + "</style>"
    + "<p class=a>x" * 20_000,
    "braces": "<style>" + "{" * 900_000,
    "brackets": '<p style="' + "(" * 900_000 + '">x',
    "links": "<a href=x>y</a>" * 60_000,
    "cells": "<table><tr>" + "<td width=9>x" * 60_000,
    "tails": "<p>" + "<br>some words of text" * 40_000,
    "placeholders": "<p>" + "{{ " * 300_000,
    "half a character": "<p>\ud800</p>\x00",
}


@pytest.mark.parametrize("page", HOSTILE.values(), ids=list(HOSTILE))
def test_a_hostile_page_is_checked_in_bounded_time_and_memory(page: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    report = check_html(page)
    assert time.process_time() - began < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # KiB
    assert not report.passes
    assert len(report.findings) < 60
    assert all(len(finding.where) < 500 for finding in report.findings)


@pytest.mark.parametrize("name", ["nested", "ten megabytes"])
def test_a_page_that_is_not_looked_at_to_its_end_is_never_passed(name: str) -> None:
    told = [each.message for each in check_html(HOSTILE[name]).findings if each.rule == "E8"]
    assert any("too large to be read whole" in message for message in told)


@pytest.mark.parametrize("page", ["", "   ", "\ufeff", "<!-- nothing -->"])
def test_an_empty_page_is_said_to_be_empty(page: str) -> None:
    assert "the issue is empty" in [each.message for each in check_html(page).findings]


def test_a_file_that_is_not_utf_8_is_checked_all_the_same() -> None:
    report = check_bytes("<p>Größe</p>".encode("latin-1"))
    assert "the page is not UTF-8" in [each.message for each in report.findings]
    assert "E7" in report.checked
    assert "E7" not in {each.rule for each in check_bytes("<p>Größe</p>".encode()).findings}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("#fff", (255, 255, 255, 1)),
        ("#22262b", (34, 38, 43, 1)),
        ("#00000080", (0, 0, 0, 128 / 255)),
        ("rgb(10%, 0, 255)", (25.5, 0, 255, 1)),
        ("rgba(1 2 3 / 50%)", (1, 2, 3, 0.5)),
        ("hsl(120, 100%, 50%)", (0, 255, 0, 1)),
        ("RebeccaPurple", (0x66, 0x33, 0x99, 1)),
        ("transparent", (0, 0, 0, 0)),
        ("#fefefe url(https://example.org/red.png) no-repeat", (254, 254, 254, 1)),
        ("var(--ink)", None),
        ("linear-gradient(red, blue)", None),
        ("inherit", None),
    ],
)
def test_colours_are_read_as_css_writes_them(
    value: str, expected: tuple[float, ...] | None
) -> None:
    assert color_in(value) == (expected and pytest.approx(expected))


def test_contrast_is_that_of_wcag() -> None:
    assert contrast(WHITE, (0, 0, 0)) == pytest.approx(21)
    assert contrast(WHITE, (0x76, 0x76, 0x76)) == pytest.approx(4.54, abs=0.01)


def test_declarations_are_cut_at_semicolons_outside_of_brackets() -> None:
    assert declarations_in("color: red !important; background:url(data:image/png;base64,A)") == (
        ("color", "red", True),
        ("background", "url(data:image/png;base64,A)", False),
    )


def test_rules_know_their_media_and_odd_selectors_match_nothing() -> None:
    rules = rules_in(
        "/* a { } */ .a, td.b p { color: red } a:hover { color: blue }"
        "@media (prefers-color-scheme: dark) { .c { color: white } } .d { margin: 0 }"
    )
    assert [(len(rule.parts), rule.is_dark) for rule in rules] == [
        (1, False),
        (2, False),
        (1, True),
        (1, False),
    ]


def issue_of(count: int, template: str, **changes: object) -> Checked:
    """An issue of that many stories in one of our templates."""
    titles = ("Harbour battery number {} starts its first winter", "Ring cable {} is late again")
    stories = tuple(
        written(
            article(
                f"story-{n}",
                title=titles[n % 2].format(n),
                published=NOW - timedelta(hours=n + 1),
                text=f"The plant {n} started on Sunday. It holds {n + 900} megawatt-hours, they said.",
            ),
            score=float(count - n),
        )
        for n in range(count)
    )
    draft = Draft(
        subject=stories[0].headline,
        preheader="Ring cable 1 is late again, and what else the week brought",
        stories=stories,
        writer="extractive",
    )
    look = Look(
        **{
            "brand": Brand(name="Acme Research", footer="Acme GmbH\nExample Street 1, Berlin"),
            "name": "Energy Weekly",
            "categories": {"storage": "Storage"},
            "regions": {"DE": "Germany"},
            "language": "en",
            "zone": "Europe/Berlin",
            "window": WEEK,
            "edition": NOW,
            "sources": 3,
            "template": template,
            **changes,
        }  # type: ignore[arg-type]
    )
    made = render(draft, look)
    return Checked(
        html=made.html,
        text=made.text,
        subject=made.subject,
        preheader=made.preheader,
        draft=draft,
        window=WEEK,
        zone="Europe/Berlin",
        sender=("Acme Research", "Acme GmbH", "Example Street 1, Berlin"),
    )


@pytest.mark.parametrize("template", sorted(TEMPLATES))
@pytest.mark.parametrize("count", [1, 6, 30, 200])
def test_our_own_templates_pass_the_gate(template: str, count: int) -> None:
    assert [str(each) for each in check(issue_of(count, template)).errors] == []


@pytest.mark.parametrize("template", sorted(TEMPLATES))
@pytest.mark.parametrize(
    "color", ["#000000", "#ffffff", "#ffe600", "#ff0000", "#0f766e", "#1e3a8a"]
)
def test_any_brand_colour_passes_the_gate(template: str, color: str) -> None:
    brand = Brand(
        name="Acme Research",
        color=color,
        footer="Acme GmbH\nExample Street 1, Berlin",
        logo="https://example.org/logo.png",
    )
    given = issue_of(6, template, brand=brand)
    assert [str(each) for each in check(given).errors if each.rule != "E3"] == []
