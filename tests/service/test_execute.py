"""One run from its sources to its stored issue, whatever happens on the way."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from service.asking import all_runs, count, only_run, only_schedule, only_specification, rows
from service.conftest import MONDAY_NINE, SECOND, SUNDAY, WEEK, Clock, apply, document, news
from service.feeds import Feeds, Item
from sqlalchemy import update

from autopilot.domain.content import SourceStatus
from autopilot.domain.run import RunStatus, Step
from autopilot.errors import LeaseLost, StoreUnavailable
from autopilot.service import collecting, issue, making, writing
from autopilot.service import lease as lease_module
from autopilot.service.claim import claim_next
from autopilot.service.context import App
from autopilot.service.execute import execute
from autopilot.service.generate import generate
from autopilot.service.plan import plan
from autopilot.service.report import issue_parts, run_report
from autopilot.service.tick import tick
from autopilot.store import issues
from autopilot.store.tables import newsletter_runs

LEASE = timedelta(seconds=60)
FRIDAY = SUNDAY - timedelta(days=2)


class Killed(BaseException):
    """Stands for kill -9: nothing of ours catches it."""


def monday(app: App, clock: Clock) -> Any:
    """Lets Monday nine come and ticks; returns the run, the only one of the slot."""
    clock.now = MONDAY_NINE + SECOND
    tick(app)
    return all_runs(app)[-1]


def test_an_issue_travels_from_its_feed_to_the_store(energy: App, clock: Clock) -> None:
    run = monday(energy, clock)
    assert (run.status, run.reason, run.scheduled_for) == (RunStatus.SUCCEEDED, None, MONDAY_NINE)
    assert run.window.start == MONDAY_NINE - WEEK
    assert run.window.end == MONDAY_NINE
    report = run_report(energy, run)
    assert list(report["steps"]) == [step.value for step in Step]
    assert report["steps"]["collect"]["in"] == 1
    assert report["steps"]["collect"]["out"] == 4
    assert {story["category"] for story in report["stories"]} == {"grid", "storage"}
    assert [it["title"] for it in report["left_out"]] == ["Football club wins the cup"]
    html, text = issue_parts(energy, run) or (b"", b"")
    assert b"Interconnector across the sea opens early" in html
    assert b"Interconnector across the sea opens early" in text
    assert rows(energy, "issues")[0].status == "approved"
    schedule = only_schedule(energy)
    assert (schedule.run_count, schedule.success_count, schedule.failure_count) == (1, 1, 0)
    assert (schedule.last_run_status, schedule.last_run_error) == ("succeeded", None)
    assert schedule.next_run_at == MONDAY_NINE + WEEK


def test_checkpoints_are_freed_but_for_the_reasons(energy: App, clock: Clock) -> None:
    monday(energy, clock)
    kept = {row.step: row.output is not None for row in rows(energy, "run_steps")}
    assert kept == {step.value: step is Step.SELECT for step in Step}


def test_without_sources_a_run_is_skipped_with_the_reason(app: App, clock: Clock) -> None:
    assert "no sources yet" in apply(app, document()).warnings[0]
    run = monday(app, clock)
    assert run.status is RunStatus.SKIPPED
    assert "no sources yet" in str(run.reason)
    schedule = only_schedule(app)
    assert (schedule.run_count, schedule.success_count, schedule.failure_count) == (1, 0, 0)


def test_when_every_source_is_dead_the_run_fails(app: App, feeds: Feeds, clock: Clock) -> None:
    apply(app, document(feeds.url("gone.xml"), "http://127.0.0.1:1/feed.xml"))
    run = monday(app, clock)
    for tried in range(1, 4):  # a fault that may pass is tried again, three times
        assert (run.status, run.failures) == (RunStatus.QUEUED, tried)
        assert run.due_at > clock.now
        clock.now = run.due_at
        tick(app)
        (run,) = all_runs(app)
    assert run.status is RunStatus.FAILED
    assert "none of the 2 sources could be read" in str(run.reason)
    assert "tried 4 times" in str(run.reason)
    assert only_schedule(app).failure_count == 1
    assert only_schedule(app).last_run_error == run.reason
    assert [it.status for it in run.sources] == [SourceStatus.FAILED] * 2


def test_bad_sources_are_one_line_each_and_the_issue_goes_out(
    app: App, feeds: Feeds, clock: Clock
) -> None:
    whole = feeds.serve("feed.xml", *news(FRIDAY))
    hanging = feeds.put("hanging.xml", b"", before=lambda: feeds.released.wait(10))
    garbage = feeds.put("garbage.xml", bytes(range(256)) * 40)
    page = feeds.put("page.html", b"<html><head><title>Hello</title></head></html>")
    huge = feeds.put("huge.xml", b"<rss>" + b"x" * 11_000_000)
    apply(app, document(hanging, garbage, whole, feeds.url("gone.xml"), page, huge))
    run = monday(app, clock)
    assert run.status is RunStatus.SUCCEEDED
    told = {it["url"]: it for it in run_report(app, run)["sources"]}
    assert [url for url, it in told.items() if it["status"] == "ok"] == [whole]
    assert all(told[url]["error"] for url in told if url != whole)


def json_feed(*items: dict[str, Any]) -> bytes:
    return json.dumps(
        {"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": list(items)}
    ).encode()


def strange(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": str(number),
        "url": f"https://example.org/{number}",
        "title": f"Grid news {number}",
        "content_text": "Words about the grid.",
        "date_published": FRIDAY.isoformat(),
    } | changes


STRANGE = {
    "one link three times": [strange(n, url="https://example.org/same") for n in range(3)],
    "NUL and half characters": [
        strange(1, title="Grid\x00 and \ud800 more", content_text="a\x00b\udfff grid"),
        strange(2, url="https://example.org/\x00\ud800"),
        strange(3, url="https://example.org/%00%ff"),
    ],
    "a link of nine thousand characters": [
        strange(0),
        strange(1, url="https://example.org/" + "".join(f"{n:x}~" for n in range(2_000))),
    ],
    "a link of two thousand Greek letters": [
        strange(0),
        strange(
            1, url="https://example.org/" + "".join(chr(945 + n * n % 25) for n in range(1_900))
        ),
    ],
    "a title of a million characters": [strange(1, title="grid " * 200_000)],
    "dates at the ends of time": [
        strange(1, date_published="0001-01-01T00:00:00+14:00"),
        strange(2, date_published="9999-12-31T23:59:59-14:00"),
        strange(3, date_published="9999-99-99"),
    ],
    "a language of a thousand letters": [strange(1, language="x" * 1_000)],
}


@pytest.mark.parametrize("items", STRANGE.values(), ids=list(STRANGE))
def test_strange_items_do_not_end_the_run(
    app: App, feeds: Feeds, clock: Clock, items: list[dict[str, Any]]
) -> None:
    good = feeds.serve("feed.xml", *news(FRIDAY))
    apply(app, document(good, feeds.put("strange.json", json_feed(*items))))
    run = monday(app, clock)
    assert (run.status, run.reason) == (RunStatus.SUCCEEDED, None)
    assert [it.status for it in run.sources] == [SourceStatus.OK] * 2


def test_nothing_in_the_window_is_a_skipped_run(app: App, feeds: Feeds, clock: Clock) -> None:
    apply(app, document(feeds.serve("feed.xml", *news(SUNDAY - 3 * WEEK))))
    run = monday(app, clock)
    assert run.status is RunStatus.SKIPPED
    assert "no article inside the window" in str(run.reason)
    assert count(app, "issues") == 0


def test_nothing_that_fits_is_a_skipped_run(app: App, feeds: Feeds, clock: Clock) -> None:
    apply(app, document(feeds.serve("feed.xml", news(FRIDAY)[3])))
    run = monday(app, clock)
    assert run.status is RunStatus.SKIPPED
    assert "nothing fits: none of 1 articles" in str(run.reason)
    assert [it["title"] for it in run_report(app, run)["left_out"]] == [
        "Football club wins the cup"
    ]


def test_an_unchanged_feed_still_gives_its_stored_articles(
    app: App, feeds: Feeds, clock: Clock
) -> None:
    apply(app, document(feeds.serve("feed.xml", *news(FRIDAY), etag='"one"')))
    spec = only_specification(app)
    first = generate(app, spec.id, spec.workspace_id, "ann@example.org")
    second = generate(app, spec.id, spec.workspace_id, "ann@example.org")
    assert [run.status for run in (first, second)] == [RunStatus.SUCCEEDED] * 2
    assert second.sources[0].status is SourceStatus.UNCHANGED
    assert feeds.conditional["feed.xml"] == 1
    titles = [[it["title"] for it in run_report(app, run)["stories"]] for run in (first, second)]
    assert titles[0] == titles[1] != []


def test_an_undated_item_keeps_the_time_it_was_first_seen(
    app: App, feeds: Feeds, clock: Clock
) -> None:
    apply(app, document(feeds.serve("feed.xml", *news(None))))
    first = monday(app, clock)
    assert first.status is RunStatus.SUCCEEDED
    clock.now = MONDAY_NINE + WEEK + SECOND
    tick(app)
    second = all_runs(app)[-1]
    assert second.status is RunStatus.SKIPPED
    assert "no article inside the window" in str(second.reason)


def test_a_story_of_an_earlier_issue_is_left_out_with_the_day(
    app: App, feeds: Feeds, clock: Clock
) -> None:
    text = document(feeds.serve("feed.xml", *news(FRIDAY))).replace(
        'type: weekly, config: {days: [mon], times: ["09:00"]}',
        'type: daily, config: {times: ["09:00"]}',
    )
    apply(app, text)
    first = monday(app, clock)
    assert first.status is RunStatus.SUCCEEDED
    fresh = Item(title="Grid fee falls again in spring", published=MONDAY_NINE + timedelta(hours=2))
    feeds.serve("feed.xml", *news(FRIDAY), fresh)
    clock.now = MONDAY_NINE + timedelta(days=1) + SECOND
    tick(app)
    report = run_report(app, all_runs(app)[-1])
    assert [it["title"] for it in report["stories"]] == ["Grid fee falls again in spring"]
    again = [it for it in report["left_out"] if it["title"].startswith("Interconnector")]
    assert "2026-11-23" in again[0]["reason"] or "23 Nov" in again[0]["reason"]


STEPS = {
    "collect": (making, "collect"),
    "select": (making, "_select"),
    "write": (making, "_write"),
    "render": (making, "_render"),
    "store": (making, "publish"),
    "the last transaction": (issue.issues, "add_issue"),
}


@pytest.mark.parametrize(("place", "name"), STEPS.values(), ids=list(STEPS))
def test_a_run_goes_on_from_the_step_its_worker_died_in(
    energy: App,
    feeds: Feeds,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    place: Any,
    name: str,
) -> None:
    done = count_steps(monkeypatch)
    clock.now = MONDAY_NINE + SECOND
    with monkeypatch.context() as broken:
        broken.setattr(place, name, die)
        with pytest.raises(Killed):
            tick(energy)
    before = set(done)
    assert only_run(energy).status is RunStatus.RUNNING
    assert tick(energy).rescued == 0
    clock.pass_(LEASE)
    report = tick(energy)
    assert (report.rescued, [run.status for run in report.runs]) == (1, [RunStatus.SUCCEEDED])
    run = only_run(energy)
    assert (run.attempt, run.epoch, len(run.sources)) == (2, 2, 1)
    assert all(done.count(step) == 1 for step in before)
    assert set(done) == {"_select", "_write", "_render", "collect"}
    assert feeds.hits["feed.xml"] == 1
    assert count(energy, "issues") == 1
    assert list(run_report(energy, run)["steps"]) == [step.value for step in Step]


def die(*_: object, **__: object) -> Any:
    raise Killed


def count_steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Notes the name of every step that is done."""
    done: list[str] = []

    def noting(name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*given: Any, **named: Any) -> Any:
            result = step(*given, **named)
            done.append(name)
            return result

        return noted

    for name in ("collect", "_select", "_write", "_render"):
        monkeypatch.setattr(making, name, noting(name, getattr(making, name)))
    return done


def test_a_run_that_kills_three_workers_is_poison(
    energy: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "_write", die)
    clock.now = MONDAY_NINE + SECOND
    for _ in range(3):
        with pytest.raises(Killed):
            tick(energy)
        clock.pass_(LEASE)
    tick(energy)
    run = only_run(energy)
    assert run.status is RunStatus.FAILED
    assert "poison" in str(run.reason)
    assert (run.attempt, run.owner_token, run.lease_until) == (3, None, None)
    assert only_schedule(energy).failure_count == 1
    assert tick(energy).runs == ()


def test_a_poisoned_run_leaves_other_schedules_their_time(
    energy: App, feeds: Feeds, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = document(feeds.url("feed.xml"))
    apply(energy, text + text.split("specifications:\n")[1].replace("energy", "other"))
    write = making._write

    def kill_one(lease: Any, job: Any, selection: Any) -> Any:
        if job.specification.slug == "energy":
            raise Killed
        return write(lease, job, selection)

    monkeypatch.setattr(making, "_write", kill_one)
    clock.now = MONDAY_NINE + SECOND
    for _ in range(5):
        try:
            tick(energy)
        except Killed:
            clock.pass_(LEASE)
    assert sorted(run.status for run in all_runs(energy)) == ["failed", "succeeded"]


def lose(app: App) -> None:
    """Lets somebody else have the run: as if the lease had run out and been claimed."""
    with app.database.begin() as connection:
        connection.execute(update(newsletter_runs).values(epoch=newsletter_runs.c.epoch + 1))


@pytest.mark.parametrize("step", ["_select", "_write", "_render"])
def test_a_zombie_writes_nothing(
    energy: App, clock: Clock, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    work = getattr(making, step)

    def too_late(*given: Any) -> Any:
        lose(energy)
        return work(*given)

    monkeypatch.setattr(making, step, too_late)
    clock.now = MONDAY_NINE + SECOND
    plan(energy, clock.now)
    lease = claim_next(energy)
    assert lease is not None
    kept = {"_select": 1, "_write": 2, "_render": 3}[step]
    with pytest.raises(LeaseLost):
        execute(lease)
    assert count(energy, "run_steps") == kept
    assert count(energy, "issues") == 0
    assert only_run(energy).status is RunStatus.RUNNING
    assert only_schedule(energy).run_count == 0


def test_a_zombie_publishes_nothing(
    energy: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lease is lost after the content is written and before the last transaction."""
    publish = making.publish

    def too_late(*given: Any) -> Any:
        lose(energy)
        return publish(*given)

    monkeypatch.setattr(making, "publish", too_late)
    clock.now = MONDAY_NINE + SECOND
    assert tick(energy).runs == ()
    assert (count(energy, "issues"), count(energy, "issue_stories")) == (0, 0)
    assert only_schedule(energy).run_count == 0


def test_a_run_asked_to_stop_is_given_back_and_finished_by_another(
    energy: App, feeds: Feeds, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()
    collect = collecting.collect

    def collect_and_stop(*given: Any) -> Any:
        done = collect(*given)
        stop.set()
        return done

    monkeypatch.setattr(making, "collect", collect_and_stop)
    clock.now = MONDAY_NINE + SECOND
    tick(energy, stopping=stop.is_set)
    run = only_run(energy)
    assert (run.status, run.attempt, run.owner_token) == (RunStatus.QUEUED, 0, None)
    assert tick(energy, stopping=stop.is_set).runs == ()
    (ended,) = tick(energy).runs
    assert (ended.status, ended.attempt) == (RunStatus.SUCCEEDED, 1)
    assert feeds.hits["feed.xml"] == 1, "the kept step was done again"
    assert len(ended.sources) == 1


def test_content_written_before_a_crash_is_found_by_the_next_attempt(
    energy: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    put: list[str] = []
    kept = energy.artifacts.put
    monkeypatch.setattr(
        type(energy.artifacts), "put", lambda _, *given: put.append(kept(*given)) or put[-1]
    )
    clock.now = MONDAY_NINE + SECOND
    with monkeypatch.context() as broken:
        broken.setattr(lease_module, "record_end", die)
        with pytest.raises(Killed):
            tick(energy)
    assert (len(put), count(energy, "issues")) == (3, 0)
    clock.pass_(LEASE)
    tick(energy)
    assert put[:3] == put[3:]
    assert count(energy, "issues") == 1


def test_a_fault_of_ours_ends_its_run_with_an_id_to_look_for(
    energy: App, clock: Clock, monkeypatch: pytest.MonkeyPatch, events: list[Any]
) -> None:
    def stumble(*_: object) -> Any:
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr(making, "_select", stumble)
    run = monday(energy, clock)
    assert run.status is RunStatus.FAILED
    assert "internal error" in str(run.reason)
    (logged,) = [event for event in events if "error_id" in event]
    assert logged["error_id"] in str(run.reason)


def test_a_refusal_inside_the_last_transaction_is_the_reason(
    energy: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The transaction rolls back; the run in hand must not believe that it has ended."""
    add = issues.add_issue

    def add_half_a_character(connection: Any, row: Any, stories: Any) -> None:
        add(connection, replace(row, subject="\ud800"), stories)

    monkeypatch.setattr(issue.issues, "add_issue", add_half_a_character)
    run = monday(energy, clock)
    assert run.status is RunStatus.FAILED
    assert "refused a row" in str(run.reason)
    assert count(energy, "issues") == 0


def test_a_store_that_fails_for_a_moment_does_not_fail_the_run(
    energy: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = issues.add_issue

    def stumble(*_: object) -> None:
        monkeypatch.setattr(issue.issues, "add_issue", add)
        raise StoreUnavailable("The server was restarted.")

    monkeypatch.setattr(issue.issues, "add_issue", stumble)
    clock.now = MONDAY_NINE + SECOND
    with pytest.raises(StoreUnavailable):
        tick(energy)
    run = only_run(energy)  # given back at once, since the store is there again
    assert (run.status, run.attempt, run.deaths) == (RunStatus.QUEUED, 0, 0)
    tick(energy)
    assert only_run(energy).status is RunStatus.SUCCEEDED


def test_a_slow_run_keeps_its_lease(
    new_app: Callable[..., App], feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real time: a lease of one second, and a step that takes two."""
    from autopilot.wiring import now

    app = new_app(clock=now, AUTOPILOT_LEASE_SECONDS="1")
    apply(app, document(feeds.serve("feed.xml", *news(now() - timedelta(hours=1)))))
    spec = only_specification(app)
    seen: list[Any] = []
    select = making._select

    def slowly(*given: Any) -> Any:
        for _ in range(10):
            time.sleep(0.2)
            seen.append(only_run(app).lease_until)
            assert tick(app).rescued == 0
        return select(*given)

    monkeypatch.setattr(making, "_select", slowly)
    run = generate(app, spec.id, spec.workspace_id, "ann@example.org")
    assert (run.status, run.epoch, len(run.sources)) == (RunStatus.SUCCEEDED, 1, 1)
    assert len(set(seen)) >= 4


def test_renewing_loses_nothing_that_the_run_learns_meanwhile(
    energy: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The renewal knows the run as it was claimed: it must write the lease's end and nothing else."""
    render = making._render

    def renewing(lease: Any, *given: Any) -> Any:
        clock.pass_(SECOND)
        lease._renewal.renew()
        assert only_run(energy).lease_until == clock.now + LEASE
        assert [it.status for it in only_run(energy).sources] == [SourceStatus.OK]
        return render(lease, *given)

    monkeypatch.setattr(making, "_render", renewing)
    run = monday(energy, clock)
    assert run.status is RunStatus.SUCCEEDED
    assert len(run.sources) == 1


def test_a_specification_deleted_while_queued_ends_its_run(
    energy: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autopilot.store.tables import newsletter_specifications

    clock.now = MONDAY_NINE + SECOND
    plan(energy, clock.now)
    lease = claim_next(energy)
    assert lease is not None
    with energy.database.begin() as connection:
        connection.execute(newsletter_specifications.delete())
    with pytest.raises(LeaseLost):
        execute(lease)


def test_an_issue_of_a_person_is_a_draft_and_remembers_nothing(energy: App, clock: Clock) -> None:
    spec = only_specification(energy)
    for _ in range(2):
        run = generate(energy, spec.id, spec.workspace_id, "ann@example.org")
        assert run.status is RunStatus.SUCCEEDED
        assert run.scheduled_for is None
    assert [row.status for row in rows(energy, "issues")] == ["draft", "draft"]
    assert only_schedule(energy).run_count == 0
    assert monday(energy, clock).status is RunStatus.SUCCEEDED


def test_what_a_step_has_so_far_is_there_for_the_next_attempt_and_in_no_report(
    energy: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes | None] = []
    write = making._write

    def die_half_way(lease: Any, job: Any, selection: Any) -> Any:
        seen.append(lease.kept_so_far(Step.WRITE))
        if len(seen) == 1:
            lease.keep_so_far(Step.WRITE, b"two of three")
            raise Killed
        return write(lease, job, selection)

    monkeypatch.setattr(making, "_write", die_half_way)
    monkeypatch.setattr(making, "write", write_without_a_past)
    clock.now = MONDAY_NINE + SECOND
    with pytest.raises(Killed):
        tick(energy)
    assert "write" not in run_report(energy, only_run(energy))["steps"]
    clock.pass_(LEASE)
    tick(energy)
    assert seen == [None, b"two of three"]
    assert only_run(energy).status is RunStatus.SUCCEEDED
    assert "write" in run_report(energy, only_run(energy))["steps"]


def write_without_a_past(app: App, job: Any, selection: Any, **_: Any) -> Any:
    return writing.write(app, job, selection)
