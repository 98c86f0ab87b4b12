"""Sharing: counting bits finds the pairs that counting terms one by one finds."""

from __future__ import annotations

import random

import pytest

from autopilot.pipeline.select import sharing
from autopilot.pipeline.select.lexicon import Lexicon, keyword
from autopilot.pipeline.select.words import Text, spoken


@pytest.mark.parametrize("block", [7, 64, 4_096])
def test_pairs_are_those_that_share_what_the_less_demanding_one_needs(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "BLOCK", block)
    drawn = random.Random(3)
    words = [f"w{number}" for number in range(60)]
    terms = [set(drawn.sample(words, drawn.randrange(30))) for _ in range(150)]
    needs = [2 + max(0, len(some) - 10) // 2 for some in terms]
    found = {(low, high) for high, others in sharing.sharing(terms, needs) for low in others}
    assert found == {
        (low, high)
        for high in range(len(terms))
        for low in range(high)
        if len(terms[low] & terms[high]) >= min(needs[low], needs[high])
    }


def test_a_word_at_the_end_of_a_text_counts_once_though_a_longer_term_begins_with_it() -> None:
    lexicon = Lexicon([keyword("a", "box"), keyword("a", "box office")], language="en")
    assert lexicon.find(Text("We opened the box")) == {0: 1}
    assert lexicon.find(Text("We opened the box office")) == {0: 1, 1: 1}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Moody's cut the city's rating", ["Moody", "cut", "the", "city", "rating"]),
        ("Moody’s cut the city’S “AAA”—again…", ["Moody", "cut", "the", "city", "AAA", "again"]),
        ("snake_case, 3.5 o'clock", ["snake", "case", "3", "5", "o", "clock"]),
        ("'s alone, it's_", ["s", "alone", "it", "s"]),
        ("Zürich’s café 日本", ["Zürich", "café", "日", "本"]),
    ],
    ids=["plain", "typeset", "signs", "apostrophes", "letters"],
)
def test_words_are_the_same_on_the_way_for_plain_texts_and_on_the_general_one(
    text: str, words: list[str]
) -> None:
    assert spoken(text) == words
    assert spoken(f"{text} é") == [*words, "é"]
