"""An issue on a page: as its readers see it, its text part, its stories with reasons, what the gate said."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import streamlit as st

from autopilot.domain.gate import Severity
from autopilot.errors import ArtifactLost
from autopilot.service.issue_in_full import IssueInFull, content_of, issue_in_full
from autopilot.ui.guard import Visit
from autopilot.ui.parts.downloads import show_downloads
from autopilot.ui.parts.faults import show_fault
from autopilot.ui.parts.link import link
from autopilot.ui.parts.preview import show_preview
from autopilot.ui.parts.text import plain

if TYPE_CHECKING:
    from autopilot.domain.gate import Finding
    from autopilot.service.issue_in_full import GateReport
    from autopilot.service.review_view import ReviewStory

TABS = ("Preview", "Plain text", "Stories", "Gate report")
_SIGNS = {
    Severity.ERROR: ":red-badge[:material/error: error]",
    Severity.WARNING: ":orange-badge[:material/warning: warning]",
}


def show_issue(visit: Visit, issue_id: UUID, *, key: str) -> None:
    """Show an issue of the visitor's in full, with its downloads; raises NotFound for others."""
    shown = issue_in_full(visit.app, visit.reach.issue(issue_id).id)
    preview, text, stories, gate = st.tabs(TABS, key=f"{key}-tabs")
    try:
        content = content_of(visit.app, shown.view)
        with preview:
            show_preview(content.html, visit.now, key=key)
        with text:
            st.code(content.text.decode(errors="replace"), language=None, wrap_lines=True)
        show_downloads(visit, shown, key=key)
    except ArtifactLost as error:
        with preview:
            show_fault(error)
    with stories:
        show_stories(shown)
    with gate:
        show_gate(shown.gate)


def show_stories(shown: IssueInFull) -> None:
    """Show the stories in reading order: source, link, and why each is in."""
    view = shown.view
    if not view.stories:
        st.markdown("This issue holds no story.")
    for story in view.stories:
        with st.container(border=True):
            st.markdown(f"**{story.number}.** {link(story.title, story.url)}")
            st.caption(_told_of(story))
    for note in shown.notes:
        st.caption(plain(note))


def show_gate(report: GateReport | None) -> None:
    """Show what the gate found, errors first, each with what to do about it."""
    if report is None:
        st.markdown("This issue was made before issues were checked.")
        return
    st.markdown(f"**{report.score} of 100 points**, {report.checked} rules checked.")
    if not report.findings:
        st.markdown(":material/check_circle: Nothing was found.")
    for finding in report.findings:
        show_finding(finding)


def show_finding(finding: Finding) -> None:
    """Show one finding of the gate: how grave, which rule, what, where, and what to do."""
    where = f" ({plain(finding.where)})" if finding.where else ""
    st.markdown(
        f"{_SIGNS[finding.severity]} **{plain(finding.rule)}** {plain(finding.message)}{where}"
    )
    if finding.advice:
        st.caption(plain(finding.advice))


def _told_of(story: ReviewStory) -> str:
    places = " · ".join(filter(None, (story.category, story.region)))
    return f"{plain(story.source)} · {plain(places)}  \nWhy: {plain(story.reason)}"
