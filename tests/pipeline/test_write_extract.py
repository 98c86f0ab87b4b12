"""The extract: whole sentences of the source, and nothing that is not the article's own."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopilot.pipeline.write.boilerplate import is_boilerplate, without_dateline, without_tail
from autopilot.pipeline.write.extract import count_words, excerpt
from autopilot.pipeline.write.sentences import is_whole, sentences

FIRST = "The transmission operator opened a new line between the two islands on Monday morning."
SECOND = "It carries 1,400 megawatts and cost 2.1 billion, some 300 million more than was planned."
LATER = "Further sentences follow that tell the reader what happened before and what may come next."
ARTICLE = " ".join([FIRST, SECOND, *[f"{LATER[:-1]}, part {number}." for number in range(9)]])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("One is here. Two is there.", 2, id="full-stop"),
        pytest.param("Dr. Smith met Mr. J. R. Jones. They spoke.", 2, id="titles-and-initials"),
        pytest.param("He lives in the U.S. The house is old.", 2, id="acronym-then-starter"),
        pytest.param("The U.S. Senate agreed. It was late.", 2, id="acronym-inside"),
        pytest.param("It closed at 5 p.m. Police came.", 2, id="half-day-ends"),
        pytest.param("It closed at 5 p.m. Monday by order.", 1, id="half-day-then-weekday"),
        pytest.param("No. 10 said it was 3.5 percent.", 1, id="number-and-decimal"),
        pytest.param("Acme Inc. said so. The firm grew.", 2, id="company"),
        pytest.param("Am 3. Oktober wird gefeiert. Das kostet z.B. 5 Mio. Euro.", 2, id="german"),
        pytest.param("M. Dupont est là. Il dort.", 2, id="french"),
        pytest.param("¿Viene el Sr. Pérez? ¡Sí! Ya llega.", 3, id="spanish"),
        pytest.param("She said: “It works. We are glad.” Then she left.", 2, id="curly-quotes"),
        pytest.param('"Really?" he asked. "Yes. No." Done.', 3, id="straight-quotes"),
        pytest.param("The plan (see p. 3. It is long.) failed. All wept.", 2, id="parenthesis"),
        pytest.param("Really?! Yes... Then silence.", 3, id="repeated-marks"),
        pytest.param("今日は晴れです。「行こう。早く」と言った。終わり！", 3, id="japanese"),
        pytest.param("ذهب الولد إلى المدرسة. هل عاد؟ نعم عاد.", 3, id="arabic"),
        pytest.param("یہ ایک جملہ ہے۔ دوسرا جملہ یہ ہے۔", 2, id="urdu"),
        pytest.param("यह एक वाक्य है। यह दूसरा है।", 2, id="hindi"),
        pytest.param("no mark at all", 1, id="no-mark"),
        pytest.param("", 0, id="empty"),
    ],
)
def test_sentences_end_where_a_reader_would_stop(text: str, expected: int) -> None:
    assert len(sentences(text)) == expected


@given(st.text(alphabet="aA1 .!?…\"'“”()«»。」「\n", max_size=80))
def test_splitting_loses_no_character(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("BERLIN (Example Agency) - The grid is stable.", "The grid is stable."),
        ("LONDON, March 3 (Example) — Words stand here.", "Words stand here."),
        ("Madrid, 3 mar (EFE).- El rey habló.", "El rey habló."),
        ("Berlin (dpa) - Der Wind dreht.", "Der Wind dreht."),
        ("(AP)The mayor resigned.", "The mayor resigned."),
        ("SAN EXAMPLE, Calif. — The mayor resigned.", "The mayor resigned."),
        ("European Union (EU) leaders met.", "European Union (EU) leaders met."),
        ("NATO — which moved — agreed.", "NATO — which moved — agreed."),
        ("BERLIN (Example) -", "BERLIN (Example) -"),
    ],
)
def test_a_dateline_is_taken_off_and_other_openings_stay(text: str, left: str) -> None:
    assert without_dateline(text) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("It rained. Read more", "It rained."),
        ("It rained. Read full article >>", "It rained."),
        ("It rained… Read More Here →", "It rained…"),
        ("It rained and then Continue reading...", "It rained and then"),
        ("It rained. [read more]", "It rained."),
        ("Es regnet. Weiterlesen »", "Es regnet."),
        ("Il pleut. Lire la suite", "Il pleut."),
        ("Llueve. Leer más", "Llueve."),
        ("It rained. The post It rained appeared first on Example.", "It rained."),
        ("It rained on the [...]", "It rained on the …"),
        ("submitted by /u/example to r/example [link] [12 comments]", ""),
        ("Children want to learn more.", "Children want to learn more."),
    ],
)
def test_what_a_publishing_system_appends_goes(text: str, left: str) -> None:
    assert without_tail(text) == left


@pytest.mark.parametrize(
    "sentence",
    [
        "By Jane Doe",
        "By JANE DOE and John Roe, Political Editor",
        "Von Max Muster",
        "Read more about the grid.",
        "Sign up for our newsletter.",
        "Subscribe now!",
        "Jetzt anmelden und nichts verpassen.",
        "Abonnez-vous à notre lettre.",
        "Suscríbete aquí.",
        "Published: 3 March 2026, 10:20",
        "Photo: Jane Doe / Example Agency",
        "Scroll down for video.",
        "https://example.org/story",
        "Article URL: https://example.org/story",
    ],
)
def test_bylines_captions_stamps_and_calls_are_known(sentence: str) -> None:
    assert is_boilerplate(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "By Monday the river had risen again.",
        "Updated guidance was sent to all schools.",
        "Advertisement spending rose by five percent.",
        "Shutterstock and two rivals agreed on a licence.",
        "Video games sold well: three million copies in a week.",
        "Watching the river is a duty here.",
    ],
)
def test_sentences_that_only_begin_alike_stay(sentence: str) -> None:
    assert not is_boilerplate(sentence)


def test_an_extract_is_the_first_two_sentences_verbatim() -> None:
    assert excerpt("New line opened", ARTICLE) == f"{FIRST} {SECOND}"


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_number_of_sentences_can_be_chosen(count: int) -> None:
    assert len(sentences(excerpt("New line", ARTICLE, sentences=count))) == count


def test_byline_dateline_and_caption_before_the_text_are_skipped() -> None:
    page = f"By Jane Doe\n\nPhoto: Example Agency\n\nBERLIN (Example) - {ARTICLE}"
    assert excerpt("New line opened", page) == f"{FIRST} {SECOND}"


def test_a_feed_summary_of_twenty_to_eighty_words_is_used_as_written() -> None:
    summary = f"{FIRST} {SECOND} {LATER}"
    assert 20 <= count_words(summary) <= 80
    assert excerpt("New line", summary) == summary


def test_a_summary_keeps_its_words_and_loses_the_call_to_action() -> None:
    assert excerpt("New line", f"{FIRST} {SECOND} Read more") == f"{FIRST} {SECOND}"


def test_a_summary_cut_off_by_its_publisher_shows_that_it_goes_on() -> None:
    cut = f"{FIRST} {SECOND} The next step is [...]"
    assert excerpt("New line", cut) == f"{FIRST} {SECOND} The next step is …"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  \n ",
        FIRST,
        FIRST.upper(),
        "Read more",
        "https://example.org/a",
        "[link] [3 comments]",
    ],
)
def test_a_text_that_adds_nothing_to_the_title_gives_no_summary(text: str) -> None:
    assert excerpt(FIRST, text) == ""


def test_a_lead_that_repeats_the_title_is_passed_over() -> None:
    assert excerpt(FIRST, ARTICLE).startswith(SECOND)


def test_a_sentence_said_twice_is_quoted_once() -> None:
    assert excerpt("New line", f"{FIRST} {FIRST} {SECOND}") == f"{FIRST} {SECOND}"


def test_a_text_without_any_mark_is_cut_at_a_word() -> None:
    summary = excerpt("Nothing ends", "unending words go on and on without a mark " * 40)
    assert summary.endswith(" …")
    assert count_words(summary) == 60


def test_chinese_sentences_stand_side_by_side() -> None:
    text = (
        "新的输电线路于周一上午在两个岛屿之间正式开通运行。" * 1
        + "该线路耗资二十一亿，比原计划多出三亿左右。"
    )
    assert excerpt("新线路", text) == text


def test_wrapped_lines_are_one_paragraph_again() -> None:
    wrapped = FIRST.replace(" between", "\nbetween") + " " + SECOND
    assert excerpt("New line", wrapped) == f"{FIRST} {SECOND}"


@given(st.text(max_size=400))
def test_any_text_gives_an_extract_without_line_breaks(text: str) -> None:
    summary = excerpt("title", text)
    assert "\n" not in summary
    assert count_words(summary) <= 200


@pytest.mark.parametrize(
    "text",
    ["(" * 20_000, '"' * 20_000, "A. " * 7_000, "a " * 10_000, "The post " * 3_000, "By " * 7_000],
    ids=["parentheses", "quotes", "initials", "words", "tails", "bylines"],
)
def test_hostile_text_costs_little_time(text: str) -> None:
    began = time.perf_counter()
    excerpt("title", text)
    assert time.perf_counter() - began < 1.0


@pytest.mark.parametrize(
    ("sentence", "whole"),
    [("It ends.", True), ("“It ends.”", True), ("It goes on …", False), ("It goes on...", False)],
)
def test_a_cut_off_sentence_is_not_whole(sentence: str, whole: bool) -> None:
    assert is_whole(sentence) is whole
