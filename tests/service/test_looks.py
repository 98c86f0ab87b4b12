"""Templates are looked at when a file is applied, not when the issue is due."""

from __future__ import annotations

import pytest
from service.conftest import apply, document

from autopilot.errors import DocumentInvalid
from autopilot.service.context import App
from autopilot.service.edition import template_file

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
