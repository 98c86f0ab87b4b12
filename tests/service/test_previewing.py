"""Counts, proposals and the preview beside a form: from stored articles, and without a trace."""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import uuid4

import pytest
from service.conftest import SUNDAY, WEEK, apply, document
from service.feeds import Item
from sqlalchemy import func, insert, select

from autopilot.domain.content import LeftOut
from autopilot.domain.editorial import Cell, Rules
from autopilot.domain.specification import Brand, Source
from autopilot.errors import DocumentInvalid, InputRefused, NotFound
from autopilot.pipeline.select import reasons
from autopilot.service.generate import generate
from autopilot.service.live_preview import OTHERWISE, _counted, live_preview
from autopilot.service.looks import own_templates, template_names
from autopilot.service.lookup import specification_named
from autopilot.service.matching import NOWHERE, matching
from autopilot.service.proposing import propose_keywords, region_named
from autopilot.service.specification_text import read_specification, specification_yaml
from autopilot.service.specifying import document_of
from autopilot.service.starting import copied, first_values, slug_of, sources_in
from autopilot.service.what_if import what_if
from autopilot.store import tables

DAY = timedelta(days=1)
SECONDS = 3.0
TITLES = (
    "Grid operator plans new transmission line in Germany",
    "Interconnector across the sea opens early",
    "Battery storage park starts near Leipzig",
    "Football club wins the cup",
)


@pytest.fixture
def stocked(app, feeds):
    """An App whose store holds four articles of two days ago, and its one specification."""
    items = [Item(title=title, published=SUNDAY - 2 * DAY) for title in TITLES]
    apply(app, document(feeds.serve("feed.xml", *items)))
    row = specification_named(app, "energy")
    generate(app, row.id, row.workspace_id, "ann@example.org", start=SUNDAY - WEEK)
    return app, document_of(app, row)


def with_keywords(given, *words):
    first = given.categories[0].model_copy(update={"keywords": words})
    return given.model_copy(update={"categories": (first, *given.categories[1:])})


def counts(app):
    with app.database.read() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in tables.metadata.sorted_tables
        }


def test_each_keyword_category_and_cell_says_how_much_it_matches(stocked):
    app, given = stocked
    found = matching(app, given, workspace="acme")
    assert found.keywords["grid"] == {"grid": 1, "transmission": 1, "interconnector": 1}
    assert found.keywords["storage"] == {"battery": 1, "storage": 1}
    assert dict(found.clear) == {"grid": 2, "storage": 1}
    assert found.cells["grid", "DE"] == 1
    assert found.cells["grid", NOWHERE] == 1
    assert (found.articles, found.is_all, found.barred) == (4, True, 0)


def test_a_keyword_with_the_stem_of_another_is_counted_there(stocked):
    app, given = stocked
    found = matching(app, with_keywords(given, "grid", "grids", "tide"), workspace="acme")
    assert found.keywords["grid"] == {"grid": 1, "grids": None, "tide": 0}


def test_what_rules_bar_is_not_counted(stocked):
    app, given = stocked
    barred = given.model_copy(update={"rules": Rules(block=("interconnector",))})
    found = matching(app, barred, workspace="acme")
    assert (found.barred, found.keywords["grid"]["interconnector"]) == (1, 0)


def test_a_preview_is_what_the_settings_would_make_and_leaves_no_trace(stocked):
    app, given = stocked
    before = counts(app)
    found = live_preview(app, given, workspace="acme")
    assert sorted(story.lead.title for story in found.stories) == sorted(TITLES[:3])
    assert found.subject
    assert TITLES[2].encode() in found.html
    assert found.left_out == {"have no keyword of any category, or too few": 1}
    narrower = live_preview(app, with_keywords(given, "interconnector"), workspace="acme")
    assert len(narrower.stories) == 2
    assert counts(app) == before


def test_cells_and_brand_count_in_the_preview(stocked):
    app, given = stocked
    closed = given.model_copy(update={"cells": (Cell(category="grid", region="DE", max=0),)})
    found = live_preview(app, closed, workspace="acme", brand=Brand(name="Another name"))
    assert TITLES[0] not in [story.lead.title for story in found.stories]
    assert b"Another name" in found.html


def test_sources_that_nothing_is_stored_of_are_named(stocked):
    app, given = stocked
    fresh = Source(url="https://example.org/new.xml")
    more = given.model_copy(update={"sources": (*given.sources, fresh)})
    assert live_preview(app, more, workspace="acme").unknown_sources == (fresh.url,)
    alone = given.model_copy(update={"sources": (fresh,)})
    assert live_preview(app, alone, workspace="acme").skipped == "Nothing is stored of this time."


def test_after_a_silent_week_the_last_one_with_articles_is_shown(stocked, clock):
    app, given = stocked
    clock.pass_(3 * WEEK)
    found = live_preview(app, given, workspace="acme")
    assert found.is_older
    assert len(found.stories) == 3


def test_every_reason_for_leaving_out_has_its_words():
    told = {
        reasons.NO_KEYWORD: "keyword",
        reasons.doubt({"a": 3.0}, ["a"], {"a": "Grid"}): "keyword",
        reasons.doubt(
            {"a": 9.0, "b": 9.0}, ["a", "b"], {"a": "Grid", "b": "Price"}
        ): "two categories",
        reasons.elsewhere(["France"], ["Germany"]): "other countries",
        reasons.same_article("One", "Wire", "Wire"): "copies",
        reasons.near_a_story("One"): "a story in the issue",
        "the section Grid is full (5 of 5); this ranked 6th": "section full",
    }
    for reason, words in told.items():
        (kind,) = _counted([LeftOut(title="", url="", reason=reason)], extra=0)
        assert words in kind, (reason, kind)
        assert kind != OTHERWISE


def test_five_thousand_articles_are_previewed_in_time(stocked):
    app, given = stocked
    fill(app, 5_000)
    began = time.process_time()
    found = live_preview(app, given, workspace="acme")
    took = time.process_time() - began
    assert found.articles >= 5_000
    assert len(found.stories) > 5
    assert took < SECONDS
    began = time.process_time()
    assert matching(app, given, workspace="acme").articles == 5_000
    assert time.process_time() - began < SECONDS
    began = time.process_time()
    matching(app, given, workspace="acme")
    assert time.process_time() - began < 0.1


def fill(app, many):
    """Stores articles of the last days: a third of them with a keyword, each on its own matter."""
    with app.database.begin() as connection:
        source = connection.execute(select(tables.sources.c.id)).scalars().first()
        rows = [
            {
                "id": uuid4(), "source_id": source, "key": f"k{n}", "url": f"https://e.org/{n}",
                "title": f"{word(n)} {word(n + 7)} {word(3 * n)}" + (" grid" if n % 3 == 0 else ""),
                "text": " ".join(word(n * k) for k in range(60)),
                "published_at": SUNDAY - timedelta(minutes=1 + n), "dated": True, "language": "en",
                "first_seen_at": SUNDAY, "source_name": "Source 1", "extracted": False,
            }
            for n in range(many)
        ]  # fmt: skip
        for start in range(0, many, 500):
            connection.execute(insert(tables.articles), rows[start : start + 500])
        connection.execute(
            tables.sources.update().values(last_fetched_at=SUNDAY + timedelta(seconds=1))
        )


def word(number):
    """A word of its own for each number."""
    number = number * 7919 % 99991
    letters = "bdfgklmnprst"
    return "".join(letters[number // 12**k % 12] + "aeiou"[number // 5**k % 5] for k in range(4))


def test_proposed_keywords_find_what_their_category_lacks(stocked):
    app, given = stocked
    blind = with_keywords(given)
    named = blind.categories[0].model_copy(update={"name": "Interconnector"})
    blind = blind.model_copy(update={"categories": (named, *blind.categories[1:])})
    found = propose_keywords(app, blind, "grid", workspace="acme")
    assert [it.term for it in found.proposals] == ["Interconnector"]
    with pytest.raises(NotFound):
        propose_keywords(app, blind, "nothing", workspace="acme")


def test_a_region_is_known_by_its_name_or_code():
    assert region_named("germany", "en", set()) == ("DE", "germany")
    assert region_named("DE", "en", set()) == ("DE", "Germany")
    assert region_named("Bavaria", "en", set()) == ("bavaria", "Bavaria")
    assert region_named("Germany", "en", {"DE"}) == ("germany", "Germany")


def test_the_last_weeks_are_shown_beside_what_the_saved_settings_make(stocked):
    app, given = stocked
    app.clock.now = SUNDAY + 2 * DAY
    row = specification_named(app, "energy")
    found = what_if(app, with_keywords(given, "interconnector"), workspace="acme", row=row, weeks=1)
    (slot,) = found.slots
    assert slot.schedule == "Monday nine"
    assert len(slot.saved.stories) == 3
    assert (slot.gained, slot.lost) == ((), (TITLES[0],))


def test_pasted_addresses_are_taken_once_and_all_faults_told():
    found = sources_in(
        "https://a.example/feed  The A Post\n\n# mine\nb.example/rss\nhttp://b.example/rss/\n"
    )
    assert [(it.url, it.name) for it in found][:2] == [
        ("https://a.example/feed", "The A Post"),
        ("https://b.example/rss", None),
    ]
    with pytest.raises(InputRefused) as refused:
        sources_in("https://a.example/feed\nnonsense\nann@example.org\n")
    assert [problem.line for problem in refused.value.problems] == [2, 3]


def test_a_first_document_has_what_is_needed_and_a_slug_of_its_own():
    assert slug_of("Énergie & Climat!", {"energie-climat"}) == "energie-climat-2"
    assert slug_of("日本", ()) == "newsletter"
    assert len(slug_of("x" * 300)) <= 64
    values = first_values("Wires", slug="wires", sources=[Source(url="https://a.example/f")])
    assert read_specification(specification_yaml(values).encode(), slug="")["slug"] == "wires"


def test_yaml_goes_out_and_comes_back_the_same(stocked):
    _, given = stocked
    values = given.model_dump(mode="json", exclude={"schedules"})
    assert read_specification(specification_yaml(values).encode(), slug="energy") == values
    whole = document("https://a.example/f").encode()
    assert read_specification(whole, slug="energy")["name"] == "Energy Weekly"
    for bad in (b"\xff", b"a: [", b"[1, 2]", b"name: x", b"slug: a\nname: A\ncategories: 5\n"):
        with pytest.raises(DocumentInvalid):
            read_specification(bad, slug="energy")


def test_a_copy_reaches_nobody(stocked):
    _, given = stocked
    assert copied(given, "Again", slug="again")["channels"] == []


def test_own_templates_are_found_by_name(tmp_path):
    assert own_templates(tmp_path) == ()
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "ours.html.j2").write_text("x")
    assert own_templates(tmp_path) == ["ours"]
    assert template_names()[0] == "standard"
