"""What an editor decides: rules, cells, weights, and what readers had before."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from autopilot.domain.content import Article, Memory, Remembered
from autopilot.domain.editorial import Cell, Rules
from autopilot.domain.specification import Category, Region, Specification
from autopilot.pipeline.select import coverage_gaps, learn, select
from autopilot.pipeline.select.rules import Barrier
from autopilot.pipeline.select.words import Reading

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
GRID = Category(id="grid", name="Power grid", keywords=("grid", "transmission"))
STORAGE = Category(id="storage", name="Storage", keywords=("battery", "pumped hydro"))
GERMANY, FRANCE = Region(id="DE", name="Germany"), Region(id="FR", name="France")
SUBJECTS = ("law", "tariffs", "museum", "satellite", "school", "harbour", "election", "strike")


def article(title: str, text: str = "", *, hours: int = 0, **more) -> Article:
    url = more.pop("url", f"https://example.org/{title.lower().replace(' ', '-')}-{hours}")
    given = {
        "key": url.removeprefix("https://"),
        "url": url,
        "title": title,
        "text": text,
        "published": NOON + timedelta(hours=hours),
        "dated": True,
        "source": "Example",
        "source_url": "https://example.org/feed",
    }
    return Article(**given | more)


def specification(**more) -> Specification:
    given = {
        "slug": "energy",
        "name": "Energy",
        "categories": (GRID,),
        "regions": (GERMANY, FRANCE),
    }
    return Specification(**given | more)


def grid_news(region: str | None, count: int, *, first: int = 0) -> list[Article]:
    return [
        article(f"Grid and {SUBJECTS[first + i]}", hours=first + i, region=region)
        for i in range(count)
    ]


@pytest.mark.parametrize(
    ("pattern", "title", "text", "barred"),
    [
        pytest.param("casino", "New CASINO opens", "", True, id="any case"),
        pytest.param("casino", "Casinos open", "", False, id="whole words only"),
        pytest.param("casino*", "Casinos open", "", True, id="any ending"),
        pytest.param("stock tip*", "Five stock tips", "", True, id="ending of a phrase"),
        pytest.param("stock tip", "Tip of the stock", "", False, id="words in a row"),
        pytest.param("press release", "News", "A press release.", True, id="in the text"),
        pytest.param("title:podcast", "News", "Our podcast", False, id="title only"),
        pytest.param("TITLE: podcast", "Podcast of the week", "", True, id="title, spaced"),
        pytest.param("C++", "Learn C today", "", False, id="signs are kept"),
        pytest.param("C++", "Learn C++ today", "", True, id="with its signs"),
        pytest.param("site:ads.example", "News", "", True, id="a host"),
        pytest.param("site:example", "News", "", True, id="a domain above"),
        pytest.param("site:s.example", "News", "", False, id="no part of a name"),
        pytest.param("電力", "新しい電力網", "", True, id="unspaced script"),
        pytest.param("(a+)+$", "aaaa aaaa", "", False, id="never a pattern language"),
        pytest.param("**", "Anything", "at all", False, id="nothing but an ending"),
    ],
)
def test_a_rule_bars_what_it_matches_and_names_itself(pattern, title, text, barred):
    one = article(title, text, url="https://www.ads.example/1")
    told = Barrier(Rules(block=(pattern,))).objection(one)
    assert told == (f'barred by the rule "{pattern}"' if barred else None)


def test_where_something_is_allowed_nothing_else_is_taken():
    batch = [article("Grid law passed"), article("Grid tariffs up", hours=1)]
    chosen = select(batch, specification(rules=Rules(allow=("tariff*",))))
    assert [story.lead.title for story in chosen.stories] == ["Grid tariffs up"]
    assert chosen.left_out[0].reason == "matches none of the rules that say what is allowed"


def test_what_is_allowed_may_still_be_blocked():
    rules = Rules(allow=("grid",), block=("tariff*",))
    assert select([article("Grid tariffs up")], specification(rules=rules)).stories == ()


def test_rules_take_linear_time():
    patterns = (*(f"{'a ' * n}b*" for n in range(1, 30)), "a+", "c++", "a*a")
    barrier = Barrier(Rules(block=patterns))
    start = time.process_time()
    barrier.objection(article("a " * 200, "a " * 50_000 + "c " * 50_000))
    assert time.process_time() - start < 20  # a guard against quadratic work, not a measurement


def test_a_cell_takes_no_more_than_its_maximum():
    cells = (Cell(category="grid", region="DE", max=1),)
    batch = [*grid_news("DE", 3), *grid_news("FR", 2, first=3)]
    chosen = select(batch, specification(cells=cells))
    assert sorted(story.region for story in chosen.stories) == ["DE", "FR", "FR"]
    assert chosen.left_out[0].reason.startswith(
        "Power grid x Germany is full (1 of 1); this ranked"
    )


def test_a_cell_with_maximum_zero_takes_nothing():
    cells = (Cell(category="grid", region="DE", max=0),)
    chosen = select(grid_news("DE", 1), specification(cells=cells))
    assert chosen.left_out[0].reason == "Power grid x Germany takes no story; this ranked 1st"


def test_a_cell_minimum_keeps_places_in_a_full_section():
    cells = (Cell(category="grid", region="DE", min=1),)
    grid = GRID.model_copy(update={"max_stories": 2})
    batch = [*grid_news("DE", 1), *grid_news("FR", 4, first=1)]
    chosen = select(batch, specification(categories=(grid,), cells=cells))
    assert sorted(story.region for story in chosen.stories) == ["DE", "FR"]


def test_a_cell_minimum_takes_weaker_stories_and_admits_it():
    cells = (Cell(category="grid", region="DE", min=1),)
    weak = article("Minister resigns", "She once ran the grid agency.", region="DE")
    chosen = select([weak, *grid_news("FR", 1)], specification(cells=cells))
    assert {story.region for story in chosen.stories} == {"DE", "FR"}
    assert "Power grid x Germany asks for at least 1" in chosen.stories[-1].reason


def test_places_kept_for_a_cell_that_nothing_fills_go_to_the_next_best():
    cells = (Cell(category="grid", region="DE", min=2),)
    grid = GRID.model_copy(update={"max_stories": 3})
    chosen = select(grid_news("FR", 4), specification(categories=(grid,), cells=cells))
    assert len(chosen.stories) == 3
    assert len(chosen.left_out) == 1


def test_a_cell_of_a_category_that_a_run_leaves_out_is_no_matter():
    cells = (Cell(category="storage", region="DE", min=2),)
    whole = specification(categories=(GRID, STORAGE), cells=cells)
    assert select(grid_news("FR", 1), whole.model_copy(update={"categories": (GRID,)})).stories


def test_a_heavier_source_ranks_higher_and_the_reason_says_so():
    plain, heavy = article("Grid and museum", hours=5), article("Grid and harbour", weight=2.0)
    chosen = select([plain, heavy], specification())
    assert [story.lead for story in chosen.stories] == [heavy, plain]
    assert chosen.stories[0].reason.endswith("source weight x2")


def test_what_is_left_out_keeps_its_score():
    grid = GRID.model_copy(update={"max_stories": 1})
    batch = [*grid_news(None, 2), article("Chess champion wins")]
    chosen = select(batch, specification(categories=(grid,)))
    scores = {out.title: out.score for out in chosen.left_out}
    assert scores["Chess champion wins"] == 0
    assert 0 < scores["Grid and law"] < chosen.stories[0].score


EARLIER = Remembered(
    day="2026-11-16",
    title="Grid operator plans transmission line through the northern valley",
    text="The grid operator wants to build 40 kilometres of line through the northern valley.",
)
HAD = Memory(keys={}, titles={}, stories=(EARLIER,))


def test_a_story_that_readers_had_is_left_out_when_it_says_nothing_new():
    again = article(
        "Operator of grid plans transmission line through northern valley", EARLIER.text
    )
    chosen = select([again], specification(), HAD)
    assert chosen.stories == ()
    assert chosen.left_out[0].reason == "readers had it on 16 Nov, and this says nothing new"


@pytest.mark.parametrize(
    ("sentence", "news"),
    [
        pytest.param("It will cost 370 million.", "370", id="a number"),
        pytest.param("A court in Leipzig agreed.", "Leipzig", id="a name"),
    ],
)
def test_a_story_that_readers_had_returns_with_what_is_new(sentence, news):
    title = "Grid operator plans transmission line through northern valley"
    chosen = select([article(title, f"{sentence} {EARLIER.text}")], specification(), HAD)
    assert chosen.stories[0].update_of == "2026-11-16"
    assert f"update of the story of 16 Nov, new: {news}" in chosen.stories[0].reason


def test_another_event_of_the_same_section_is_no_update():
    chosen = select([article("Grid strike ends after two weeks")], specification(), HAD)
    assert chosen.stories[0].update_of is None


def archive(count: int) -> list[Article]:
    """An archive in which reports of one affair name the grid, and others speak of chess."""
    reports = [
        article(f"Sentara affair: grid chief Valdoro questioned, hearing {i}", hours=-i)
        for i in range(60)
    ]
    rest = [
        article(f"Player {i} wins chess round {i * 7} against player {i * 3}", hours=-i)
        for i in range(count - 60)
    ]
    return reports + rest


def test_fewer_than_a_thousand_articles_teach_nothing():
    assert learn(archive(999), (GRID,), language="en") is None


def test_an_archive_tells_where_a_headline_without_keywords_belongs():
    model = learn(archive(1_000), (GRID, STORAGE), language="en")
    batch = [article("Valdoro questioned in Sentara affair"), article("Player 5 wins chess round")]
    wanted = specification(categories=(GRID, STORAGE), regions=())
    assert select(batch, wanted).stories == ()
    (story,) = select(batch, wanted, model=model).stories
    assert story.category == "grid"
    assert story.reason.startswith("like earlier stories of this section")


def test_an_archive_never_overrules_clear_keywords():
    model = learn(archive(1_000), (GRID, STORAGE), language="en")
    one = Reading(article("Valdoro questioned in Sentara affair over battery"))
    assert model.reinforced([one], {"storage": 10.0}) == {"storage": 10.0}


def test_gaps_are_told_once_nothing_came_for_three_issues():
    wanted = specification(
        categories=(GRID, STORAGE), cells=(Cell(category="grid", region="DE", min=1),)
    )
    issues = [
        [("grid", "FR")],
        [("grid", "FR"), ("grid", None)],
        [("grid", "FR")],
        [("storage", "DE")],
    ]
    assert [gap.sentence for gap in coverage_gaps(issues, wanted)] == [
        "nothing on Storage for 3 issues",
        "nothing from Germany for 3 issues",
    ]
    assert coverage_gaps(issues[:2], wanted) == ()
    fed = [[("grid", "FR"), ("storage", "DE")]] * 3
    assert [gap.sentence for gap in coverage_gaps(fed, wanted)] == [
        "nothing on Power grid from Germany for 3 issues"
    ]


@pytest.mark.parametrize(
    ("title", "regions", "region"),
    [
        pytest.param("Storm over Leipzig", ("DE", "FR"), "DE", id="a city"),
        pytest.param("Vineyards of Normandy flooded", ("DE", "FR"), "FR", id="a province"),
        pytest.param("Storm over Lagos", ("DE", "africa"), "africa", id="a continent"),
        pytest.param("A nice reading in the bath", ("GB", "FR"), None, id="plain words"),
        pytest.param("Barcelona wins", ("ES", "VE"), "ES", id="a shared name: the larger city"),
    ],
)
def test_places_speak_for_their_country(title, regions, region):
    from autopilot.pipeline.select.regions import Atlas

    names = {"DE": "Germany", "FR": "France", "GB": "United Kingdom", "ES": "Spain"}
    wanted = tuple(Region(id=code, name=names.get(code, code.title())) for code in regions)
    wanted = tuple(replace_name(item) for item in wanted)
    assert Atlas(specification(regions=wanted)).locate([Reading(article(title))]).region == region


def replace_name(region: Region) -> Region:
    return region.model_copy(update={"name": "Venezuela"}) if region.id == "VE" else region


def test_a_story_in_a_city_of_another_country_is_told_to_be_elsewhere():
    chosen = select([article("Grid fails in Manila")], specification())
    assert chosen.left_out[0].reason.startswith("is about Philippines")


def test_an_article_of_a_lower_weight_changes_no_words():
    one = article("Grid and law")
    assert select([replace(one, weight=0.5)], specification()).stories[0].lead.weight == 0.5
