"""A run that a page asks for: somebody takes it, a second click adds nothing, how far it is is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from service.asking import all_runs, only_run, only_specification
from service.conftest import Clock
from service.feeds import Feeds

from autopilot.domain.run import Run, RunStatus, Step
from autopilot.errors import NotFound
from autopilot.service import making_now
from autopilot.service.attendance import arrive
from autopilot.service.context import App
from autopilot.service.making_now import Progress, begin, progress, take_over
from autopilot.service.tick import tick


def asked(app: App) -> Run:
    return begin(app, only_specification(app).id, actor="ann@example.org")


def ended(app: App, run: Run) -> Progress:
    """Waits for the threads of this process, and tells how far the run is then."""
    for thread in threading.enumerate():
        if thread.name == "making":
            thread.join(20)
    return progress(app, run.id)


def test_without_a_worker_this_process_makes_the_issue(energy: App) -> None:
    told = ended(energy, asked(energy))
    assert (told.run.status, told.outcome, told.reason) == (RunStatus.SUCCEEDED, "draft", None)
    assert told.issue_id is not None
    assert [it.step for it in told.done] == list(Step)
    assert told.share == 1.0
    assert (told.done[0].count_in, told.done[0].count_out) == (1, 4)


def test_a_living_worker_is_left_to_take_it(energy: App) -> None:
    arrive(energy)
    run = asked(energy)
    before = progress(energy, run.id)
    assert (before.outcome, before.step, before.is_stranded) == ("queued", None, False)
    tick(energy)
    assert progress(energy, run.id).outcome == "draft"


def test_a_second_click_gets_the_run_of_the_first(energy: App) -> None:
    arrive(energy)
    first, second = asked(energy), asked(energy)
    assert first.id == second.id == only_run(energy).id


def test_clicks_at_one_instant_make_one_run(energy: App) -> None:
    arrive(energy)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(asked, [energy] * 4))
    assert {run.id for run in made} == {only_run(energy).id}


def test_after_the_end_a_click_makes_another(energy: App) -> None:
    first = ended(energy, asked(energy)).run
    second = ended(energy, asked(energy)).run
    assert first.id != second.id
    assert len(all_runs(energy)) == 2


def test_the_step_under_way_is_told_while_it_lasts(energy: App, feeds: Feeds) -> None:
    feeds.pages["feed.xml"].before = lambda: feeds.released.wait(20)
    run = asked(energy)
    try:
        during = progress(energy, run.id)
        assert (during.outcome, during.step) == ("running", Step.COLLECT)
        assert (during.share, during.is_stranded) == (0.0, False)
        assert asked(energy).id == run.id
    finally:
        feeds.released.set()
    assert ended(energy, run).has_ended


def test_why_there_is_no_issue_is_told(silent: App) -> None:
    told = ended(silent, asked(silent))
    assert (told.outcome, told.issue_id) == ("failed", None)
    assert told.reason is not None
    assert "could be read" in told.reason


def test_a_run_that_its_process_left_is_taken_over(
    energy: App, new_app: Callable[..., App], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as dead:
        dead.setattr(making_now, "_start", lambda _lease, _around: None)  # it died at this instant
        run = asked(energy)
    assert not progress(energy, run.id).is_stranded
    clock.pass_(energy.settings.lease + timedelta(seconds=1))
    other = new_app()
    assert progress(other, run.id).is_stranded
    take_over(other, run.id)
    told = ended(other, run)
    assert (told.outcome, told.run.deaths) == ("draft", 1)


def test_a_run_whose_worker_is_gone_before_it_came_is_taken_over(energy: App, clock: Clock) -> None:
    arrive(energy)
    run = asked(energy)
    clock.pass_(timedelta(hours=1))
    assert progress(energy, run.id).is_stranded
    take_over(energy, run.id)
    take_over(energy, run.id)
    assert ended(energy, run).outcome == "draft"
    assert take_over(energy, run.id).has_ended
    assert len(all_runs(energy)) == 1


def test_when_the_process_ends_the_run_goes_back_to_the_queue(
    energy: App, feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making_now, "_ending", threading.Event())
    is_asked = threading.Event()
    feeds.pages["feed.xml"].before = lambda: (is_asked.set(), feeds.released.wait(20))
    run = asked(energy)
    assert is_asked.wait(20)
    making_now._ending.set()
    feeds.released.set()
    told = ended(energy, run)
    assert (told.outcome, [it.step for it in told.done]) == ("queued", [Step.COLLECT])
    assert told.is_stranded


def test_what_is_not_there_is_not_found(energy: App) -> None:
    with pytest.raises(NotFound):
        begin(energy, uuid4(), actor="ann@example.org")
    with pytest.raises(NotFound):
        progress(energy, uuid4())
    with pytest.raises(NotFound):
        take_over(energy, uuid4())
