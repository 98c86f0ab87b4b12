"""The three templates: what each is for, and that all of them hold everything an issue has to say."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from pipeline.rendering import DELIVERED, RICH, SUMMARY, draft_of, look_of, parsed, written

from autopilot.domain.usage import Usage
from autopilot.pipeline.render import TEMPLATES, render, render_html, render_text, render_web
from autopilot.pipeline.render.figures import pieces_of
from autopilot.pipeline.render.html import MAX_HTML_OCTETS
from autopilot.pipeline.render.item import shortened
from autopilot.pipeline.render.translations import LANGUAGES

ALL = sorted(TEMPLATES)


def _flat(html: str) -> str:
    return " ".join(parsed(html).text_content().split())


@pytest.mark.parametrize("template", ALL)
def test_every_template_prints_every_story_its_facts_and_its_news(template: str) -> None:
    shown = _flat(render_html(RICH, look_of(template=template)))
    for each in RICH.stories:
        assert each.headline in shown
    assert shown.count("Example News · ") == len(RICH.stories)
    assert shown.count("Sample Courier") == 2
    assert "Update to our issue of Nov 16, 2026" in shown
    for name in ("Power grid", "Storage", "Policy", "Acme Research", "Energy Weekly"):
        assert name in shown


@pytest.mark.parametrize("template", ALL)
def test_every_template_says_how_the_issue_was_made(template: str) -> None:
    draft = replace(
        RICH,
        intro="A quiet week.\nAnd a loud one.",
        writer="example-model",
        notes=("Two stories are excerpts: the model's words did not hold.",),
        usage=(
            Usage(
                model="example-model",
                calls=12,
                input_tokens=40_000,
                output_tokens=8_200,
                micro_usd=41_200,
            ),
            Usage(model="other", calls=1, input_tokens=10, output_tokens=5, micro_usd=None),
        ),
    )
    look = look_of(template=template, failed=("Gazette Example",), **DELIVERED)
    shown = _flat(render_html(draft, look))
    for words in (
        "A quiet week. And a loud one.",
        "Put together automatically from 14 sources.",
        "written by example-model from the sources’ texts",
        "Writing took 12 calls to example-model and 48,200 tokens ($0.0412).",
        "Writing took 1 call to other and 15 tokens (price unknown).",
        "1 of 14 sources could not be reached: Gazette Example.",
        "Two stories are excerpts",
        "You get this because you asked for it.",
        "Example Media",
    ):
        assert words in shown, words
    text = " ".join(render_text(draft, look).split())
    assert "48,200 tokens ($0.0412)" in text
    assert "A quiet week." in text


@pytest.mark.parametrize("template", ALL)
def test_links_of_delivery_are_in_both_parts_and_only_where_they_are_set(template: str) -> None:
    rendered = render(RICH, look_of(template=template, **DELIVERED))
    links = {a.get("href"): a.text_content() for a in parsed(rendered.html).iter("a")}
    assert links["https://example.org/unsubscribe/token"] == "Unsubscribe from Energy Weekly"
    assert links["https://example.org/issues/1"] == "Read this issue on the web"
    assert (
        links["https://example.org/issues/1/sources"]
        == "Every sentence is linked to its source text"
    )
    for key in ("unsubscribe_url", "web_url", "sources_url"):
        assert f"\n{DELIVERED[key]}\n" in rendered.text
    bare = render(RICH, look_of(template=template))
    assert "Unsubscribe" not in bare.html + bare.text
    assert "on the web" not in bare.html + bare.text


def test_the_briefing_counts_first_and_sets_figures_in_bold() -> None:
    draft = draft_of(written(1, summary="It cost 4 million euros. " + "Then more happened. " * 20))
    page = parsed(render_html(draft, look_of(template="briefing")))
    assert page.find_class("counts")[0].text_content() == "1 story · 14 sources · 1 section"
    assert [b.text for b in page.find_class("summary")[0].iter("b")] == ["4 million euros"]
    assert len(page.find_class("summary")[0].text_content()) <= 220
    assert [cell.text for cell in page.find_class("number")] == ["1"]


def test_the_magazine_opens_with_the_story_the_subject_names() -> None:
    draft = draft_of(
        written(1, score=1.0), written(2, category="storage", score=3.0), written(3, score=2.0)
    )
    page = parsed(render_html(draft, look_of(template="magazine")))
    headings = [(e.tag, e.text_content()) for e in page.iter("h1", "h2", "h3")]
    assert headings == [
        ("h1", "Energy Weekly"),
        ("h2", "Top story"),
        ("h3", "Headline 2 about the grid"),
        ("h2", "Power grid"),
        ("h3", "Headline 1 about the grid"),
        ("h3", "Headline 3 about the grid"),
    ]
    button = page.find_class("button")[0].find("a")
    assert button.text == "Read the story at Example News"
    assert button.get("href") == "https://example.org/story-2"


@pytest.mark.parametrize("template", ALL)
@pytest.mark.parametrize("count", [90, 400, 1_000])
def test_a_long_issue_is_shortened_then_listed_then_left_to_the_web(
    template: str, count: int
) -> None:
    long = "The operator opened the line on Monday after nine months of work. " * 12
    draft = draft_of(
        *(
            written(number, score=float(number), title=f"Story {number} title", summary=long)
            for number in range(count)
        )
    )
    rendered = render(draft, look_of(template=template, **DELIVERED))
    assert len(rendered.html.encode()) <= MAX_HTML_OCTETS
    page = parsed(rendered.html)
    full = [int(h3.text_content().split()[1]) for h3 in page.iter("h3")]
    listed = [
        int(a.text.split()[1]) for a in page.xpath("//p[@class='title']//a[contains(., 'Story')]")
    ]
    assert max([*full, *listed]) == count - 1
    untold = count - len(full) - len(listed)
    assert (f"Read {untold} more on the web" in rendered.html) == (untold > 0)
    assert all(f"Story {number} title" in rendered.text for number in range(count))


def test_the_best_stories_keep_their_summaries_when_others_are_shortened() -> None:
    long = "The operator opened the line on Monday after nine months of work. " * 12
    draft = draft_of(*(written(n, score=float(n), summary=long) for n in range(60)))
    html = render_html(draft, look_of())
    lengths = [len(p.text_content()) for p in parsed(html).find_class("summary")]
    assert len(lengths) == 60
    assert all(length > 700 for length in lengths[-3:])
    cut = sum(length < 250 for length in lengths)
    assert cut > 0
    assert f"{cut} summaries are shortened here" in html


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("One. Two. Three.", "One. Two."),
        ("A fine day to be out", "A fine…"),
        ("Short.", "Short."),
        ("", ""),
    ],
)
def test_a_summary_is_shortened_at_a_sentence_or_else_at_a_word(text: str, kept: str) -> None:
    assert shortened(text, 10) == kept


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("It sent 200 MW through the 1.4 GW line.", ["200 MW", "1.4 GW"]),
        ("Shares fell 3.2% to $48.10, or US$1.2 billion.", ["3.2%", "$48.10", "US$1.2 billion"]),
        ("Der Bau kostet 4 Millionen Euro, 18 Prozent mehr.", ["4 Millionen Euro", "18 Prozent"]),
        ("Le projet coûte 12 millions € en tout.", ["12 millions €"]),
        ("About 1,400 people came.", ["1,400"]),
        ("In 2026, three of 14 firms met on 12.11.2026 at 14:30.", []),
        ("The F-16 and the A320 flew to 10.0.0.1.", []),
        ("The 5G network, 2m tall and 3 mothers, not £2m.", ["£2m"]),
        ("no figures", []),
        ("", []),
    ],
)
def test_figures_are_amounts_shares_measures_and_large_numbers(
    text: str, figures: list[str]
) -> None:
    pieces = pieces_of(text)
    assert "".join(piece.words for piece in pieces) == text
    assert [piece.words for piece in pieces if piece.is_figure] == figures


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_fills_every_blank(language: str) -> None:
    draft = replace(
        RICH,
        writer="example-model",
        usage=(
            Usage(model="m", calls=2, input_tokens=1_000, output_tokens=9, micro_usd=1_250_000),
        ),
    )
    look = look_of(language=language, failed=("One", "Two"), template="briefing", **DELIVERED)
    rendered = render(draft, look)
    assert not re.search(r"\{\w*\}", rendered.html + rendered.text)
    assert "example-model" in rendered.text
    english = LANGUAGES["en"]
    if language != "en":
        assert english.about not in rendered.text
        assert english.also_in not in rendered.text


def test_the_words_of_all_languages_have_the_same_blanks() -> None:
    fields = LANGUAGES["en"].__slots__
    for language, words in LANGUAGES.items():
        for name in fields:
            blanks, ours = (
                set(re.findall(r"\{(\w+)\}", getattr(each, name)))
                for each in (LANGUAGES["en"], words)
            )
            assert ours - {"count", "failed"} == blanks - {"count", "failed"}, (language, name)


def test_the_money_and_dates_of_an_issue_are_those_of_its_language() -> None:
    draft = replace(
        RICH,
        writer="m",
        usage=(
            Usage(model="m", calls=2, input_tokens=48_000, output_tokens=200, micro_usd=1_250_000),
        ),
    )
    text = " ".join(render_text(draft, look_of(language="de")).split())
    assert "2 Anfragen an m und 48.200 Token (1,25 $)" in text
    assert "Neues zu unserer Ausgabe vom 16. Nov. 2026" in text


def test_an_unreadable_day_of_an_update_is_printed_as_it_stands() -> None:
    draft = draft_of(written(1, update_of="last week"))
    assert "Update to our issue of last week" in render_text(draft, look_of())


def test_a_story_needs_neither_summary_nor_link() -> None:
    draft = draft_of(written(1, summary=""), written(2, summary=SUMMARY, url="javascript:x"))
    for template in ALL:
        page = parsed(render_html(draft, look_of(template=template)))
        assert len(page.find_class("summary")) == 1


@pytest.mark.parametrize("template", ALL)
def test_even_an_empty_issue_is_drawn_and_says_what_is_missing(template: str) -> None:
    rendered = render(draft_of(), look_of(template=template, sources=0))
    told = "Nothing new this time for Power grid, Storage, Policy."
    assert told in rendered.html
    assert told in rendered.text
    assert told in render_web(draft_of(), look_of())
