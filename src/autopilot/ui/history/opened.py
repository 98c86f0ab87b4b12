"""One issue, or one run, of the history."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from autopilot.domain.delivery import DeliveryStatus
from autopilot.service.history import lines_of
from autopilot.service.listing import deliveries_page
from autopilot.ui.guard import Visit
from autopilot.ui.parts.address import address
from autopilot.ui.parts.badges import badge, look_of
from autopilot.ui.parts.issue_view import show_issue
from autopilot.ui.parts.mail_test import show_mail_test
from autopilot.ui.parts.paging import place, show_paging
from autopilot.ui.parts.run_view import show_run
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.when import in_full, local

TO_REVIEW = frozenset({"held", "waiting"})
ROWS = 25
_PLACES = "history-deliveries"


def show_opened_issue(visit: Visit, issue_id: UUID) -> None:
    """Show an issue in full, who got it and how it was made; raises NotFound for others."""
    issue = visit.reach.issue(issue_id)
    (line,) = lines_of(visit.reach, issue.workspace_id, [issue])
    st.subheader(plain(issue.subject), anchor=False)
    at = issue.scheduled_for or issue.created_at
    told = " · ".join(filter(None, [line.specification, line.schedule]))
    st.markdown(
        f"{badge(line.outcome)} {plain(told)} · {plain(local(at, visit.zone, now=visit.now))}",
        help=in_full(at, visit.zone),
    )
    if issue.status in TO_REVIEW:
        st.page_link(
            "pages/review.py",
            label="Review it: approve, edit, or take it back",
            icon=":material/rate_review:",
            query_params={"issue": str(issue.id), "workspace": visit.workspace.slug},
        )
    show_issue(visit, issue.id, key="history-issue")
    show_mail_test(visit, issue.id, key="history-test")
    who = st.expander("Who got it", icon=":material/group:", key="history-who", on_change="rerun")
    if who.open:
        with who:
            _deliveries(visit, issue.id)
    made = st.expander(
        "How it was made", icon=":material/route:", key="history-made", on_change="rerun"
    )
    if made.open:
        with made:
            show_run(visit, visit.reach.run(issue.run_id), key="history-issue-run")


def show_opened_run(visit: Visit, run_id: UUID) -> None:
    """Show a run in full; raises NotFound for others."""
    show_run(visit, visit.reach.run(run_id), key="history-run")


def _deliveries(visit: Visit, issue_id: UUID) -> None:
    chosen = st.pills(
        "Only",
        list(DeliveryStatus),
        format_func=lambda it: look_of(it.value).word,
        key="history-delivery-status",
    )
    page = deliveries_page(
        visit.reach,
        issue_id=issue_id,
        statuses=() if chosen is None else (chosen,),
        after=place(_PLACES, (issue_id, chosen)),
        limit=ROWS,
    )
    if not page.items:
        st.caption("Nobody: there is no delivery of this kind.")
    for row in page.items:
        kind = row.channel.partition(":")[0]
        why = row.reason or row.response or ""
        at = row.ended_at or row.due_at
        st.markdown(
            f"{badge(row.status.value)} {address(row.address or kind)}"
            f" :gray[{plain(' · '.join(filter(None, [kind, why[:200]])))}]",
            help=in_full(at, visit.zone),
        )
    show_paging(_PLACES, page.next)
