"""Every rule of the gate: what breaks it, and what does not."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pipeline.checking import (
    DRAFT,
    GOOD,
    HARBOUR,
    ISSUE,
    NOW,
    PLAIN,
    RING,
    SPECIFICATION,
    article,
    breaches,
    drafted,
    issue,
    written,
)

from autopilot.domain.content import Draft
from autopilot.domain.link import LinkAnswer
from autopilot.pipeline.check import check, check_html
from autopilot.pipeline.check.rules import RULE_IDS, RULES

P = "<p>The harbour battery started"
H1 = '<h1 style="font-size:32px;line-height:40px">Energy Weekly</h1>'
IMG = '<img src="https://example.org/a.png" alt="A battery" width="300" height="100">'
HREF = 'href="https://example.org/ring"'
TD = "color:#22262b;font-size:16px;line-height:26px"
CARD = 'width="640" bgcolor="#fdfcf9" style="width:100%;max-width:640px"'


def test_a_good_issue_has_every_rule_checked_and_breaks_none() -> None:
    report = check(ISSUE)
    assert report.findings == ()
    assert report.score == 100
    assert report.checked == RULE_IDS


def test_a_good_page_alone_is_checked_by_the_rules_that_need_no_more() -> None:
    report = check_html(GOOD)
    assert report.findings == ()
    assert set(RULE_IDS) - set(report.checked) == {"E3", "E5", "E6", "E7", "E18", "E19", "W1"}


PAGES: list[tuple[str, str, str]] = [
    ("E8 error", P, "<p>" + "more words and " * 7_000),
    ("E8 warning", P, "<p>" + "more words and " * 5_300),
    ("E9 error", "<style>", "<style>" + ".a { margin: 0 }\n" * 1_000),
    ("E9 error", "<p>Acme", "<style>.a { margin: 0 }</style><p>Acme"),
    ("E9 error", "<style>", "<style> p { color: #333333 }"),
    ("E10 error", P, "<script>alert(1)</script>" + P),
    ("E10 error", P, "<form></form>" + P),
    ("E10 error", P, "<video></video>" + P),
    ("E10 error", "<title>", '<link rel="stylesheet" href="https://example.org/a.css"><title>'),
    ("E10 error", P, '<p style="position:absolute">x</p>' + P),
    ("E10 error", P, '<p style="display:flex">x</p>' + P),
    ("E10 error", P, '<p style="--a:1px">x</p>' + P),
    ("E10 error", P, '<p style="margin:var(--a)">x</p>' + P),
    ("E10 error", "<style>", "<style> @import url(https://example.org/a.css);"),
    ("E10 error", "a.png", "a.webp"),
    ("E10 error", "a.png", "a.svg?x=1"),
    ("E10 error", "https://example.org/a.png", "data:image/png;base64,AAAA"),
    ("E10 error", P, '<p style="background:url(https://example.org/a.png)">x</p>' + P),
    ("E11 error", 'width="640"', 'width="700"'),
    ("E11 error", "width:100%;max-width:640px", "width:640px"),
    ("E11 error", P, '<p style="min-width:400px">x</p>' + P),
    ("E11 error", P, f'<p style="white-space:nowrap">{"some words " * 9}</p>' + P),
    (
        "E11 error",
        P,
        '<table role="presentation"><tr><td width="200">a</td><td width="200">b</td></tr></table>'
        + P,
    ),
    ("E11 warning", P, f"<p>{'a' * 60}</p>" + P),
    ("E12 error", '<body style="margin:0">', '<body bgcolor="#eeeeee"><p>Words</p>'),
    ("E12 error", '<body style="margin:0">', '<body style="color:#333333"><p>Words</p>'),
    ("E13 error", ' lang="en"', ""),
    ("E13 error", ' dir="ltr"', ""),
    ("E13 error", "<title>Harbour battery starts its first winter</title>", ""),
    ("E13 error", ' role="presentation"', ""),
    ("E13 error", H1, ""),
    ("E13 error", H1, H1 + H1),
    ("E13 error", "<h2 style=", "<h4 style="),
    ("E14 error", ' alt="A battery"', ""),
    ("E14 error", ' width="300"', ""),
    ("E14 error", "https://example.org/a.png", "http://example.org/a.png"),
    ("E15 error", TD, TD.replace("#22262b", "#999999")),
    ("E15 error", "#1e2125 !important", "#d0d0d0 !important"),
    ("E15 error", TD, TD.replace("16px", "13px")),
    ("E15 error", TD, TD.replace("26px", "20px")),
    ("E16 error", "Regulator asks who pays for the northern ring</a>", "Read more</a>"),
    ("E16 error", "Regulator asks who pays for the northern ring</a>", "</a>"),
    ("E16 error", "Regulator asks who pays for the northern ring</a>", "https://example.org/</a>"),
    (
        "E16 error",
        P,
        '<p style="line-height:23px"><a href="https://example.org/x">A page</a></p>' + P,
    ),
    ("E17 error", HREF, 'href="/ring"'),
    ("E17 error", HREF, 'href="ftp://example.org/ring"'),
    ("E17 error", HREF, 'href="https://192.168.1.5/ring"'),
    ("E17 error", HREF, 'href="http://localhost:8000/ring"'),
    ("E17 error", HREF, 'href="http://2130706433/ring"'),
    ("E17 error", HREF, 'href="http://[::1]/ring"'),
    ("E17 error", HREF, 'href="https://[broken"'),
    ("E17 warning", HREF, 'href="https://example.org/ring?utm_source=rss"'),
    ("E20 error", P, "<iframe></iframe>" + P),
    ("E20 error", P, '<p onclick="alert(1)">x</p>' + P),
    ("E20 error", HREF, 'href="java\nscript:alert(1)"'),
    (
        "E20 error",
        "<title>",
        '<meta http-equiv="refresh" content="0;url=https://example.org"><title>',
    ),
    ("E21 error", "Acme Research", "{{ sender }}"),
    ("E21 error", "<p>Example News · Nov 22 · Germany", "<p>Example News · None · Germany"),
    ("E21 error", "Acme Research", "TODO: address"),
    ("E21 error", "Acme Research", "Lorem ipsum dolor"),
    ("W2 warning", '<div style="display:none">', "<div>"),
    ("W2 warning", "&#847;&#8199;" * 70, ""),
    ("W3 warning", '<meta name="color-scheme" content="light dark">', ""),
    ("W3 warning", "prefers-color-scheme: dark", "min-width: 900px"),
    ("W3 warning", TD, TD.replace("#22262b", "#000000")),
    ("W3 warning", "#fdfcf9", "#ffffff"),
]


@pytest.mark.parametrize(
    ("told", "old", "new"), PAGES, ids=[f"{each[0]} {n}" for n, each in enumerate(PAGES)]
)
def test_a_page_that_breaks_a_rule_is_told(told: str, old: str, new: str) -> None:
    assert old in GOOD
    assert told in breaches(check_html(GOOD.replace(old, new, 1)))


FINE: list[tuple[str, str]] = [
    (P, '<p style="background:#ffffee url(https://example.org/a.png);color:#222222">x</p>' + P),
    (P, '<p class="ink" style="position-x:1px;color:rgb(20, 20, 20)">x</p>' + P),
    (P, '<p class="ink" style="font:16px/1.5 Arial;color:hsl(0,0%,10%)">Some words</p>' + P),
    (P, '<p style="color:#767676;font-size:24px;line-height:36px">Large words</p>' + P),
    (P, '<p style="color:#fefefe;background-color:rgba(0,0,0,.8)">Words on smoke</p>' + P),
    (P, '<div style="display:none;color:#fdfcf9;font-size:1px">hidden words</div>' + P),
    (
        P,
        '<p><a class="ink" style="color:#225" href="mailto:ann@example.org">Write to Ann</a></p>'
        + P,
    ),
    (P, "<p>None of the banks could say why nan bread is null and void.</p>" + P),
    (P, "<p>Mr. Null and Ms. None, Todo el mundo.</p>" + P),
    (IMG, f'<a href="https://example.org/x">{IMG}</a>'),
    (P, '<table><tr><th scope="col">Year</th></tr><tr><td>2026</td></tr></table>' + P),
    (P, "<!--[if mso]><table><tr><td width=900><![endif]-->" + P),
    (P, '<p style="overflow-wrap:anywhere">' + "a" * 60 + "</p>" + P),
    ('<body style="margin:0">', '<body bgcolor="#ffffff">'),
]


@pytest.mark.parametrize(("old", "new"), FINE, ids=[str(n) for n in range(len(FINE))])
def test_a_page_that_only_looks_like_it_breaks_none(old: str, new: str) -> None:
    assert old in GOOD
    assert breaches(check_html(GOOD.replace(old, new, 1))) == []


MODEL = written(article(), excerpt=False, summary="The harbour battery holds 900 megawatt-hours.")


def answer(name: str, **how: Any) -> dict[str, LinkAnswer]:
    url = f"https://example.org/{name}"
    return {url: LinkAnswer(url=url, **how)}


ISSUES: list[tuple[str, dict[str, Any]]] = [
    ("E3 error", {"old": "Example Street 1, Berlin"}),
    ("E3 error", {"unsubscribe_url": "https://example.org/leave"}),
    ("E5 error", {"subject": "Harbour battery\r\nBcc: everyone"}),
    ("E5 error", {"preheader": "Regulator asks\x00 who pays for the northern ring of cables"}),
    ("E6 error", {"subject": "All the news of this fine week"}),
    ("E7 error", {"text": ""}),
    ("E7 error", {"text": PLAIN.replace("https://example.org/ring", "")}),
    ("E7 error", {"text": PLAIN.replace("Regulator asks", "Somebody asks")}),
    ("E7 error", {"text": PLAIN + "x" * 1_000}),
    ("E7 error", {"text": PLAIN + "\ud800"}),
    ("E14 error", {"links": answer("a.png", status=200, octets=2_000_000)}),
    ("E17 error", {"links": answer("harbour", status=404)}),
    ("E17 error", {"links": answer("harbour", status=410)}),
    ("E17 warning", {"links": answer("harbour", status=503)}),
    ("E17 warning", {"links": answer("harbour", problem="no connection")}),
    ("E17 warning", {"links": answer("logo.png", status=404)}),
    ("E17 error", {"sent": {"example.org/ring": "2026-11-16"}}),
    ("E17 error", {"draft": drafted(HARBOUR, RING, RING)}),
    ("E17 error", {"draft": drafted(HARBOUR, RING, written(article("copy")))}),
    ("E18 error", {"old": "Example News · Nov 22 · Germany", "new": "Nov 22 · Germany"}),
    ("E18 error", {"old": "Nov 22 · Germany", "new": "Nov 2 · Germany"}),
    ("E18 error", {"old": "Nov 22 · Germany", "new": "Nov 22"}),
    ("E18 error", {"old": ">Storage</h2>", "new": ">Other news</h2>"}),
    ("E18 error", {"draft": drafted(HARBOUR, RING, written(article("x", title="Unprinted")))}),
    (
        "E18 error",
        {"draft": drafted(written(article(published=NOW - timedelta(days=31))), RING)},
    ),
    ("E19 error", {"draft": drafted(MODEL, RING), "faults": lambda _: ("number “901”",)}),
    ("E19 error", {"draft": drafted(written(article(), summary="Not its words."), RING)}),
    ("E19 error", {"draft": drafted(written(article(text="word " * 300)), RING)}),
    (
        "E19 error",
        {
            "draft": drafted(
                written(article(), excerpt=False, summary=f'It said: "{"word " * 60}".'), RING
            )
        },
    ),
    ("E20 error", {"old": HREF, "new": 'href="https://evil.example/ring"'}),
    (
        "E20 error",
        {
            "draft": drafted(
                written(article(), excerpt=False, summary="See https://evil.example now."), RING
            )
        },
    ),
    ("E20 error", {"draft": drafted(intro="Read www.evil.example first.")}),
    (
        "E21 error",
        {"draft": drafted(*[HARBOUR, RING, *(written(article(f"s{n}")) for n in range(3))])},
    ),
    ("E21 error", {"draft": Draft(subject="x", preheader="y", stories=(), writer="extractive")}),
    ("E21 error", {"old": 'lang="en"', "new": 'lang="de"'}),
    (
        "E21 error",
        {
            "draft": drafted(
                written(
                    article(),
                    excerpt=False,
                    summary="Die Batterie im Hafen ist am Sonntag gestartet und wird von der Firma auch für das Netz genutzt.",
                ),
                RING,
            )
        },
    ),
    ("E21 error", {"draft": drafted(written(article(), summary="{{ summary }}"), RING)}),
    (
        "E21 warning",
        {
            "specification": SPECIFICATION.model_copy(
                update={
                    "categories": (
                        SPECIFICATION.categories[0].model_copy(update={"min_stories": 3}),
                    )
                }
            )
        },
    ),
    ("W1 warning", {"subject": "Harbour battery now"}),
    ("W1 warning", {"subject": "Harbour battery starts its winter " * 2}),
    ("W1 warning", {"subject": "HARBOUR battery starts its first winter"}),
    ("W1 warning", {"subject": "Harbour battery starts! First winter!"}),
    ("W1 warning", {"subject": "Harbour battery starts its winter 🔋🔋"}),
    ("W1 warning", {"subjects": (ISSUE.subject,)}),
    ("W2 warning", {"preheader": "Too short"}),
    ("W2 warning", {"preheader": ISSUE.subject}),
]


@pytest.mark.parametrize(
    ("told", "changes"), ISSUES, ids=[f"{each[0]} {n}" for n, each in enumerate(ISSUES)]
)
def test_an_issue_that_breaks_a_rule_is_told(told: str, changes: dict[str, Any]) -> None:
    assert told in breaches(issue(**changes))


FINE_ISSUES: list[dict[str, Any]] = [
    {"links": answer("harbour", status=200)},
    {
        "sent": {"example.org/ring": "2026-11-16"},
        "draft": drafted(HARBOUR, written(RING.story.lead, update_of="2026-11-16", summary="")),
    },
    {"draft": drafted(MODEL, RING)},
    {"subject": "NATO and the harbour battery: a first winter"},
    {"subjects": ("Another week, another battery",)},
    {
        "old": "Nov 22 · Germany</p>\n<p>The",
        "new": "Oct 23 · late arrival · Germany</p>\n<p>The",
        "draft": drafted(written(article(published=NOW - timedelta(days=31))), RING),
    },
    {
        "old": "Acme Research<br>",
        "new": 'Acme Research<br><a class="ink" style="color:#225" href="https://example.org/leave">Unsubscribe</a><br>',
        "unsubscribe_url": "https://example.org/leave",
        "text": PLAIN + "https://example.org/leave\n",
    },
]


@pytest.mark.parametrize("changes", FINE_ISSUES, ids=[str(n) for n in range(len(FINE_ISSUES))])
def test_an_issue_that_keeps_the_rules_is_left_alone(changes: dict[str, Any]) -> None:
    assert breaches(issue(**changes)) == []


def test_every_rule_has_a_breaking_example() -> None:
    broken = {told.split()[0] for told, *_ in (*PAGES, *ISSUES)}
    assert broken == set(RULE_IDS)


def test_a_date_is_that_of_the_issues_zone() -> None:
    late = written(article(published=NOW.replace(day=22, hour=23, minute=30)))
    given = issue(
        "Nov 22 · Germany</p>\n<p>The", "Nov 23 · Germany</p>\n<p>The", draft=drafted(late, RING)
    )
    assert breaches(given) == []
    assert "E18 error" in breaches(issue(draft=drafted(late, RING)))


def test_many_breaches_of_a_kind_are_one_finding_that_names_the_first_places() -> None:
    page = GOOD.replace(P, '<p style="font-size:10px">small words</p>\n' * 9 + P)
    small = [each for each in check_html(page).findings if "small for a phone" in each.message]
    assert len(small) == 1
    assert small[0].where.startswith("line 20 “small words”; line 21")
    assert small[0].where.endswith("; 6 more")


def test_errors_come_before_warnings_and_in_the_order_of_the_rules() -> None:
    page = (
        GOOD.replace(' alt="A battery"', "").replace(' lang="en"', "").replace("#fdfcf9", "#ffffff")
    )
    assert breaches(check_html(page)) == ["E13 error", "E14 error", "W3 warning"]


def test_the_page_of_rules_is_the_table_of_the_code() -> None:
    page = Path(__file__).parents[2].joinpath("docs/reference/gate.md").read_text("utf-8")
    rows = [
        tuple(cell.strip() for cell in line.strip("| \n").split(" | "))
        for line in page.splitlines()
        if re.match(r"\| [EW]\d+ \|", line)
    ]
    assert rows == [
        (rule.id, rule.what, rule.severity.value, rule.mended or "a person") for rule in RULES
    ]


def test_the_draft_of_these_tests_is_in_reading_order() -> None:
    assert DRAFT.stories == (HARBOUR, RING)
