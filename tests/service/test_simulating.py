"""The time machine: settings tried on stored articles, without a trace."""

from __future__ import annotations

from datetime import timedelta

import pytest
from service.conftest import SUNDAY, WEEK, apply, document
from service.feeds import Item
from sqlalchemy import func, select

from autopilot.domain.content import Article, Window
from autopilot.domain.editorial import Rules
from autopilot.errors import InputRefused, NotFound
from autopilot.service.configuration.reading import read_document
from autopilot.service.generate import generate
from autopilot.service.lookup import specification_named
from autopilot.service.memory import learned, memory_before
from autopilot.service.simulating import simulate
from autopilot.store import articles, sources, tables

DAY = timedelta(days=1)
WINDOW = Window(start=SUNDAY - WEEK, end=SUNDAY)
TITLES = (
    ("Grid operator plans new transmission line in Germany", SUNDAY - 2 * DAY),
    ("Interconnector across the sea opens early", SUNDAY - 2 * DAY),
    ("Grid tariffs fall for the first time in ten years", SUNDAY - WEEK - 3 * DAY),
    ("Football club wins the cup", SUNDAY - WEEK - 3 * DAY),
    ("Old transmission mast becomes a museum piece", SUNDAY - 3 * WEEK - 3 * DAY),
)


@pytest.fixture
def stocked(app, feeds):
    """An App whose store holds articles of three of the last four weeks."""
    items = [Item(title=title, published=moment) for title, moment in TITLES]
    url = feeds.serve("feed.xml", *items)
    apply(app, document(url))
    row = specification_named(app, "energy")
    generate(app, row.id, row.workspace_id, "ann@example.org", start=SUNDAY - 5 * WEEK)
    return app, url


def counts(app) -> dict[str, int]:
    with app.database.read() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in tables.metadata.sorted_tables
        }


def test_each_slot_of_the_last_weeks_has_its_issue_or_its_reason(stocked):
    app, _ = stocked
    before = counts(app)
    found = simulate(app, "energy", weeks=4)
    assert [len(issue.stories) for issue in found.issues] == [0, 1, 0, 1]
    nothing = "no article is stored of this window"
    assert [issue.skipped for issue in found.issues] == [nothing, None, nothing, None]
    issue = found.issues[3]
    assert issue.schedule == "Monday nine"
    assert [story.lead.title for story in issue.stories] == [TITLES[2][0]]
    assert (issue.articles, issue.left_out) == (2, 1)
    assert issue.subject
    assert issue.size > 1_000
    assert issue.cost.input_tokens > issue.cost.output_tokens > 0
    assert 0 < issue.cost.usd < 0.1
    assert counts(app) == before


def test_a_draft_is_tried_without_being_stored(stocked):
    app, url = stocked
    draft = read_document(document(url)).specifications[0]
    barred = draft.model_copy(update={"rules": Rules(block=("tariff*",)), "schedules": ()})
    found = simulate(app, barred, weeks=4)
    assert [len(issue.stories) for issue in found.issues] == [1, 0, 0, 2]
    assert found.issues[3].cost.calls == 3  # two stories and the front
    assert found.issues[2].skipped.startswith("nothing fits: ")
    assert found.issues[2].schedule == ""


def test_a_source_nothing_is_stored_of_is_named(stocked):
    app, url = stocked
    draft = read_document(document(url, "https://new.example/feed")).specifications[0]
    assert simulate(app, draft).unknown_sources == ("https://new.example/feed",)


def test_an_issue_remembers_the_simulated_ones_before_it(stocked):
    app, url = stocked
    daily = "{name: Noon, type: daily, config: {times: ['13:00']}}"
    text = document(url).replace(
        '{name: Monday nine, type: weekly, config: {days: [mon], times: ["09:00"]}}', daily
    )
    found = simulate(app, read_document(text).specifications[0], weeks=1)
    told = [story.lead.title for issue in found.issues for story in issue.stories]
    assert len(told) == len(set(told)) == 3
    assert "already in the issue of" in found.issues[-1].skipped


@pytest.mark.parametrize("weeks", [0, 53])
def test_a_span_out_of_range_is_refused(stocked, weeks):
    with pytest.raises(InputRefused, match="between 1 and 52"):
        simulate(stocked[0], "energy", weeks=weeks)


def test_an_unknown_specification_is_named(stocked):
    with pytest.raises(NotFound, match="nobody"):
        simulate(stocked[0], "nobody")


def test_the_memory_of_a_specification_without_issues_is_empty(stocked):
    app, _ = stocked
    row = specification_named(app, "energy")
    with app.database.read() as connection:
        rows = sources.list_sources(connection, row.id)
        memory = memory_before(connection, row.id, SUNDAY, "Europe/Berlin", rows)
    assert (memory.keys, memory.titles, memory.stories) == ({}, {}, ())


def test_few_articles_teach_nothing(stocked):
    app, _ = stocked
    row = specification_named(app, "energy")
    with app.database.read() as connection:
        rows = sources.list_sources(connection, row.id)
    assert learned(app, row.id, row.document, rows, WINDOW) is None


@pytest.mark.parametrize(
    ("age", "teaches"), [(DAY, False), (WEEK + DAY, True)], ids=["the window's own", "older"]
)
def test_articles_of_the_window_alone_teach_nothing(stocked, age, teaches):
    app, _ = stocked
    row = specification_named(app, "energy")
    with app.database.begin() as connection:
        rows = sources.list_sources(connection, row.id)
        articles.keep_articles(connection, rows[0].id, many_articles(SUNDAY - age), SUNDAY)
    changed = row.document.model_copy(update={"language": "de"})  # so that it is learnt anew
    model = learned(app, row.id, changed, rows, WINDOW)
    assert (model is not None) is teaches


def many_articles(published):
    return [
        Article(
            key=f"a.example/{number}",
            url=f"https://a.example/{number}",
            title=f"Grid operator reports case {number}",
            text="",
            published=published,
            dated=True,
            source="A",
            source_url="https://a.example/feed",
        )
        for number in range(1_000)
    ]
