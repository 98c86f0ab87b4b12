"""A workspace's own template: it can draw what it likes, and nothing it does costs the issue."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from pipeline.rendering import RICH, SUMMARY, draft_of, look_of, parsed, written

from autopilot.pipeline.render import Drawing, draw, render
from autopilot.pipeline.render import custom as module
from autopilot.pipeline.render.custom import Limits, TemplateFailed, draw_custom
from autopilot.pipeline.render.html import MAX_HTML_OCTETS
from autopilot.pipeline.render.page import page_of
from autopilot.pipeline.render.palette import palette_of
from autopilot.pipeline.render.trial import template_fault

FALLEN_BACK = "This issue has the standard look; its own template could not be used."
HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "choose-a-template.md"
SMALL = Limits(cpu_seconds=1, wall_seconds=3.0, memory_bytes=256 * 1024 * 1024, characters=200_000)
PLAIN = """<html lang="{{ page.lang }}"><head><title>{{ page.subject }}</title>
<style>h3 { color: {{ light.accent }}; }</style></head><body>
{% for section in page.sections %}<h2>{{ section.name }}</h2>
{% for item in section.stories %}<h3><a href="{{ item.url }}">{{ item.headline }}</a></h3>
<p>{{ item.summary }}</p>{% endfor %}{% endfor %}
{% for item in titles %}<p class="title">{{ item.headline }}</p>{% endfor %}
</body></html>"""


def _drawn(template: str) -> Drawing:
    return draw(RICH, look_of(template="ours", template_text=template))


def _failure(template: str, limits: Limits = SMALL) -> str:
    with pytest.raises(TemplateFailed) as failed:
        draw_custom(page_of(RICH, look_of()), palette_of("#0f766e"), template, limits)
    return failed.value.message


def test_a_template_draws_the_page_from_plain_values_with_its_styles_inlined() -> None:
    drawing = _drawn(PLAIN)
    assert drawing.problem == ""
    page = parsed(drawing.rendered.html)
    assert [h3.text_content() for h3 in page.iter("h3")] == [s.headline for s in RICH.stories]
    assert page.find(".//h3").get("style") == "color: #0f766e;"
    assert drawing.rendered.text == render(RICH, look_of()).text


def test_a_template_can_change_one_part_of_ours() -> None:
    rows = "{% block rows %}<tr><td>Only this</td></tr>{{ super() }}{% endblock %}"
    drawing = _drawn('{% extends "briefing.html.j2" %}' + rows)
    assert drawing.problem == ""
    assert "Only this" in drawing.rendered.html
    assert "Headline 1 about the grid" in drawing.rendered.html


def test_the_template_of_the_documentation_works() -> None:
    (template,) = re.findall(r"```jinja\n(.*?)```", HOW_TO.read_text("utf-8"), re.DOTALL)
    drawing = _drawn(template)
    assert drawing.problem == ""
    assert "padding: 60px 40px" in parsed(drawing.rendered.html).find_class("band")[0].get("style")


@pytest.mark.parametrize("name", ["standard", "briefing", "magazine"])
def test_our_templates_look_the_same_in_the_sandbox(name: str) -> None:
    drawing = _drawn(f'{{% extends "{name}.html.j2" %}}')
    assert drawing.problem == ""
    assert drawing.rendered == render(RICH, look_of(template=name))


def test_braces_in_a_story_are_printed_and_never_drawn_again() -> None:
    words = "{{ 7 * 7 }} {% include 'x' %} <b>bold</b>"
    drawing = draw(draft_of(written(1, title=words)), look_of(template="ours", template_text=PLAIN))
    assert parsed(drawing.rendered.html).find(".//h3").text_content() == words


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{% for x in", "line 1"),
        ("a\n{% nonsense %}", "line 2: Encountered unknown tag 'nonsense'."),
        ("{{ page.nothing }}", "no attribute 'nothing'"),
        ("{{ missing }}", "'missing' is undefined"),
        ('{% include "../look.py" %}', "../look.py"),
        ('{% include "/etc/passwd" %}', "/etc/passwd"),
        ('{% include "nowhere.j2" %}', "nowhere.j2"),
        ("{{ 1 // 0 }}", "ZeroDivisionError"),
    ],
)
def test_a_faulty_template_is_told_with_its_fault(template: str, told: str) -> None:
    assert told in _failure(template)


@pytest.mark.parametrize(
    "template",
    [
        "{{ ().__class__.__mro__ }}",
        "{{ ''|attr('__class__') }}",
        "{{ ''['__class__'] }}",
        "{{ page.__class__ }}",
        "{{ self.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os.environ }}",
        "{{ lipsum.__globals__['os'].popen('id').read() }}",
        "{{ '{0.__class__}'.format(page) }}",
        "{{ page.words.more_stories.format.__self__.__class__ }}",
        "{{ page.update({'name': 'x'}) }}",
        "{{ page.sections.append(1) }}",
        "{% set x = namespace() %}{{ x.__class__.__bases__ }}",
    ],
)
def test_a_template_reaches_nothing_but_its_values(template: str) -> None:
    assert _failure(template)


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ('{{ "a" * 10**10 }}', "too much memory"),
        ('{{ "a"|center(10**9) }}', "too much memory"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "calls itself"),
        (
            "{% for a in range(99999) %}{% for b in range(99999) %}xxxxxxxx{% endfor %}{% endfor %}",
            "more than 200,000 characters",
        ),
        ("x" * 250_000, "more than 200,000 characters"),
        ("{{ range(10**9)|list }}", "Range too big"),
    ],
)
def test_a_greedy_template_is_stopped(template: str, told: str) -> None:
    began = time.monotonic()
    assert told in _failure(template)
    assert time.monotonic() - began < SMALL.wall_seconds


@pytest.mark.parametrize(
    "template",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% set x = a %}{% endfor %}{% endfor %}",
        "{{ 9**(9**9) }}",
        "{% for a in range(9999) %}{{ (page.name * 9000)|wordwrap(1)|length }}{% endfor %}",
    ],
    ids=["loop", "power", "filters"],
)
def test_an_endless_template_is_stopped(template: str) -> None:
    began = time.monotonic()
    assert "took more than" in _failure(template)
    assert time.monotonic() - began < SMALL.wall_seconds + 1


LONG = "x" * 150_000  # more than a pipe holds, so that it has to be read to be handed over


@pytest.mark.parametrize(
    ("child", "told"),
    [
        ("import time; time.sleep(60)", "it took more than 0.5 s"),
        ("print('no answer')", "it took more than 1 s of computing, or crashed"),
        ("raise SystemExit(3)", "it took more than 1 s of computing, or crashed"),
        ("import os; os.kill(os.getpid(), 9)", "it took more than 1 s of computing, or crashed"),
        ("while True: print('x' * 100_000)", "it took more than"),
    ],
    ids=["sleeps", "babbles", "leaves", "dies", "floods"],
)
def test_a_process_that_gives_no_answer_is_ended(
    child: str, told: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "child.py"
    path.write_text(child, encoding="utf-8")
    monkeypatch.setattr(module, "CHILD", path)
    began = time.monotonic()
    assert told in _failure(LONG, Limits(cpu_seconds=1, wall_seconds=0.5))
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "there is no template 'ours'; ours are briefing, magazine, standard"),
        ("{{ broken", "the template could not be drawn: line 1"),
    ],
)
def test_without_its_template_an_issue_goes_out_in_the_standard_look_and_says_so(
    text: str, told: str
) -> None:
    drawing = _drawn(text)
    assert drawing.problem.startswith(told)
    assert FALLEN_BACK in drawing.rendered.html
    assert FALLEN_BACK in " ".join(drawing.rendered.text.split())
    assert 'class="band"' in drawing.rendered.html
    assert FALLEN_BACK not in _drawn(PLAIN).rendered.html


def test_a_long_issue_is_made_to_fit_in_an_own_template_too() -> None:
    stories = [
        written(n, score=float(n), title=f"Story {n} title", summary=SUMMARY * 8)
        for n in range(200)
    ]
    drawing = draw(draft_of(*stories), look_of(template="ours", template_text=PLAIN))
    assert drawing.problem == ""
    assert len(drawing.rendered.html.encode()) <= MAX_HTML_OCTETS
    assert "Story 199 title" in drawing.rendered.html


def test_a_template_that_never_fits_is_told() -> None:
    assert "stays above 96,000 octets" in _failure("x" * 100_000)


@pytest.mark.parametrize(
    ("template", "fault"),
    [
        (PLAIN, ""),
        ('{% extends "magazine.html.j2" %}', ""),
        ("{{ page.nmae }}", "no attribute 'nmae'"),
        ("{{ page.sections[1].name }}", "has no element 1"),
        ("{% if %}", "line 1"),
    ],
    ids=["plain", "extended", "misspelt", "rarely-there", "broken"],
)
def test_a_template_can_be_tried_before_readers_see_it(template: str, fault: str) -> None:
    told = template_fault(template)
    assert fault in told
    assert bool(told) == bool(fault)
