"""What is done to a run by a click: called off, and sent again where it failed; each asks first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from streamlit.testing.v1 import AppTest
from ui.conftest import button, history, member_of, words, workspace

from autopilot.domain.access import Principal, Role
from autopilot.domain.run import RunStatus
from autopilot.service.context import App
from autopilot.store.tables import deliveries, issues, newsletter_runs

Shown = Callable[..., AppTest]


def set_run(app: App, run_id: UUID, **values: Any) -> None:
    with app.database.begin() as connection:
        connection.execute(
            update(newsletter_runs).where(newsletter_runs.c.id == run_id).values(**values)
        )


def fail_deliveries(app: App) -> UUID:
    """Lets every delivery be one that failed, and returns the run of an issue that has one."""
    with app.database.begin() as connection:
        connection.execute(
            update(deliveries).values(status="failed", reason="451 try later", ended_at=app.clock())
        )
        run_id: UUID = (
            connection.execute(
                select(issues.c.run_id).join(deliveries, deliveries.c.issue_id == issues.c.id)
            )
            .scalars()
            .first()
        )
    return run_id


def counts(app: App) -> dict[str, int]:
    with app.database.read() as connection:
        rows = connection.execute(
            select(deliveries.c.status, func.count()).group_by(deliveries.c.status)
        )
        return {row[0]: row[1] for row in rows}


def test_a_run_is_called_off_after_a_question(app: App, shown: Shown) -> None:
    run = history(app)[-1]
    set_run(app, run.id, status="queued", reason=None, started_at=None, finished_at=None)
    page = shown("history", run=run.id)
    button(page, "Cancel this run").click().run()
    assert history(app)[-1].status is RunStatus.QUEUED
    button(page, "Cancel the run").click().run()
    assert not page.exception
    assert history(app)[-1].status is RunStatus.CANCELLED
    assert [it.value for it in page.toast] == ["The run was cancelled."]


def test_what_failed_is_sent_again_after_a_question(app: App, shown: Shown) -> None:
    run_id = fail_deliveries(app)
    before = counts(app)
    page = shown("history", run=run_id)
    button(page, "Resend to 1 failed").click().run()
    assert counts(app) == before
    assert "Mails cannot be taken back" in words(page)
    button(page, "Send it again").click().run()
    assert not page.exception
    assert counts(app)["failed"] == before["failed"] - 1


def test_an_editor_who_may_not_send_cannot_send_again(
    app: App, shown: Shown, become: Callable[[Principal], None]
) -> None:
    run_id = fail_deliveries(app)
    become(member_of(workspace(app), Role.EDITOR))
    assert button(shown("history", run=run_id), "Resend to 1 failed").disabled
