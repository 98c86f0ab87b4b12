"""What a text says and its sources do not: numbers, dates, names, quotations, whole sentences."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopilot.pipeline.write.faithful import FlagKind, Ground
from autopilot.pipeline.write.figures import figures
from autopilot.pipeline.write.sentences import sentences

SOURCE = (
    "The European Central Bank raised its rate to 4.25 percent on Thursday, 12 March 2026. Germany's "
    "finance minister Jörg Müller called it “a bitter but necessary step for all of us”. The bank had "
    "bought bonds for 1.23 billion euros and employs 3,482 people in Frankfurt. Seventeen of 20 members "
    "agreed. The plan is from 1998. Two former governors in the United States warned of a recession."
)


def flagged(text: str, *, source: str = SOURCE, language: str = "en") -> list[tuple[str, str]]:
    found = Ground([source]).flags(sentences(text), language=language)
    return [(flag.kind.value, flag.words) for flag in found]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("The rate is now 4.25%.", id="percent-sign"),
        pytest.param("The ECB raised its rate.", id="acronym-of-a-name"),
        pytest.param("It bought bonds worth €1.23bn.", id="magnitude"),
        pytest.param("It bought bonds worth 1,230 million euros.", id="another-magnitude"),
        pytest.param("It bought bonds worth about 1.2 billion euros.", id="rounded"),
        pytest.param("Some 3,500 people work for it.", id="rounded-count"),
        pytest.param("17 of twenty members agreed.", id="words-and-digits"),
        pytest.param("The German minister was not pleased.", id="demonym"),
        pytest.param("Minister Jorg Muller agreed with it.", id="accents"),
        pytest.param("Müller's words were clear.", id="possessive"),
        pytest.param("Americans warned of a recession.", id="country-of-two-words"),
        pytest.param("U.S. governors warned of a recession.", id="dotted-acronym"),
        pytest.param("He called it a “bitter but necessary step”.", id="part-of-a-quotation"),
        pytest.param("There were 2 warnings.", id="small-count-in-digits"),
        pytest.param("Three things matter here.", id="small-count-in-words"),
        pytest.param("1. The rate rose.\n2. Bonds were bought.", id="list-numbers"),
        pytest.param("Frankfurt-based economists had expected the rate.", id="compound"),
        pytest.param("However, members agreed.", id="opener"),
        pytest.param("Central Bank Raises Rate After Long Debate", id="title-case"),
    ],
)
def test_what_the_source_says_in_other_words_has_no_flag(text: str) -> None:
    assert flagged(text) == []


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        pytest.param("The rate is now 4.75%.", "number", "4.75", id="number"),
        pytest.param("It bought bonds for 1.23 million euros.", "number", "1.23 million", id="magnitude"),
        pytest.param("It employs 3,600 people.", "number", "3,600", id="not-a-rounding"),
        pytest.param("It employs 3,483 people.", "number", "3,483", id="as-exact-as-the-source"),
        pytest.param("Nineteen members agreed.", "number", "nineteen", id="in-words"),
        pytest.param("The plan is from 1999.", "number", "1999", id="year"),
        pytest.param("The rate rose on Friday.", "date", "Friday", id="weekday"),
        pytest.param("The rate rose on 12 April.", "date", "April", id="month"),
        pytest.param("The bank of Spain agreed.", "name", "Spain", id="country"),
        pytest.param("Minister Jörg Schmidt agreed.", "name", "Schmidt", id="surname"),
        pytest.param("The IMF agreed with the bank.", "name", "IMF", id="acronym"),
        pytest.param("Lagarde raised the rate.", "name", "Lagarde", id="opens-a-sentence"),
        pytest.param("He called it “a wonderful gift to everybody”.", "quotation",
                     "a wonderful gift to everybody", id="quotation"),
    ],
)  # fmt: skip
def test_what_the_source_does_not_say_is_named(text: str, kind: str, words: str) -> None:
    assert flagged(text) == [(kind, words)]


def test_a_sentence_about_something_else_is_flagged_as_a_whole() -> None:
    text = "Celebrity gardeners brought homemade lemonade and frightened horses galloped away."
    assert flagged(text) == [("content", text)]


def test_a_flag_names_its_sentence() -> None:
    (flag,) = Ground([SOURCE]).flags(["The rate rose.", "Members agreed in Oslo."])
    assert (flag.sentence, flag.kind, flag.words) == (1, FlagKind.NAME, "Oslo")


def test_all_articles_of_a_story_count() -> None:
    assert Ground([SOURCE, "Norway's bank in Oslo did the same."]).flags(["Oslo followed."]) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Der Zins steigt auf 4,25 Prozent, sagte Minister Müller.", [], id="faithful"),
        pytest.param("Die Notenbank hob den Zins kräftig an.", [], id="nouns-are-no-names"),
        pytest.param("Der Zins steigt auf 4,75 Prozent.", [("number", "4,75")], id="number"),
        pytest.param("Das gilt auch für die Bank in Madrid.", [("name", "Madrid")], id="place"),
        pytest.param("Der Rat entschied am Freitag.", [("date", "Freitag")], id="weekday"),
        pytest.param("Die Bank kaufte Anleihen für 1,23 Milliarden Euro.", [], id="magnitude"),
    ],
)
def test_a_text_in_another_language_is_compared_by_what_does_not_change(
    text: str, expected: list[tuple[str, str]]
) -> None:
    ground = Ground([SOURCE], same_language=False)
    found = ground.flags([text], language="de")
    assert [(flag.kind.value, flag.words) for flag in found] == expected


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,234,567.8", {1_234_567.8}),
        ("1.234.567,8", {1_234_567.8}),
        ("1 234 567", {1_234_567}),
        ("1.234", {1_234, 1.234}),
        ("2.5bn", {2.5e9}),
        ("2,5 Mrd.", {2.5e9}),
        ("3 Mio.", {3e6}),
        ("12k", {12_000}),
        ("two hundred and five thousand", {205_000}),
        ("dreiundzwanzig", {23}),
        ("vingt-cinq", {25}),
        ("19:30", {19.3}),
        ("the 70s", {70, 1970}),
        ("COVID-19 and G20", set()),
        ("thousands of people", set()),
    ],
)
def test_numbers_are_read_as_values(text: str, values: set[float]) -> None:
    assert {round(figure.value, 6) for figure in figures(text)} == values


@given(st.text(max_size=300), st.text(max_size=200))
def test_any_text_can_be_held_against_any_source(source: str, text: str) -> None:
    Ground([source]).flags([text], language="de")
    Ground([source], same_language=False).flags([text])


@given(st.lists(st.sampled_from(sentences(SOURCE)), min_size=1, max_size=6))
def test_the_sources_own_sentences_never_have_a_flag(taken: list[str]) -> None:
    assert Ground([SOURCE]).flags(taken) == []


def test_a_summary_is_held_against_a_long_story_quickly() -> None:
    texts = [
        f"{SOURCE} {'It is said that more will come of it, and soon. ' * 120}" for _ in range(4)
    ]
    began = time.process_time()
    for _ in range(20):
        Ground(texts).flags(sentences(SOURCE))
    assert time.process_time() - began < 20  # a guard against quadratic work, not a measurement
