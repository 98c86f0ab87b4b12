"""What a person may ask of a run: whole days, and the schedule that would repeat it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes, policy

import pytest
from service.asking import only_specification
from service.conftest import Clock
from service.feeds import Feeds
from service.review_desk import made, under_review

from autopilot.domain.specification import Cadence
from autopilot.errors import InputRefused
from autopilot.service.asking import days_window, proposal_for
from autopilot.service.context import App
from autopilot.service.generate import manual_run
from autopilot.service.issue_in_full import as_mail, content_of, issue_in_full
from autopilot.service.links import PLACEHOLDER
from autopilot.service.schedules import create_autopilot_schedule
from autopilot.ui.parts.link import link

BERLIN = "Europe/Berlin"
NOW = datetime(2026, 10, 26, 12, tzinfo=UTC)


def test_days_are_whole_in_their_zone_however_long_they_are() -> None:
    window = days_window(date(2026, 10, 24), date(2026, 10, 25), BERLIN, NOW)
    assert window.start == datetime(2026, 10, 23, 22, tzinfo=UTC)
    assert window.end == datetime(2026, 10, 25, 23, tzinfo=UTC)  # clocks went back on that Sunday


def test_today_counts_up_to_now() -> None:
    assert days_window(date(2026, 10, 26), date(2026, 10, 26), BERLIN, NOW).end == NOW


def test_a_day_that_a_zone_never_had_begins_with_the_next() -> None:
    window = days_window(date(2011, 12, 30), date(2011, 12, 31), "Pacific/Apia", NOW)
    assert window.start == datetime(2011, 12, 30, 10, tzinfo=UTC)


def test_days_in_the_wrong_order_or_to_come_are_refused_all_at_once() -> None:
    with pytest.raises(InputRefused) as refused:
        days_window(date(2026, 11, 3), date(2026, 11, 1), BERLIN, NOW)
    assert [problem.path for problem in refused.value.problems] == ["Last day", "First day"]


@pytest.mark.parametrize("cadence", list(Cadence))
def test_each_cadence_proposes_a_schedule_that_can_be_saved(energy: App, cadence: Cadence) -> None:
    row = only_specification(energy)
    run = manual_run(energy, row.id, row.workspace_id, "ann@example.org", cadence_override=cadence)
    proposed = proposal_for(row, replace(run, categories_override=("grid",)))
    schedule = create_autopilot_schedule(
        row.id,
        row.workspace_id,
        "ann@example.org",
        proposed.name,
        proposed.type,
        proposed.config,
        categories_override=proposed.categories,
        regions_override=proposed.regions,
        cadence_override=proposed.cadence,
        app=energy,
    )
    assert schedule.type == cadence.value
    assert schedule.categories_override == ("grid",)
    assert schedule.next_run_at is not None


def test_an_issue_as_a_mail_file_is_a_draft_for_nobody(
    app: App, feeds: Feeds, clock: Clock
) -> None:
    under_review(app, feeds, "hold")
    shown = issue_in_full(app, made(app, clock).id)
    mail = message_from_bytes(as_mail(app, shown.view), policy=policy.default)
    assert (mail["X-Unsent"], mail["Subject"]) == ("1", shown.view.issue.subject)
    assert mail["To"].endswith("@example.invalid")
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert shown.name.startswith("energy-2026-11-23-")
    assert shown.gate is not None
    assert shown.gate.score == shown.view.issue.report["score"]  # type: ignore[index]


def test_content_to_take_away_names_no_reader(app: App, feeds: Feeds, clock: Clock) -> None:
    under_review(app, feeds, "hold")
    content = content_of(app, issue_in_full(app, made(app, clock).id).view)
    assert b"/u/" not in content.html.replace(PLACEHOLDER.encode(), b"")
    assert content.text


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://example.org/a_(b)?c=1#d", "[x](https://example.org/a_%28b%29?c=1#d)"),
        ("javascript:alert(1)", "x"),
        ("data://text/html,<b>", "x"),
        ("HTTP://example.org/ü [x]($y$)", "[x](http://example.org/%C3%BC%20%5Bx%5D%28%24y%24%29)"),
        ("", "x"),
    ],
)
def test_a_link_ends_where_its_address_ends(address: str, shown: str) -> None:
    assert link("x", address) == shown
