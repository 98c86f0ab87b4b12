"""The extractive draft: headlines, subject and preheader from the sources' own words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopilot.domain.content import Article, Draft, Selection, Story
from autopilot.domain.specification import Category, Specification
from autopilot.pipeline.write.draft import headline_of, write_extractive
from autopilot.pipeline.write.one_line import cut_at_word, one_line
from autopilot.pipeline.write.subject import quiet

SPECIFICATION = Specification(
    slug="energy-weekly",
    name="Energy Weekly",
    categories=(Category(id="grid", name="Power grid"), Category(id="policy", name="Policy")),
)
EDITION = "23 November 2026"
BODY = (
    "The operator opened the line on Monday. It carries 1,400 megawatts and cost two billion. "
    "Three more are planned, the ministry said, and the regulator will ask who pays for them."
)


def _story(title: str, *, score: float = 1.0, text: str = BODY, category: str = "grid") -> Story:
    lead = Article(
        key=f"example.org/{title}",
        url="https://example.org/story",
        title=title,
        text=text,
        published=datetime(2026, 11, 20, tzinfo=UTC),
        dated=True,
        source="Example News",
        source_url="https://example.org/feed.xml",
    )
    return Story(lead=lead, also=(), category=category, region=None, score=score, reason="fits")


def _draft(*stories: Story) -> Draft:
    return write_extractive(Selection(stories=stories, left_out=()), SPECIFICATION, EDITION)


@pytest.mark.parametrize(
    ("title", "source", "headline"),
    [
        ("Line opened - Example News", "Example News", "Line opened"),
        ("Line opened | EXAMPLE news", "Example News", "Line opened"),
        ("Line opened – for good", "Example News", "Line opened – for good"),
        ("Line opened-Example News", "Example News", "Line opened-Example News"),
        ("A - B - Example News", "Example News", "A - B"),
        ("Example News", "Example News", "Example News"),
        ("Line\nopened\x00\u202e", "Example News", "Line opened"),
    ],
)
def test_only_the_sources_own_name_is_taken_off_a_title(
    title: str, source: str, headline: str
) -> None:
    assert headline_of(title, source) == headline


def test_a_draft_keeps_the_stories_and_their_order() -> None:
    stories = (_story("First"), _story("Second", score=3.0, category="policy"))
    draft = _draft(*stories)
    assert [written.story for written in draft.stories] == list(stories)
    assert draft.writer == "extractive"
    assert all(written.excerpt for written in draft.stories)


def test_a_story_without_text_has_an_empty_summary() -> None:
    assert _draft(_story("A line was opened", text="")).stories[0].summary == ""


def test_the_subject_names_the_story_with_the_highest_score() -> None:
    draft = _draft(_story("A small thing happened"), _story("The big line has opened", score=9.0))
    assert draft.subject == "The big line has opened"
    assert draft.preheader.startswith("A small thing happened")


@pytest.mark.parametrize(
    ("title", "subject"),
    [
        pytest.param("Rates rise", "Rates rise · Energy Weekly", id="too-short"),
        pytest.param(
            "Grid operators of four countries agree on a plan for a new northern interconnector",
            "Grid operators of four countries agree on a plan for a new…",
            id="cut-at-a-word",
        ),
        pytest.param(
            "BREAKING: LINE OPENED ON MONDAY!!!",
            "Breaking: Line Opened On Monday!",
            id="all-in-capitals",
        ),
        pytest.param(
            "UNESCO and NATO look at the grid", "Unesco and NATO look at the grid", id="acronyms"
        ),
        pytest.param(
            "Line opened 🎉🎉 on Monday\r\nBcc: a@example.org",
            "Line opened on Monday Bcc: a@example.org",
            id="line-break-and-emoji",
        ),
        pytest.param(
            "新しい送電線が二つの島の間で月曜日の朝に開通し運用を開始しました" * 3,
            None,
            id="japanese",
        ),
    ],
)
def test_a_subject_is_calm_and_of_the_right_length(title: str, subject: str | None) -> None:
    written = _draft(_story(title)).subject
    assert 20 <= len(written) <= 60
    assert subject is None or written == subject


def test_a_single_story_still_has_a_preheader_of_its_own() -> None:
    draft = _draft(_story("The big line has opened"))
    assert 40 <= len(draft.preheader) <= 100
    assert draft.preheader != draft.subject
    assert draft.preheader.startswith("The operator opened the line on Monday.")


def test_an_empty_selection_is_named_after_the_newsletter() -> None:
    draft = _draft()
    assert draft.subject == "Energy Weekly · 23 November 2026"
    assert draft.stories == ()


@given(st.lists(st.text(max_size=120), max_size=4))
def test_any_titles_give_lines_a_header_can_hold(titles: list[str]) -> None:
    draft = _draft(*(_story(title) for title in titles))
    for line, most in ((draft.subject, 60), (draft.preheader, 100)):
        assert 0 < len(line) <= most
        assert line == one_line(line)
        assert line.isprintable() or not any(ord(char) < 32 for char in line)
        line.encode()
    assert draft.subject != draft.preheader


@given(st.text(max_size=80), st.integers(min_value=5, max_value=60))
def test_cutting_never_exceeds_the_limit(text: str, most: int) -> None:
    assert len(cut_at_word(text, most)) <= most


def test_quiet_leaves_an_ordinary_headline_alone() -> None:
    assert (
        quiet("EU and US agree on AI rules: what now?") == "EU and US agree on AI rules: what now?"
    )
