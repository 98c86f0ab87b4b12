"""What a person may do to a run that they look at: open its issue, try again, call off, send again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import streamlit as st

from autopilot.domain.access import Right
from autopilot.domain.run import RunStatus
from autopilot.service.redelivery import retry_deliveries
from autopilot.service.runs import cancel_run, retry_run
from autopilot.ui.guard import Visit
from autopilot.ui.parts.confirm import act, ask, asked, confirm
from autopilot.ui.parts.way import show_way

if TYPE_CHECKING:
    from autopilot.domain.run import Run

LACKING = "You lack the right to do this; an admin of the workspace gives it."


def show_run_acts(visit: Visit, run: Run, report: dict[str, Any], *, key: str) -> None:
    """Show the acts that this run allows; `report` is that of `service.report`."""
    failed = report["deliveries"].get("failed", 0)
    with st.container(horizontal=True):
        if report["issue_id"]:
            show_way(
                "Open the issue",
                page="history",
                key=f"{key}-open",
                icon=":material/article:",
                issue=str(report["issue_id"]),
                workspace=visit.workspace.slug,
            )
        if run.status is RunStatus.FAILED and _button(
            visit, "Retry from the failed step", "replay", Right.EDIT, f"{key}-retry"
        ):
            act(lambda: _retry(visit, run))
        if not run.has_ended and _button(
            visit, "Cancel this run", "cancel", Right.EDIT, f"{key}-cancel"
        ):
            ask(f"{key}-cancel-run")
        if failed and _button(
            visit, f"Resend to {failed} failed", "outgoing_mail", Right.SEND, f"{key}-resend"
        ):
            ask(f"{key}-resend-run")
    if asked(f"{key}-cancel-run"):
        _ask_to_cancel(visit, run, f"{key}-cancel-run")
    if asked(f"{key}-resend-run"):
        _ask_to_resend(visit, report, failed, f"{key}-resend-run")


def _button(visit: Visit, label: str, icon: str, right: Right, key: str) -> bool:
    allowed = visit.may(right)
    return st.button(
        label,
        key=key,
        icon=f":material/{icon}:",
        disabled=not allowed,
        help=None if allowed else LACKING,
    )


def _retry(visit: Visit, run: Run) -> str:
    retry_run(visit.reach.run(run.id, Right.EDIT).id, actor=visit.actor, app=visit.app)
    return "The run is in the queue again; what it had finished is not repeated."


def _ask_to_cancel(visit: Visit, run: Run, key: str) -> None:
    def cancel() -> str:
        seen = visit.reach.run(run.id, Right.EDIT)
        cancel_run(seen.id, f"cancelled by {visit.actor}", actor=visit.actor, app=visit.app)
        return "The run was cancelled."

    confirm(
        key,
        title="Cancel this run",
        told="A worker that has it stops at its next write. No issue is made of it.",
        label="Cancel the run",
        do=cancel,
    )


def _ask_to_resend(visit: Visit, report: dict[str, Any], failed: int, key: str) -> None:
    who = "1 reader or channel" if failed == 1 else f"{failed} readers or channels"
    unknown = report["deliveries"].get("unknown", 0)
    besides = f" {unknown} that may have arrived are left alone." if unknown else ""

    def resend() -> str:
        issue = visit.reach.issue(UUID(report["issue_id"]), Right.SEND)
        done = retry_deliveries(visit.app, issue, actor=visit.actor)
        return f"{done.total} leave with the next pass."

    confirm(
        key,
        title="Send again",
        told=f"The same issue goes once more to {who} where it failed. Mails cannot be taken"
        f" back.{besides}",
        label="Send it again",
        do=resend,
    )
