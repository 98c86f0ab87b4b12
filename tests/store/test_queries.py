"""Rows to values and back, and the guards in the statements that write them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update
from store.rows import NOW, RUN, SCHEDULE, SOURCE, SPECIFICATION, WORKSPACE, put_all

from autopilot.domain.content import Article, SourceReport, SourceStatus, Window
from autopilot.domain.run import Run, RunStatus, Step, Trigger
from autopilot.domain.specification import Source
from autopilot.errors import ArtifactLost, LeaseLost
from autopilot.store import articles, due, queue, runs, sources, steps, tables, workers
from autopilot.store.artifacts import DatabaseArtifacts
from autopilot.store.database import Database
from autopilot.store.glance import glance

LEASE = timedelta(seconds=60)
OWNER, OTHER = uuid4(), uuid4()


@pytest.fixture
def filled(database: Database) -> Database:
    """A store with one sound row in each table."""
    with database.begin() as connection:
        put_all(connection)
        connection.execute(
            update(tables.sources).values(document=Source(url=URL).model_dump(mode="json"))
        )
    return database


URL = "https://example.org/feed.xml"


def article(number: int, **changes: Any) -> Article:
    values: dict[str, Any] = {
        "key": f"example.org/{number}",
        "url": f"https://example.org/{number}",
        "title": f"Title {number}",
        "text": "Words",
        "published": NOW - timedelta(minutes=number),
        "dated": True,
        "source": "Example",
        "source_url": URL,
    }
    return Article(**values | changes)


def the_run(database: Database) -> Run:
    with database.read() as connection:
        run = runs.get_run(connection, RUN)
    assert run is not None
    return run


def claimed(database: Database) -> Run:
    with database.begin() as connection:
        (queued,) = queue.claimable_runs(connection, WORKSPACE, NOW, most=1)
        return runs.move_run(connection, queued, queued.claim(OWNER, NOW, LEASE))


def test_a_run_comes_back_as_it_was_written(filled: Database) -> None:
    run = Run(
        id=uuid4(),
        workspace_id=the_run(filled).workspace_id,
        specification_id=SPECIFICATION,
        schedule_id=SCHEDULE,
        trigger=Trigger.SCHEDULE,
        scheduled_for=NOW + LEASE,
        zone="Europe/Berlin",
        window=Window(start=NOW - LEASE, end=NOW),
        due_at=NOW,
        status=RunStatus.FAILED,
        created_by="ann@example.org",
        created_at=NOW,
        reason="it broke",
        epoch=3,
        attempt=2,
        started_at=NOW,
        finished_at=NOW + timedelta(microseconds=1),
        sources=(
            SourceReport(url=URL, name="É", status=SourceStatus.FAILED, entries=3, error="no"),
        ),
        categories_override=("grid",),
        regions_override=(),
        cadence_override="daily",
    )
    with filled.begin() as connection:
        assert runs.add_run(connection, run)
        assert runs.get_run(connection, run.id) == run


def test_the_second_run_of_a_slot_is_not_added(filled: Database) -> None:
    with filled.begin() as connection:
        assert not runs.add_run(connection, replace(the_run(filled), id=uuid4()))
        assert connection.scalar(select(func.count()).select_from(tables.newsletter_runs)) == 1


LOST: dict[str, Callable[[Run], Run]] = {
    "another status": lambda run: replace(run, status=RunStatus.QUEUED),
    "another epoch": lambda run: replace(run, epoch=run.epoch - 1),
    "another owner": lambda run: replace(run, owner_token=OTHER),
    "no owner": lambda run: replace(run, owner_token=None),
    "another run": lambda run: replace(run, id=UUID(int=99)),
}


@pytest.mark.parametrize("believed", LOST.values(), ids=list(LOST))
def test_a_move_from_what_is_no_longer_true_writes_nothing(
    filled: Database, believed: Callable[[Run], Run]
) -> None:
    run = claimed(filled)
    with pytest.raises(LeaseLost), filled.begin() as connection:
        runs.move_run(connection, believed(run), run.succeed(NOW))
    assert the_run(filled) == run


def test_a_rescue_leaves_a_renewed_run_alone(filled: Database) -> None:
    seen = claimed(filled)
    with filled.begin() as connection:
        renewed = runs.move_run(connection, seen, seen.renew(NOW + LEASE / 3, LEASE))
    with filled.begin() as connection:
        assert not queue.rescue_run(connection, seen, seen.rescue(NOW + LEASE))
    assert the_run(filled) == renewed
    with filled.begin() as connection:
        assert queue.rescue_run(connection, renewed, renewed.rescue(NOW + 2 * LEASE))
        assert not queue.rescue_run(connection, renewed, renewed.rescue(NOW + 2 * LEASE))
    assert the_run(filled).status is RunStatus.QUEUED


def test_a_lease_has_run_out_at_its_very_end(filled: Database) -> None:
    run = claimed(filled)
    with filled.read() as connection:
        assert queue.expired_runs(connection, NOW + LEASE - timedelta(microseconds=1)) == []
        assert queue.expired_runs(connection, NOW + LEASE) == [run]
        assert glance(connection).first_lease == NOW + LEASE


def test_two_claimers_at_once_get_different_runs_or_none(filled: Database) -> None:
    """On PostgreSQL the second does not wait; on SQLite it could not even begin."""
    if not filled.is_postgres:
        pytest.skip("SQLite has one writer")
    with filled.begin() as first, filled.begin() as second:
        assert queue.claimable_runs(first, WORKSPACE, NOW, most=1)
        assert queue.claimable_runs(second, WORKSPACE, NOW, most=1) == []


def test_a_due_schedule_another_tick_holds_is_passed_over(filled: Database) -> None:
    if not filled.is_postgres:
        pytest.skip("SQLite has one writer")
    later = NOW + timedelta(days=8)
    with filled.begin() as first, filled.begin() as second:
        assert len(due.schedules_to_plan(first, later, limit=10)) == 1
        assert due.schedules_to_plan(second, later, limit=10) == []


def test_runs_are_found_by_their_first_digits(filled: Database) -> None:
    with filled.read() as connection:
        assert [run.id for run in runs.runs_starting_with(connection, RUN.hex[:8])] == [RUN]
        assert runs.runs_starting_with(connection, "ffff") == []


def test_many_articles_are_kept_in_one_go_and_once(filled: Database) -> None:
    many = [article(number) for number in range(1, 1_202)]
    for _ in range(2):
        with filled.begin() as connection:
            articles.keep_articles(connection, SOURCE, many, NOW)
    with filled.read() as connection:
        rows = sources.list_sources(connection, SPECIFICATION)
        found = articles.articles_in(
            connection, rows, Window(start=NOW - timedelta(days=9), end=NOW)
        )
    assert [it.key for it in found] == [it.key for it in many]


def test_new_words_are_taken_and_the_first_time_stays(filled: Database) -> None:
    first = article(1, dated=False, published=NOW)
    again = replace(first, title="New", published=NOW + timedelta(days=7))
    for seen in (first, again):
        with filled.begin() as connection:
            articles.keep_articles(connection, SOURCE, [seen], seen.published)
    with filled.read() as connection:
        assert articles.first_seen(connection, SOURCE) == {first.key: NOW}
        rows = sources.list_sources(connection, SPECIFICATION)
        window = Window(start=NOW, end=NOW + timedelta(days=1))
        found = articles.articles_in(connection, rows, window)
    assert {(it.key, it.title) for it in found} >= {(first.key, "New")}


def test_a_window_has_its_start_and_not_its_end(filled: Database) -> None:
    window = Window(start=NOW - timedelta(days=3), end=NOW - timedelta(days=2))
    edges = [article(1, published=window.start), article(2, published=window.end)]
    with filled.begin() as connection:
        articles.keep_articles(connection, SOURCE, edges, NOW)
        rows = sources.list_sources(connection, SPECIFICATION)
        assert [it.key for it in articles.articles_in(connection, rows, window)] == [edges[0].key]
        assert articles.articles_in(connection, [], window) == ()


def test_a_step_kept_again_replaces_the_first(filled: Database) -> None:
    row = steps.StepRow(
        run_id=RUN,
        step=Step.RENDER,
        epoch=1,
        count_in=1,
        count_out=2,
        seconds=0.5,
        finished_at=NOW,
        output=b"\x00one",
    )
    with filled.begin() as connection:
        steps.keep_step(connection, row)
        steps.keep_step(connection, replace(row, epoch=2, output=b"two"))
        assert steps.get_step(connection, RUN, Step.RENDER) == replace(row, epoch=2, output=b"two")
        assert [it.step for it in steps.list_steps(connection, RUN)] == [Step.COLLECT, Step.RENDER]
        steps.drop_checkpoints(connection, [RUN], keep=Step.RENDER)
        assert steps.get_step(connection, RUN, Step.RENDER) == replace(row, epoch=2, output=b"two")


def test_artifacts_are_kept_once_under_their_hash(database: Database) -> None:
    kept = DatabaseArtifacts(database)
    names = {kept.put(b"\x00page", "text/html"), kept.put(b"\x00page", "text/html")}
    (name,) = names
    assert kept.get(name) == b"\x00page"
    assert kept.path(name) is None
    with pytest.raises(ArtifactLost, match="gone"):
        kept.get("0" * 64)


def test_an_altered_artifact_is_never_shown(database: Database) -> None:
    kept = DatabaseArtifacts(database)
    name = kept.put(b"page", "text/html")
    with database.begin() as connection:
        connection.execute(update(tables.artifacts).values(content=b"other"))
    with pytest.raises(ArtifactLost, match="altered"):
        kept.get(name)


def test_workers_that_stopped_or_fell_silent_are_not_recent(database: Database) -> None:
    alive, silent, gone = (
        workers.Worker(
            id=uuid4(),
            hostname="host",
            pid=1,
            version="1",
            started_at=seen,
            last_seen_at=seen,
        )
        for seen in (NOW, NOW - timedelta(days=1), NOW)
    )
    with database.begin() as connection:
        for worker in (alive, silent, gone):
            workers.add_worker(connection, worker)
        workers.touch_worker(connection, alive.id, NOW + LEASE, heard_since=NOW, day=NOW)
        workers.stop_worker(connection, gone.id, NOW)
        found = workers.recent_workers(connection, NOW - LEASE)
    assert [worker.id for worker in found] == [alive.id]
    assert found[0].last_tick_at == NOW + LEASE
