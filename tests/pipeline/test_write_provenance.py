"""Every printed sentence leads back to the stored passage that it rests on."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from autopilot.domain.content import Article, Story
from autopilot.pipeline.write.draft import extract_story
from autopilot.pipeline.write.provenance import with_sources

TEXT = (
    "BERLIN (dpa) - The operator opened the\n  new line between the two islands on Monday.\n\n"
    "It carries 1,400 megawatts and cost two billion euros, more than was planned. "
    "Three more cables are to follow before 2031, said Marta Ellingsen, who leads the project."
)


def article(text: str, key: str = "example.org/line") -> Article:
    return Article(
        key=key,
        url=f"https://{key}",
        title="A line",
        text=text,
        published=datetime(2026, 11, 20, tzinfo=UTC),
        dated=True,
        source="Example News",
        source_url="https://example.org/feed.xml",
    )


def extracted(text: str) -> list[tuple[str, str]]:
    """Each sentence of the extract with the characters that its passage points at."""
    story = Story(lead=article(text), also=(), category="a", region=None, score=1.0, reason="fits")
    return [
        (sentence.text, text[sentence.passages[0].start : sentence.passages[0].end])
        for sentence in extract_story(story).sentences
    ]


def test_an_extract_points_at_its_very_words() -> None:
    pairs = extracted(TEXT)
    assert len(pairs) >= 2
    for sentence, passage in pairs:
        assert sentence == " ".join(passage.split())


def test_an_extract_that_was_cut_points_at_what_is_left_of_it() -> None:
    ((sentence, passage),) = extracted("word " * 200)
    assert sentence.endswith("…")
    assert passage.startswith("word word")


def test_a_models_sentence_points_at_the_nearest_one() -> None:
    (found,) = with_sources(
        ["Project head Ellingsen promises three further cables."], [article(TEXT)]
    )
    (passage,) = found.passages
    assert passage.quote.startswith("Three more cables")
    assert TEXT[passage.start : passage.end] == passage.quote


def test_a_sentence_of_two_facts_points_at_both() -> None:
    told = "The line between the islands carries 1,400 megawatts, and Marta Ellingsen plans more cables."
    (found,) = with_sources([told], [article(TEXT)])
    assert len(found.passages) == 2


def test_the_article_that_says_it_is_named() -> None:
    other = article(
        "The regulator in Oslo approved the tariff in the spring.", "example.org/tariff"
    )
    (found,) = with_sources(["Oslo's regulator approved the tariff."], [article(TEXT), other])
    assert found.passages[0].article == "example.org/tariff"


def test_what_no_article_says_points_nowhere() -> None:
    (found,) = with_sources(["Penguins juggle turquoise umbrellas."], [article(TEXT)])
    assert found.passages == ()


@given(st.text(max_size=300), st.lists(st.text(max_size=80), max_size=3))
def test_passages_always_lie_inside_their_article(text: str, said: list[str]) -> None:
    for sentence in with_sources(said, [article(text)]):
        for passage in sentence.passages:
            assert 0 <= passage.start < passage.end <= len(text)
            assert " ".join(text[passage.start : passage.end].split()).startswith(
                passage.quote[:80]
            )
