"""What waits for people: the issues of a workspace that no reader has had, the most urgent first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import streamlit as st

from autopilot.domain.issue import IssueStatus
from autopilot.service.asking import specifications_of
from autopilot.service.listing import issues_page
from autopilot.ui.guard import Visit, page
from autopilot.ui.parts.badges import badge
from autopilot.ui.parts.empty import show_empty
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.way import show_way
from autopilot.ui.parts.when import in_full, local
from autopilot.ui.review.countdown import EVERY_SECONDS, told_soon

if TYPE_CHECKING:
    from autopilot.store.issues import IssueRow

UNDER_REVIEW, DRAFTS = "Waiting and held", "Drafts"
_SHOWN = {
    UNDER_REVIEW: (IssueStatus.WAITING, IssueStatus.HELD),
    DRAFTS: (IssueStatus.DRAFT,),
}
_LAST = datetime.max.replace(tzinfo=UTC)
STEP = 20


def show_waiting() -> None:
    """Show the list, anew each half minute."""
    chosen = st.segmented_control(
        "Show", list(_SHOWN), default=UNDER_REVIEW, key="review-show", label_visibility="collapsed"
    )

    @st.fragment(run_every=EVERY_SECONDS)
    def live() -> None:
        page(lambda visit: _show(visit, chosen or UNDER_REVIEW))

    live()


def _show(visit: Visit, chosen: str) -> None:
    limit = st.session_state.get("review-many", STEP)
    found = issues_page(
        visit.reach, workspace_id=visit.workspace.id, statuses=_SHOWN[chosen], limit=limit
    )
    if not found.items:
        _tell_none(chosen)
        return
    names = {
        row.id: row.document.name
        for row in specifications_of(visit.reach, visit.workspace.id, with_cancelled=True)
    }
    for issue in sorted(found.items, key=lambda it: it.release_at or _LAST):
        _card(visit, issue, names)
    if found.next is not None and st.button("Show more", key="review-more"):
        st.session_state["review-many"] = limit + STEP
        st.rerun(scope="fragment")


def _card(visit: Visit, issue: IssueRow, names: Mapping[UUID, str]) -> None:
    errors = sum(it["severity"] == "error" for it in (issue.report or {}).get("findings", ()))
    parts = [plain(names.get(issue.specification_id, "")), told_soon(issue, visit.now)]
    if issue.release_at is not None:
        parts[-1] += f" ({local(issue.release_at, visit.zone, now=visit.now)})"
    parts.append(f"made {local(issue.created_at, visit.zone, now=visit.now)}")
    parts += [f"the gate found {errors} error{'s' if errors > 1 else ''}"] if errors else []
    with st.container(border=True):
        show_way(
            f"**{plain(issue.subject)}**",
            page="review",
            key=f"review-open-{issue.id}",
            issue=str(issue.id),
            workspace=visit.workspace.slug,
        )
        st.markdown(
            f"{badge(issue.status)} {' · '.join(filter(None, parts))}",
            help=in_full(issue.release_at or issue.created_at, visit.zone),
        )


def _tell_none(chosen: str) -> None:
    if chosen == DRAFTS:
        show_empty(
            "There is no draft: an issue that somebody generates is one.",
            page="generate",
            label="Generate an issue",
            icon="draft",
        )
        return
    show_empty(
        "No issue waits for anybody. A schedule with a review shows its issues here before they go out.",
        page="autopilot",
        label="Look at the schedules",
        icon="rate_review",
    )
