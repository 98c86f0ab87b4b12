"""The whole choice: every article in or out, once, with a sentence that says why."""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autopilot.domain.content import Article, Memory, Selection
from autopilot.domain.specification import Category, Region, Specification
from autopilot.pipeline.select import candidates, normalised_title, select
from autopilot.pipeline.select.stories import Stories

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
GRID = Category(id="grid", name="Power grid", keywords=("grid", "transmission", "interconnector"))
STORAGE = Category(id="storage", name="Storage", keywords=("battery", "pumped hydro"))
GERMANY, FRANCE = Region(id="DE", name="Germany"), Region(id="FR", name="France")


def article(title: str, text: str = "", *, hours: int = 0, source: str = "Example", **more):
    url = more.pop("url", f"https://{source.lower()}.example/{abs(hash((title, hours)))}")
    return Article(
        **{
            "key": url.removeprefix("https://"),
            "url": url,
            "title": title,
            "text": text,
            "published": NOON + timedelta(hours=hours),
            "dated": True,
            "source": source,
            "source_url": f"https://{source.lower()}.example/feed",
            **more,
        }
    )


def specification(*categories: Category, regions: tuple[Region, ...] = ()) -> Specification:
    return Specification(
        slug="energy", name="Energy", categories=categories or (GRID, STORAGE), regions=regions
    )


def reason_for(selection: Selection, title: str) -> str:
    return next(out.reason for out in selection.left_out if out.title == title)


def test_a_keyword_in_the_title_is_enough_in_a_run_of_one_article():
    chosen = select([article("Cabinet approves new grid law")], specification(GRID))
    assert [story.category for story in chosen.stories] == ["grid"]
    assert chosen.left_out == ()


def test_a_feed_that_speaks_of_nothing_else_is_not_punished_for_it():
    subjects = ("Norway", "Spain", "Chile", "Japan", "Kenya", "Peru", "Oman", "Fiji")
    batch = [
        article(f"{name} counts its grid costs anew", hours=i) for i, name in enumerate(subjects)
    ]
    chosen = select(batch, specification(GRID.model_copy(update={"max_stories": 50})))
    assert sum(1 + len(story.also) for story in chosen.stories) == len(batch)


def test_a_passing_mention_is_not_enough_and_the_reason_counts():
    chosen = select([article("Minister resigns", "She once ran the grid agency.")], specification())
    assert chosen.stories == ()
    assert chosen.left_out[0].reason.startswith("matches no category (best: Power grid, ")
    assert chosen.left_out[0].reason.endswith(" of the 6 points needed)")


def test_an_article_without_any_keyword_says_so():
    chosen = select([article("Chess champion wins again")], specification())
    assert chosen.left_out[0].reason == "matches no category (none of the keywords occurs)"


def test_a_category_without_keywords_finds_nothing():
    named_only = Category(id="grid", name="Power grid")
    assert select([article("Power grid fails")], specification(named_only)).stories == ()


def test_a_report_that_only_met_the_story_by_way_of_others_is_left_out(monkeypatch):
    batch = [
        article("Grid operator of the north orders a cable", source="Alpha", hours=2),
        article("Cable ordered for the northern grid", source="Beta", hours=1),
        article("Grid agency moves to the harbour", source="Gamma"),
    ]
    alike: list[dict[str, float]] = [{"cable": 1.0}, {"cable": 0.6, "agency": 0.8}, {"agency": 1.0}]
    monkeypatch.setattr(candidates, "find_stories", lambda *_, **__: Stories([0, 0, 0], alike))
    chosen = select(batch, specification(GRID))
    (story,) = chosen.stories
    assert (story.lead.source, len(story.also)) == ("Beta", 2)
    alike[1] = {"cable": 0.99, "agency": 0.14}
    chosen = select(batch, specification(GRID))
    (story,) = chosen.stories
    assert [one.source for one in story.also] == ["Beta"]
    assert reason_for(chosen, "Grid agency moves to the harbour").startswith(
        'close to "Grid operator of the north orders a cable", which is in'
    )


def test_the_reason_names_keywords_region_sources_and_score():
    batch = [
        article("Grid operator plans transmission line to the coast", source="Alpha"),
        article("Grid operator plans a transmission line to the coast", source="Beta", hours=1),
        article("New transmission line to the coast planned by grid operator", source="Gamma"),
    ]
    batch = [replace(one, region="DE") for one in batch]
    chosen = select(batch, specification(regions=(GERMANY, FRANCE)))
    (story,) = chosen.stories
    assert len(story.also) == 2
    assert story.region == "DE"
    relevance = story.score - 2.0 - 1.5 * math.log2(3)
    assert story.reason == (
        f"grid, transmission in the title; Germany (source); 3 sources; score {story.score:.1f}: "
        f"relevance {relevance:.1f}, recency 2.0, coverage 2.4"
    )


def test_two_categories_that_fit_alike_are_told_apart_only_by_more_than_one_keyword_each():
    weak = article("Grid or battery: what comes first?")
    chosen = select([weak], specification())
    assert "fits no category clearly (Power grid" in chosen.left_out[0].reason
    strong = article("Grid and transmission chiefs buy battery next to the interconnector")
    assert select([strong], specification()).stories[0].category == "grid"


def test_a_full_section_keeps_the_best_and_gives_the_rest_their_rank():
    grid = GRID.model_copy(update={"max_stories": 2})
    subjects = ["Norway tax", "Chilean port", "school lunches", "satellite debris"]
    batch = [article(f"Grid and {subject}", hours=i) for i, subject in enumerate(subjects)]
    chosen = select(batch, specification(grid))
    assert [story.lead.title for story in chosen.stories] == [
        "Grid and satellite debris",
        "Grid and school lunches",
    ]
    assert reason_for(chosen, "Grid and Chilean port") == (
        "the section Power grid is full (2 of 2); this ranked 3rd"
    )
    assert reason_for(chosen, "Grid and Norway tax").endswith("this ranked 4th")


def test_a_minimum_is_filled_with_the_next_best_and_the_reason_admits_it():
    storage = STORAGE.model_copy(update={"min_stories": 1})
    batch = [article("Minister opens a factory", "It will make battery cells."), article("Chess")]
    chosen = select(batch, specification(GRID, storage))
    assert [story.category for story in chosen.stories] == ["storage"]
    assert "a weaker match (" in chosen.stories[0].reason
    assert chosen.stories[0].reason.endswith("taken because Storage asks for at least 1")
    assert select([article("Chess")], specification(GRID, storage)).stories == ()


def test_a_story_too_many_in_one_section_may_fill_the_minimum_of_another():
    grid = GRID.model_copy(update={"max_stories": 1})
    storage = STORAGE.model_copy(update={"min_stories": 1})
    batch = [
        article("Transmission grid and interconnector for Norway", hours=2),
        article("Grid transmission tariffs up", "A battery may help.", hours=1),
    ]
    chosen = select(batch, specification(grid, storage))
    assert [story.category for story in chosen.stories] == ["grid", "storage"]


def test_sections_stand_in_the_specifications_order():
    batch = [article("Grid law passed", hours=5), article("Battery plant burns")]
    chosen = select(batch, specification(STORAGE, GRID))
    assert [story.category for story in chosen.stories] == ["storage", "grid"]


@pytest.mark.parametrize(
    "memory",
    [
        pytest.param(Memory(keys={"example.org/a": "2026-11-16"}, titles={}), id="key"),
        pytest.param(
            Memory(keys={}, titles={normalised_title("GRID LAW, passed at last"): "2026-11-16"}),
            id="title",
        ),
    ],
)
def test_what_readers_had_is_not_sent_again(memory):
    sent = article("Grid law passed at last!", url="https://example.org/a")
    chosen = select([sent], specification(), memory)
    assert chosen.stories == ()
    assert chosen.left_out[0].reason == "already in the issue of 16 Nov"


def test_a_title_that_returns_every_week_is_not_taken_for_the_same_article():
    memory = Memory(keys={}, titles={normalised_title("Grid report"): "2026-11-16"})
    assert len(select([article("Grid report")], specification(), memory).stories) == 1


def test_copies_are_left_out_and_the_longer_text_stays():
    short = article("Grid law passed", "Short.", source="Alpha", url="https://example.org/a")
    long = article("Grid law passed", "Much longer.", source="Beta", url="https://example.org/a")
    chosen = select([short, long], specification())
    assert [story.lead for story in chosen.stories] == [long]
    assert chosen.left_out[0].reason == 'same article as "Grid law passed" from Beta'


def test_one_title_from_two_sources_is_one_story_and_from_one_source_a_copy():
    title = "Grid law passed after long debate"
    two = [article(title, source="Alpha"), article(title, source="Beta", hours=1)]
    assert [len(story.also) for story in select(two, specification()).stories] == [1]
    twice = [article(title, hours=0), article(title, hours=1)]
    chosen = select(twice, specification())
    assert ([len(story.also) for story in chosen.stories], len(chosen.left_out)) == ([0], 1)


def test_a_story_about_another_country_is_left_out_by_name():
    chosen = select([article("Brazil extends its grid")], specification(regions=(GERMANY, FRANCE)))
    assert chosen.left_out[0].reason == (
        "is about Brazil; the region is none of Germany and France"
    )


def test_a_story_that_names_no_country_stays_in_without_a_region():
    chosen = select([article("Grid law passed")], specification(regions=(GERMANY,)))
    assert [story.region for story in chosen.stories] == [None]


def test_more_sources_and_newer_dates_rank_higher():
    several = [article("Grid chief resigns over tariff row", source=s) for s in ("A", "B", "C")]
    newer = article("Satellite photographs an old grid", hours=3)
    older = article("Museum shows an antique grid", hours=-3)
    chosen = select([older, newer, *several], specification())
    assert [len(story.also) for story in chosen.stories] == [2, 0, 0]
    assert [story.lead for story in chosen.stories][1:] == [newer, older]


def test_nothing_in_gives_nothing_out():
    assert select([], specification()) == Selection(stories=(), left_out=())


WORDS = ("grid", "Grid", "battery", "transmission", "law", "of", "Germany", "Brazil", "C++", "🔋",
         "電力網", "شبكة", "", "\u202eabc", "a", "pumped hydro", "(", "[a-z]+")  # fmt: skip
TEXTS = st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join)
ARTICLES = st.builds(
    Article,
    key=st.sampled_from([f"example.org/{i}" for i in range(30)] + [""]),
    url=st.sampled_from(
        ["https://example.org/grid-law-now", "", "https://[", "https://example.org"]
    ),
    title=TEXTS,
    text=TEXTS,
    published=st.integers(-500, 500).map(lambda hours: NOON + timedelta(hours=hours)),
    dated=st.booleans(),
    source=st.sampled_from(["Alpha", "Beta"]),
    source_url=st.sampled_from(["https://a.example", "https://b.example"]),
    region=st.sampled_from([None, "DE", "elsewhere"]),
    local=st.booleans(),
)
CATEGORIES = st.builds(
    lambda low, more, keywords: Category(
        id="free", name="Free", keywords=keywords, min_stories=low, max_stories=low + more
    ),
    st.integers(0, 3),
    st.integers(1, 3),
    st.lists(st.sampled_from(["law", "C++", "🔋🔋", "電力", "[a-z]+", "شبكة"]), max_size=4),
)


@settings(max_examples=60, deadline=None)
@given(batch=st.lists(ARTICLES, max_size=12), free=CATEGORIES, seed=st.integers(0, 9))
def test_every_article_is_accounted_for_once_and_order_does_not_matter(batch, free, seed):
    wanted = specification(GRID, free, STORAGE, regions=(GERMANY,))
    memory = Memory(keys={"example.org/1": "2026-11-16"}, titles={})
    chosen = select(batch, wanted, memory)
    shown = [one for story in chosen.stories for one in (story.lead, *story.also)]
    told = Counter((one.title, one.url) for one in [*shown, *chosen.left_out])
    assert told == Counter((one.title, one.url) for one in batch)
    assert all(one in batch for one in shown)
    sections = Counter(story.category for story in chosen.stories)
    assert all(sections[category.id] <= category.max_stories for category in wanted.categories)
    assert all(out.reason for out in chosen.left_out)
    shuffled = random.Random(seed).sample(batch, len(batch))
    assert select(shuffled, wanted, memory) == chosen


def test_hostile_input_takes_no_time_worth_naming():
    keywords = (*(f"({'a' * i})+$" for i in range(1, 40)), "a a a a a b", ".*", "c++")
    hostile = Category(id="x", name="X", keywords=keywords)
    batch = [
        article("", "", url=""),
        article("a" * 100_000, "a " * 200_000),
        article("grid", "grid " * 20_000, hours=1),
        article("🔋" * 5_000, "\u202e" * 5_000, hours=2),
        article("x", "(" * 50_000, hours=3),
    ]
    chosen = select(batch, specification(hostile, GRID))
    assert len(chosen.left_out) + sum(1 + len(s.also) for s in chosen.stories) == len(batch)
