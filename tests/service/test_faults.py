"""Faults the campaign of `chaos` found: each once more here, small and certain."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from service.conftest import MONDAY_NINE, SECOND, Clock, apply, document, news
from service.feeds import Feeds
from sqlalchemy import select

from autopilot.service.claim import claim_next
from autopilot.service.context import App
from autopilot.service.plan import plan
from autopilot.service.rescue import rescue
from autopilot.store.tables import newsletter_runs

PATIENCE_SECONDS = 5.0


def test_a_rescued_run_goes_before_whatever_is_queued(app: App, feeds: Feeds, clock: Clock) -> None:
    """Behind a long queue it would not continue within its lease, one poll and a second."""
    text = document(feeds.serve("feed.xml", *news(MONDAY_NINE - timedelta(days=2))))
    later = '      - {name: Five past, type: weekly, config: {days: [mon], times: ["09:05"]}}\n'
    apply(app, text + later)
    five_past = clock.now = MONDAY_NINE + timedelta(minutes=5)
    plan(app, clock())
    other, broken = claim_next(app), claim_next(app)  # the worker of the second one dies
    assert other is not None
    assert broken is not None
    assert broken.run.scheduled_for == five_past
    clock.now = MONDAY_NINE
    other.give_back()
    clock.now = five_past + app.settings.lease + SECOND
    assert rescue(app, clock()) == 1
    again = claim_next(app)
    assert again is not None
    assert (again.run.id, again.run.epoch) == (broken.run.id, 2)


def test_a_worker_frozen_inside_a_transaction_does_not_hold_up_its_rescuers(
    energy: App, clock: Clock
) -> None:
    """Its row lock outlives its lease; whoever waited for it would stop working, too."""
    if not energy.database.is_postgres:
        pytest.skip("SQLite locks no rows")
    clock.now = MONDAY_NINE
    plan(energy, clock())
    assert claim_next(energy) is not None
    clock.pass_(energy.settings.lease + SECOND)
    counts: list[int] = []
    rescuer = threading.Thread(target=lambda: counts.append(rescue(energy, clock())))
    with energy.database.begin() as frozen:
        frozen.execute(select(newsletter_runs).with_for_update()).all()
        rescuer.start()
        rescuer.join(PATIENCE_SECONDS)
        came_back = not rescuer.is_alive()
    rescuer.join()
    assert came_back
    assert counts == [0]
    assert rescue(energy, clock()) == 1
