"""The web page of an issue: the same words, whole, with the sources of every sentence."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace

import pytest
from pipeline.rendering import HARD_LOOKS, RICH, article, draft_of, look_of, parsed, written

from autopilot.domain.content import DraftStory
from autopilot.domain.provenance import Passage, Sentence
from autopilot.pipeline.render import render_web, style_source

QUOTE = "The operator opened the line on Monday."


def _traced() -> DraftStory:
    other = article(9, source="Sample Courier")
    story = written(1, also=(other,))
    lead = story.story.lead.key
    return replace(
        story,
        headline="A headline of ours",
        note="The model's words did not hold.",
        sentences=(
            Sentence(
                text="The line is open.",
                passages=(
                    Passage(article=lead, start=0, end=39, quote=QUOTE),
                    Passage(article=other.key, start=0, end=5, quote="It <b>works</b>."),
                    Passage(article="gone.example/a", start=0, end=4, quote="Lost"),
                ),
            ),
            Sentence(text="It is in the title."),
        ),
    )


def test_every_sentence_is_shown_with_its_passages_and_their_articles() -> None:
    page = parsed(render_web(draft_of(_traced()), look_of()))
    details = page.find(".//details")
    sentences = [p.text for p in details.findall("ol/li/p")]
    assert sentences == ["The line is open.", "It is in the title.", "rests on the headline"]
    quotes = [quote.text_content() for quote in details.iter("blockquote")]
    assert quotes == [
        f"{QUOTE}Example News",
        "It <b>works</b>.Sample Courier",
        "Lostgone.example/a",
    ]
    links = [a.get("href") for a in details.iter("a")]
    assert links == ["https://example.org/story-1", "https://example.org/story-9"]
    told = " ".join(details.text_content().split())
    assert "Original headline: Headline 1 about the grid" in told
    assert "The model's words did not hold." in told
    assert "Why it is here: fits" in told
    assert details.get("open") is None


def test_the_page_of_sources_is_the_same_page_unfolded() -> None:
    closed, opened = (
        render_web(RICH, look_of(), open_sources=unfolded) for unfolded in (False, True)
    )
    assert opened.replace(" open>", ">") == closed
    assert len(parsed(opened).findall(".//details[@open]")) == len(RICH.stories)


@pytest.mark.parametrize("name", list(HARD_LOOKS))
def test_the_page_needs_no_script_no_inline_style_and_nothing_from_elsewhere(name: str) -> None:
    html = render_web(RICH, HARD_LOOKS[name])
    page = parsed(html)
    tags = {element.tag for element in page.iter() if isinstance(element.tag, str)}
    assert not tags & {"script", "form", "iframe", "link", "object", "embed", "input", "svg"}
    assert not page.xpath("//*[@style] | //@*[starts-with(name(), 'on')]")
    assert len(page.findall(".//style")) == 1
    assert "url(" not in html
    assert "@import" not in html
    style = re.search("<style>(.*)</style>", html, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert style_source(html) == f"'sha256-{digest}'"


@pytest.mark.parametrize("name", list(HARD_LOOKS))
def test_the_page_has_language_direction_title_and_ordered_headings(name: str) -> None:
    page = parsed(render_web(RICH, HARD_LOOKS[name]))
    assert page.get("lang") == HARD_LOOKS[name].language
    assert page.get("dir") in ("ltr", "rtl")
    assert page.findtext(".//title") == RICH.subject
    assert [e.tag for e in page.iter("h1", "h2", "h3")][:3] == ["h1", "h2", "h3"]
    headlines = [h3.text_content() for h3 in page.iter("h3")]
    assert headlines == [each.headline for each in RICH.stories]
    ids = [element.get("id") for element in page.iter("article")]
    assert ids == [f"story-{number}" for number in range(1, len(RICH.stories) + 1)]


def test_stories_keep_their_own_sources_when_the_draft_is_not_in_the_looks_order() -> None:
    draft = draft_of(written(1, category="policy"), written(2, category="new"), _traced())
    page = parsed(render_web(draft, look_of()))
    first = page.find(".//article")
    assert first.find("h3").text_content() == "A headline of ours"
    assert "The line is open." in first.text_content()
    assert page.text_content().count("The line is open.") == 1


def test_nothing_of_one_reader_is_on_the_page_of_all() -> None:
    html = render_web(RICH, HARD_LOOKS["delivered"])
    assert "unsubscribe" not in html.lower()
    assert "You get this because" not in html


def test_hostile_words_are_printed_and_never_obeyed() -> None:
    words = "</style><script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    hostile = replace(_traced(), headline=words, summary=words, note=words)
    html = render_web(draft_of(hostile), look_of(name=words))
    page = parsed(html)
    assert not list(page.iter("script", "img"))
    assert page.find(".//h3").text_content() == words
    assert page.find(".//h1").text_content() == words


def test_a_long_issue_is_whole_on_the_web() -> None:
    draft = draft_of(*(written(number, title=f"Story {number} title") for number in range(300)))
    page = parsed(render_web(draft, look_of()))
    assert len(list(page.iter("article"))) == 300
