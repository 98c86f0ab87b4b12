"""The gate at work: links asked once, findings mended, and an issue held when that is not enough."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pipeline.checking import (
    DRAFT,
    HARBOUR,
    ISSUE,
    RING,
    SPECIFICATION,
    WEEK,
    article,
    drafted,
    written,
)
from service.conftest import MONDAY_NINE, Clock

from autopilot.adapters.outgoing import Outgoing
from autopilot.adapters.packs import pack_names
from autopilot.adapters.sample_server import SampleServer
from autopilot.cli.demo_store import demo_document
from autopilot.domain.content import Draft, Rendered
from autopilot.domain.link import LinkAnswer
from autopilot.domain.notice import NoticeKind
from autopilot.domain.run import Run, RunStatus
from autopilot.pipeline.check import check_html, report_values
from autopilot.pipeline.render import render
from autopilot.pipeline.render.look import Look
from autopilot.service.checking import (
    Vetted,
    ask_links,
    check_issue,
    faults_by_sources,
    held_notice,
    vet,
)
from autopilot.service.checkpoint import pack, unpack
from autopilot.service.configuration.applying import apply_document
from autopilot.service.context import App
from autopilot.service.generate import generate
from autopilot.service.job import Job, assemble
from autopilot.store import issues, specifications


@pytest.fixture
def run(energy: App, clock: Clock) -> Run:
    """A run of the small workspace that has made its issue."""
    clock.now = MONDAY_NINE
    with energy.database.read() as connection:
        (row,) = specifications.list_specifications(connection)
    return generate(energy, row.id, row.workspace_id, "ann@example.org")


@pytest.fixture
def job(energy: App, run: Run) -> Job:
    """That run's job, for the specification of the good issue."""
    run = replace(run, window=WEEK)
    return replace(assemble(energy, run), run=run, specification=SPECIFICATION)


def _look(job: Job) -> Look:
    return Look(
        brand=job.workspace.brand,
        name=SPECIFICATION.name,
        categories={"storage": "Storage"},
        regions={"DE": "Germany"},
        language="en",
        zone=job.run.zone,
        window=WEEK,
        edition=WEEK.end,
        sources=1,
    )


def _drawn(job: Job, draft: Draft) -> Rendered:
    return render(draft, _look(job))


def _vetted(job: Job, draft: Draft, **given: Any) -> Vetted:
    base = replace(ISSUE, sender=(), zone=job.run.zone, **given)
    return vet(base, job, draft, _drawn(job, draft), lambda changed: _drawn(job, changed))


def _names(draft: Draft) -> list[str]:
    return [each.story.lead.key.rpartition("/")[2] for each in draft.stories]


def _answers(name: str, status: int) -> dict[str, LinkAnswer]:
    url = f"https://example.org/{name}"
    return {url: LinkAnswer(url=url, status=status)}


def test_a_good_issue_comes_back_as_it_went_in(job: Job) -> None:
    vetted = _vetted(job, DRAFT)
    assert vetted.draft is DRAFT
    assert [each for each in vetted.report.findings if each.rule != "E8"] == []
    assert vetted.report.passes


@pytest.mark.parametrize("status", [404, 410])
def test_a_story_whose_page_is_gone_is_dropped_and_the_subject_follows(
    job: Job, status: int
) -> None:
    vetted = _vetted(job, DRAFT, links=_answers("harbour", status))
    assert _names(vetted.draft) == ["ring"]
    assert "Regulator asks" in vetted.draft.subject
    assert vetted.rendered.subject == vetted.draft.subject
    assert vetted.report.passes
    told = [each.message for each in vetted.report.findings if each.rule == "E17"]
    assert told == [f"mended: a link answers {status}: its page is gone"]


def test_a_slow_or_failing_site_only_warns(job: Job) -> None:
    vetted = _vetted(job, DRAFT, links=_answers("harbour", 503))
    assert vetted.draft is DRAFT
    assert vetted.report.passes
    assert "1 of 1 links could not be seen to work" in [
        each.message for each in vetted.report.findings
    ]


def test_a_gone_page_elsewhere_costs_only_its_link(job: Job) -> None:
    both = replace(HARBOUR, story=replace(HARBOUR.story, also=(article("copy", source="B"),)))
    vetted = _vetted(job, drafted(both, RING), links=_answers("copy", 404))
    assert _names(vetted.draft) == ["harbour", "ring"]
    assert vetted.draft.stories[0].story.also == ()
    assert "example.org/copy" not in vetted.rendered.html


MODEL = written(
    article(), excerpt=False, summary="The harbour battery holds 901 megawatt-hours.", score=2.0
)
MENDED: dict[str, tuple[Draft, dict[str, Any], Callable[[Draft], object], object]] = {
    "untrue": (
        drafted(MODEL, RING),
        {"faults": lambda each: () if each.excerpt else ("number “901”",)},
        lambda draft: draft.stories[0].summary,
        HARBOUR.summary,
    ),
    "a model's link": (
        drafted(replace(MODEL, summary="Act now on https://evil.example today."), RING),
        {},
        lambda draft: draft.stories[0].excerpt,
        True,
    ),
    "an intro's link": (
        drafted(intro="Act now on https://evil.example today."),
        {},
        lambda draft: draft.intro,
        "",
    ),
    "a tracker": (
        drafted(written(article(url="https://example.org/harbour?utm_source=rss&id=7")), RING),
        {},
        lambda draft: draft.stories[0].story.lead.url,
        "https://example.org/harbour?id=7",
    ),
    "twice": (drafted(HARBOUR, RING, HARBOUR), {}, _names, ["harbour", "ring"]),
    "again": (DRAFT, {"sent": {"example.org/ring": "2026-11-16"}}, _names, ["harbour"]),
    "private": (
        drafted(HARBOUR, written(article("ring", url="http://10.0.0.8/ring", title="Ring"))),
        {},
        _names,
        ["harbour"],
    ),
    "a bad subject": (
        drafted(subject="READ THIS NOW!!"),
        {},
        lambda draft: draft.subject,
        DRAFT.subject,
    ),
    "a placeholder": (
        drafted(written(article(text="{{ summary }}"), score=2.0), RING),
        {},
        lambda draft: draft.stories[0].summary,
        "",
    ),
    "a source that calls itself a placeholder": (
        drafted(
            written(article("odd", source="{{7*7}} Wire", title="Odd wire hums"), score=3.0),
            HARBOUR,
            RING,
        ),
        {},
        _names,
        ["harbour", "ring"],
    ),
    "another such source": (
        drafted(written(article(), also=(article("copy", source="{% raw %}"),), score=2.0), RING),
        {},
        lambda draft: draft.stories[0].story.also,
        (),
    ),
    "too many": (
        drafted(
            HARBOUR,
            RING,
            *(
                written(article(f"s{n}", title=f"Story number {n} of them"), score=n / 10)
                for n in range(3)
            ),
        ),
        {},
        _names,
        ["harbour", "ring", "s2"],
    ),
}


@pytest.mark.parametrize("name", MENDED)
def test_what_can_be_mended_is_mended(job: Job, name: str) -> None:
    draft, given, look, expected = MENDED[name]
    vetted = _vetted(job, draft, **given)
    assert look(vetted.draft) == expected
    assert vetted.report.passes, vetted.report.errors
    assert any(each.message.startswith("mended: ") for each in vetted.report.findings)


def test_a_page_too_large_is_made_smaller(job: Job) -> None:
    stories = [
        written(
            article(f"s{n}", title=f"Story number {n} about the grid", text="A word. " * 40),
            score=n,
        )
        for n in range(3)
    ]

    def bloated(draft: Draft) -> Rendered:
        made = _drawn(job, draft)
        words = sum(len(each.summary) for each in draft.stories)
        return replace(made, html=made.html.replace("</body>", "<p></p>" * words * 20 + "</body>"))

    base = replace(ISSUE, sender=(), zone=job.run.zone)
    draft = drafted(*stories, subject="Story number 2 about the grid")
    vetted = vet(base, job, draft, bloated(draft), bloated)
    assert "E8" not in {each.rule for each in vetted.report.errors}
    assert vetted.draft.stories[2].summary
    assert not vetted.draft.stories[0].summary


def test_what_cannot_be_mended_is_held_and_its_owner_told(job: Job) -> None:
    def broken(draft: Draft) -> Rendered:
        made = _drawn(job, draft)
        return replace(made, html=made.html.replace("</body>", "<script>x()</script></body>"))

    base = replace(ISSUE, sender=(), zone=job.run.zone)
    vetted = vet(base, job, DRAFT, broken(DRAFT), broken)
    assert not vetted.report.passes
    notice = held_notice(job, vetted.report, MONDAY_NINE)
    assert notice is not None
    assert notice.kind is NoticeKind.HELD
    assert notice.message.startswith("an issue of 'Energy Weekly' is held back: E10: <script>")
    assert "line " in notice.message
    assert "take it out" in notice.message
    assert held_notice(job, _vetted(job, DRAFT).report, MONDAY_NINE) is None


def test_the_last_story_is_never_dropped(job: Job) -> None:
    vetted = _vetted(job, drafted(HARBOUR), links=_answers("harbour", 404))
    assert _names(vetted.draft) == ["harbour"]
    assert not vetted.report.passes


def test_mending_ends_after_three_rounds(job: Job) -> None:
    drawn: list[Draft] = []

    def worse(draft: Draft) -> Rendered:
        drawn.append(draft)
        return replace(_drawn(job, draft), html="<p>x</p>" * 20_000)

    many = drafted(*(written(article(f"s{n}", title=f"Story {n} of many")) for n in range(30)))
    vetted = vet(replace(ISSUE, sender=()), job, many, worse(many), worse)
    assert len(drawn) == 4
    assert not vetted.report.passes


def test_a_vetted_issue_is_kept_and_read_back_like_any_step(job: Job) -> None:
    vetted = _vetted(job, DRAFT, links=_answers("harbour", 503))
    assert unpack(Vetted, pack(vetted)) == vetted


def test_the_report_is_plain_json(job: Job) -> None:
    values = report_values(_vetted(job, DRAFT, links=_answers("harbour", 503)).report)
    assert json.loads(json.dumps(values)) == values
    assert values["passes"] is True
    assert {"rule", "severity", "message", "where", "advice"} == set(values["findings"][-1])


def test_a_whole_check_asks_the_store_and_the_links(energy: App, job: Job) -> None:
    draft = drafted(
        written(article(url="https://a.example/1"), score=2.0),
        written(
            article("ring", url="https://a.example/2", title=RING.headline, text=""), summary=""
        ),
    )
    vetted = check_issue(
        energy, job, draft, _drawn(job, draft), lambda changed: _drawn(job, changed)
    )
    assert vetted.report.passes, vetted.report.errors
    assert vetted.draft == draft
    assert "E3" in vetted.report.checked


def test_a_models_words_are_checked_against_their_sources() -> None:
    faults = faults_by_sources("en")
    assert faults(replace(MODEL, summary=HARBOUR.summary)) == ()
    assert any("901" in fault for fault in faults(MODEL))


@pytest.mark.parametrize("pack_name", pack_names())
def test_a_packs_sample_issue_passes_the_gate(
    new_app: Callable[..., App], clock: Clock, pack_name: str
) -> None:
    clock.now = MONDAY_NINE
    with SampleServer(pack_name, now=clock) as server:
        app = new_app(AUTOPILOT_ALLOW_HOSTS=server.place)
        apply_document(
            app, demo_document(pack_name, server.sources, MONDAY_NINE), actor="ann@example.org"
        )
        with app.database.read() as connection:
            (row,) = specifications.list_specifications(connection)
        made = generate(app, row.id, row.workspace_id, "ann@example.org")
    assert made.status is RunStatus.SUCCEEDED
    with app.database.read() as connection:
        issue = issues.issue_of_run(connection, made.id)
        assert issue is not None
        stories = issues.stories_of(connection, issue.id)
    assert len(stories) >= 9
    report = check_html(app.artifacts.get(issue.html_sha256).decode())
    assert [str(each) for each in report.errors] == []


class Links:
    """A server whose answers to HEAD and GET differ; it counts what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.released = threading.Event()
        links = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self._answer()

            def do_GET(self) -> None:
                self._answer()

            def _answer(self) -> None:
                links.asked.append(f"{self.command} {self.path}")
                if self.path == "/slow":
                    links.released.wait(20)
                refused = self.path == "/no-head" and self.command == "HEAD"
                moved = self.path == "/moved"
                known = self.path in ("/good", "/no-head")
                status = 405 if refused else 301 if moved else 200 if known else 404
                try:
                    self.send_response(410 if self.path == "/gone" else status)
                    if moved:
                        self.send_header("Location", "/good")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                except OSError:
                    pass

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.place = f"127.0.0.1:{self._server.server_address[1]}"

    def url(self, path: str) -> str:
        return f"http://{self.place}/{path}"

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def links() -> Iterator[Links]:
    server = Links()
    yield server
    server.close()


def test_links_are_asked_with_head_and_again_with_get(links: Links) -> None:
    outgoing = Outgoing(frozenset({links.place}))
    paths = ("good", "no-head", "moved", "missing", "gone")
    answers = outgoing.ask_links([links.url(path) for path in paths], total_seconds=5)
    assert [answer.status for answer in answers] == [200, 200, 200, 404, 410]
    assert [answer.is_gone for answer in answers] == [False, False, False, True, True]
    assert "GET /good" not in links.asked
    assert {"HEAD /no-head", "GET /no-head", "GET /missing"} <= set(links.asked)


def test_a_slow_link_costs_no_more_than_the_time_for_all(links: Links) -> None:
    outgoing = Outgoing(frozenset({links.place}))
    began = time.monotonic()
    slow, good = outgoing.ask_links([links.url("slow"), links.url("good")], total_seconds=0.5)
    assert time.monotonic() - began < 3
    assert slow.status is None
    assert slow.problem
    assert good.is_good


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/x", "http://169.254.169.254/x", "ftp://example.org/", "http://[x"]
)
def test_an_address_that_may_not_be_asked_is_an_answer_not_an_error(url: str) -> None:
    (answer,) = Outgoing().ask_links([url], total_seconds=2)
    assert answer.status is None
    assert answer.problem


def test_reserved_names_are_not_asked_and_no_link_twice(
    new_app: Callable[..., App], links: Links
) -> None:
    app = new_app(AUTOPILOT_ALLOW_HOSTS=links.place)
    twice = written(article(url=links.url("good")))
    draft = drafted(twice, twice, written(article("x", url="https://sample.example/x")))
    assert list(ask_links(app, draft)) == [links.url("good")]
    assert links.asked == ["HEAD /good"]


def test_a_private_page_that_the_operator_allows_may_be_linked(job: Job) -> None:
    inside = written(article(url="http://10.0.0.8:8080/harbour"), score=2.0)
    vetted = _vetted(job, drafted(inside, RING), allowed_places=frozenset({"10.0.0.8:8080"}))
    assert _names(vetted.draft) == ["harbour", "ring"]
    assert vetted.report.passes
