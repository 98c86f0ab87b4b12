"""Templates are looked at when a file is applied, not when the issue is due."""

from __future__ import annotations

from datetime import timedelta

import pytest
from service.asking import all_runs, rows
from service.conftest import MONDAY_NINE, SECOND, WEEK, Clock, apply, document, news
from service.feeds import Feeds

from autopilot.domain.run import RunStatus
from autopilot.errors import DocumentInvalid
from autopilot.service.context import App
from autopilot.service.edition import template_file
from autopilot.service.generate import generate
from autopilot.service.report import run_report
from autopilot.service.tick import tick
from autopilot.store.issues import stories_sent_before

FEED = "https://example.org/feed.xml"


def with_template(name: str) -> str:
    return document(FEED).replace(
        "    cadence: weekly\n", f"    cadence: weekly\n    template: {name}\n"
    )


@pytest.mark.parametrize("name", ["standard", "briefing", "magazine"])
def test_our_templates_are_taken(app: App, name: str) -> None:
    assert apply(app, with_template(name)).changes


def test_a_template_that_is_nowhere_is_refused_with_those_there_are(app: App) -> None:
    with pytest.raises(DocumentInvalid) as refused:
        apply(app, with_template("fancy"))
    (problem,) = refused.value.problems
    assert problem.path == "specifications[0].template"
    assert "no template 'fancy'" in problem.message
    assert "magazine" in str(problem.allowed)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<p>{{ page.name }}</p>", ""),
        ("{% for %}", "line 1"),
        ("{{ page.nothing.at.all }}", "nothing"),
    ],
    ids=["sound", "broken", "unknown name"],
)
def test_an_own_template_is_drawn_before_it_is_taken(app: App, text: str, told: str) -> None:
    file = template_file(app.settings.data_dir, "own")
    file.parent.mkdir(parents=True)
    file.write_text(text)
    if not told:
        assert apply(app, with_template("own")).changes
        return
    with pytest.raises(DocumentInvalid) as refused:
        apply(app, with_template("own"))
    assert told in refused.value.problems[0].message


# Drawn without a fault, and still no page for readers: no language, no heading, no dark mode.
BROKEN = """<html><body>{% for section in page.sections %}{% for story in section.stories %}
<p>{{ story.headline }}</p>{% endfor %}{% endfor %}</body></html>"""


def test_an_issue_that_does_not_pass_the_gate_is_held_and_was_read_by_nobody(
    app: App, feeds: Feeds, clock: Clock
) -> None:
    file = template_file(app.settings.data_dir, "own")
    file.parent.mkdir(parents=True)
    file.write_text(BROKEN)
    url = feeds.serve("feed.xml", *news(MONDAY_NINE - timedelta(days=1)))
    apply(app, document(url).replace("cadence: weekly\n", "cadence: weekly\n    template: own\n"))
    clock.now = MONDAY_NINE + SECOND
    tick(app)
    (run,) = all_runs(app)
    report = run_report(app, run)
    assert (run.status, report["issue_status"]) == (RunStatus.SUCCEEDED, "held")
    assert not report["gate"]["passes"]
    assert [row.kind for row in rows(app, "notices")] == ["held"]
    assert "is held back" in rows(app, "notices")[0].message
    with app.database.read() as connection:
        later = MONDAY_NINE + WEEK
        assert not stories_sent_before(connection, run.specification_id, later, issues_back=10)


def test_an_issue_that_a_person_asked_for_is_a_draft_whatever_the_gate_says(
    app: App, feeds: Feeds, clock: Clock
) -> None:
    file = template_file(app.settings.data_dir, "own")
    file.parent.mkdir(parents=True)
    file.write_text(BROKEN)
    url = feeds.serve("feed.xml", *news(clock.now - timedelta(days=1)))
    apply(app, document(url).replace("cadence: weekly\n", "cadence: weekly\n    template: own\n"))
    (specification,) = rows(app, "newsletter_specifications")
    run = generate(app, specification.id, specification.workspace_id, "ann@example.org")
    report = run_report(app, run)
    assert (report["issue_status"], report["gate"]["passes"]) == ("draft", False)
    assert rows(app, "notices") == []
