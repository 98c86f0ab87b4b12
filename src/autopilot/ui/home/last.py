"""Did it work: the last runs with how they ended, and of those without an issue the reason."""

from __future__ import annotations

from collections import Counter
from textwrap import shorten

import streamlit as st

from autopilot.service.outcome import is_good
from autopilot.service.overview import Overview, Ran
from autopilot.ui.guard import Visit
from autopilot.ui.parts.badges import badge, look_of, squares
from autopilot.ui.parts.empty import show_empty
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.when import in_full, local

SHOWN = 6
REASON = 240
SUBJECT = 44  # a link is one line, on a phone too


def show_last(visit: Visit, seen: Overview) -> None:
    """Show the last runs, newest first, and how the ones before them went in squares."""
    st.subheader("Last runs", anchor=False)
    if not seen.last:
        show_empty("No issue was made yet.", page="generate", label="Make one now", icon="bolt")
        return
    for ran in seen.last[:SHOWN]:
        _show(visit, ran)
    if len(seen.last) > 1:
        st.caption(_told(seen))
    st.page_link("pages/history.py", label="All runs and issues", icon=":material/arrow_forward:")


def _show(visit: Visit, ran: Ran) -> None:
    moment = ran.run.scheduled_for or ran.run.created_at
    by = ran.schedule or ("asked for by hand" if ran.run.schedule_id is None else "")
    st.markdown(f"{badge(ran.outcome)} **{plain(ran.specification)}**")
    told = [local(moment, visit.zone, now=visit.now), *([plain(by)] if by else [])]
    st.caption(" · ".join(told), help=in_full(moment, visit.zone))
    if ran.issue_id is not None:
        st.page_link(
            "pages/history.py",
            label=plain(shorten(ran.subject or "The issue", SUBJECT, placeholder=" …")),
            icon=":material/article:",
            help=plain(ran.subject or ""),
            query_params={"workspace": visit.workspace.slug, "issue": str(ran.issue_id)},
        )
    elif ran.run.reason:
        _reason(visit, ran)


def _reason(visit: Visit, ran: Ran) -> None:
    reason = ran.run.reason or ""
    st.caption(plain(reason if len(reason) <= REASON else f"{reason[:REASON]} ..."))
    if is_good(ran.outcome) is False:
        st.page_link(
            "pages/history.py",
            label="See each step, and try again",
            icon=":material/replay:",
            query_params={"workspace": visit.workspace.slug, "run": str(ran.run.id)},
        )


def _told(seen: Overview) -> str:
    oldest_first = [ran.outcome for ran in reversed(seen.last)]
    counts = Counter(look_of(outcome).word for outcome in oldest_first)
    told = ", ".join(f"{count} {word}" for word, count in counts.most_common())
    return (
        f"{squares(oldest_first)}  \nOf the last {len(oldest_first)} runs: {told}."
        " The newest is on the right."
    )
