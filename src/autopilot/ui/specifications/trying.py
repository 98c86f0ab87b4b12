"""Trying: the issues of the last weeks as these settings would have made them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import streamlit as st

from autopilot.service.what_if import Compared, Comparison, what_if
from autopilot.ui.guard import Visit
from autopilot.ui.parts.acting import told_if_refused
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.when import in_full, local
from autopilot.ui.specifications.draft import Draft

if TYPE_CHECKING:
    from autopilot.domain.specification import SpecificationDocument
    from autopilot.service.simulating import SimulatedIssue
    from autopilot.store.specifications import SpecificationRow

KILOBYTE = 1_000
MOST_TITLES = 20


def show_trial(
    visit: Visit,
    draft: Draft,
    document: SpecificationDocument | None,
    row: SpecificationRow | None,
) -> None:
    """Show the section: a choice of weeks, a button, and what came of it last time."""
    st.subheader("Try it on the last weeks")
    st.caption(
        "Each issue is made again of the stored articles with the settings of this form, beside the"
        " saved ones. Nothing is written or sent."
    )
    base = f"spec-{draft.key}-trial"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        weeks = st.number_input("Weeks", 1, 26, 4, key=f"{base}-weeks", width=140)
        is_asked = st.button(
            "Simulate", icon=":material/history:", key=f"{base}-go", disabled=document is None
        )
    if document is None:
        st.caption("First mend what cannot be saved.")
    elif is_asked:
        with told_if_refused(), st.spinner("Making the issues of the last weeks"):
            found = what_if(
                visit.app, document, workspace=visit.workspace.slug, row=row, weeks=int(weeks)
            )
            st.session_state[f"{base}-found"] = (draft.plain(), found)
    kept = st.session_state.get(f"{base}-found")
    if kept is not None:
        if kept[0] != draft.plain():
            st.caption(":material/update: The form was changed since; simulate again.")
        _show(visit, kept[1], has_saved=row is not None)


def _show(visit: Visit, found: Comparison, *, has_saved: bool) -> None:
    if found.unknown_sources:
        st.caption(
            f"Nothing is stored yet of {len(found.unknown_sources)} sources; they are left out here."
        )
    if not found.slots:
        st.markdown("No issue would have been due in this time.")
        return
    st.markdown(_table(visit, found, has_saved=has_saved))
    st.caption("Cost: what a model would usually take for it. Articles: those stored of its time.")
    for slot in found.slots:
        if slot.gained or slot.lost or (slot.tried and slot.tried.stories):
            _stories(visit, slot)


def _table(visit: Visit, found: Comparison, *, has_saved: bool) -> str:
    """What matters most stands first: a phone shows so many columns and no more."""
    is_named = len({slot.schedule for slot in found.slots}) > 1
    names = ["Issue", "Stories", *(["Saved settings"] * has_saved), "Size", "Cost", "Articles"]
    lines = [f"| {' | '.join(names)} |", f"|---|---|{'---|' * has_saved}{'---:|' * 3}"]
    for slot in found.slots:
        stories, *figures = _figures(slot.tried)
        change = [_change(slot)] if has_saved else []
        cells = [_when(visit, slot, is_named=is_named), stories, *change, *figures]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _figures(issue: SimulatedIssue | None) -> list[str]:
    if issue is None:
        return ["no issue", "–", "–", "–"]
    if issue.skipped is not None:
        return [plain(f"skipped: {issue.skipped}"), "–", "–", f"{issue.articles:,}"]
    cost = "–" if issue.cost is None else f"\\${issue.cost.usd:.3f}"
    size = f"{issue.size / KILOBYTE:.0f} kB"
    return [str(len(issue.stories)), size, cost, f"{issue.articles:,}"]


def _change(slot: Compared) -> str:
    if not any(issue and issue.stories for issue in (slot.tried, slot.saved)):
        return "–"
    told = [f"{len(slot.gained)} new"] if slot.gained else []
    told += [f"{len(slot.lost)} gone"] if slot.lost else []
    return ", ".join(told) or "the same"


def _when(visit: Visit, slot: Compared, *, is_named: bool = True) -> str:
    named = f" · {plain(slot.schedule)}" if slot.schedule and is_named else ""
    return f"{local(slot.slot, ZoneInfo(slot.zone), now=visit.now)}{named}"


def _stories(visit: Visit, slot: Compared) -> None:
    with st.expander(f"Stories of {_when(visit, slot)}"):
        st.caption(in_full(slot.slot, ZoneInfo(slot.zone)))
        gained = set(slot.gained)
        for story in (slot.tried.stories if slot.tried else ())[:MOST_TITLES]:
            title = story.lead.title or story.lead.url
            sign = ":green-badge[new] " if title in gained else ""
            st.markdown(f"- {sign}{plain(title)}")
        for title in slot.lost[:MOST_TITLES]:
            st.markdown(f"- :gray-badge[gone] {plain(title)}")
