"""Filters of the history: what of it, since when; a link to one schedule chooses that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import streamlit as st

from autopilot.domain.issue import IssueStatus
from autopilot.domain.run import RunStatus, Trigger
from autopilot.errors import NotFound
from autopilot.service.history import specifications_to_choose
from autopilot.service.listing import schedules_page
from autopilot.ui.guard import Visit
from autopilot.ui.parts.badges import look_of

ISSUES, RUNS = "Issues", "Runs"
MOST_SCHEDULES = 200  # of more, the page of the autopilot leads here
_SCHEDULE, _LINKED, _VIEW = "history-schedule", "history-linked", "history-view"
_ASKED = {Trigger.SCHEDULE: "a schedule", Trigger.MANUAL: "a person"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the lists are narrowed by; `outcome` is of a run or of an issue, as `view` says."""

    view: str
    text: str = ""
    specification_id: UUID | None = None
    schedule_id: UUID | None = None
    outcome: str | None = None
    trigger: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is chosen."""
        return any(
            (self.specification_id, self.schedule_id, self.outcome, self.trigger, self.since,
             self.until, self.text)
        )  # fmt: skip


def ask(visit: Visit) -> Filters:
    """Show the filters and return what is chosen."""
    linked = _follow_link(visit)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        view = (
            st.segmented_control(
                "Show", [ISSUES, RUNS], key=_VIEW, label_visibility="collapsed", required=True
            )
            or ISSUES
        )
        text = ""
        if view == ISSUES:
            text = st.text_input(
                "Search issues",
                key="history-text",
                type="search",
                placeholder="Search subjects, introductions, stories",
                label_visibility="collapsed",
                icon=":material/search:",
                width=320,
            )
        count = sum(
            st.session_state.get(f"history-{name}") not in (None, ())
            for name in ("specification", "schedule", "outcome", "trigger", "days")
        )
        told = f"Filters ({count})" if count else "Filters"
        with st.popover(told, icon=":material/tune:"):
            chosen = _others(visit, view, linked)
    return Filters(view=view, text=(text or "").strip(), **chosen)


def _follow_link(visit: Visit) -> UUID | None:
    """A schedule that the address names is chosen once; raises NotFound for one of others."""
    named = st.query_params.get("schedule")
    schedule_id = None if named is None else identity(named, "schedule")
    if schedule_id is not None:
        visit.reach.schedule(schedule_id)
    is_new = st.session_state.get(_LINKED) != named
    if is_new or _SCHEDULE not in st.session_state:
        st.session_state[_SCHEDULE] = schedule_id
        st.session_state[_LINKED] = named
        st.session_state[_VIEW] = RUNS if schedule_id else ISSUES
    st.session_state.setdefault(_VIEW, ISSUES)
    return schedule_id


def _others(visit: Visit, view: str, linked: UUID | None) -> dict[str, Any]:
    specification_id = _one_of(
        "Specification",
        specifications_to_choose(visit.reach, visit.workspace.id),
        key="history-specification",
        every="All specifications",
    )
    schedule_id = _one_of(
        "Autopilot", _schedules(visit, linked), key=_SCHEDULE, every="All autopilots"
    )
    kinds = RunStatus if view == RUNS else IssueStatus
    outcome = _one_of(
        "Outcome",
        {it.value: look_of(it.value).word for it in kinds},
        key="history-outcome" if view == ISSUES else "history-run-outcome",
        every="All outcomes",
    )
    trigger = None
    if view == RUNS:
        asked = {it.value: told for it, told in _ASKED.items()}
        trigger = _one_of("Asked for by", asked, key="history-trigger", every="Anybody")
    since, until = _days(visit)
    return {
        "specification_id": specification_id,
        "schedule_id": schedule_id,
        "outcome": outcome,
        "trigger": trigger,
        "since": since,
        "until": until,
    }


def _schedules(visit: Visit, linked: UUID | None) -> Mapping[UUID, str]:
    page = schedules_page(visit.reach, workspace_id=visit.workspace.id, limit=MOST_SCHEDULES)
    names = {it.id: it.name for it in page.items}
    chosen = linked or st.session_state.get(_SCHEDULE)
    if chosen is not None and chosen not in names:  # a cancelled one, or one of very many
        names[chosen] = visit.reach.schedule(chosen).name
    return names


def _days(visit: Visit) -> tuple[datetime | None, datetime | None]:
    """Two days of the workspace's zone, both included."""
    today = visit.now.astimezone(visit.zone).date()
    days: Sequence[date] = st.date_input(
        "Made between",
        value=[],
        max_value=today + timedelta(days=1),
        key="history-days",
        format="YYYY-MM-DD",
        help="Choose the first and the last day.",
    )
    if not days:
        return None, None
    return _midnight(visit, days[0]), _midnight(visit, days[-1] + timedelta(days=1))


def _midnight(visit: Visit, day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=visit.zone)


def _one_of(label: str, names: Mapping[Any, str], *, key: str, every: str) -> Any:
    """One of many, or None for all of them; a choice that is no more is none."""
    options = [None, *names]
    if st.session_state.get(key) not in options:
        st.session_state[key] = None
    return st.selectbox(
        label, options, format_func=lambda it: every if it is None else names[it], key=key
    )


def identity(text: str, noun: str) -> UUID:
    """Return an id that an address names; raises NotFound for what is none."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(f"There is no such {noun}.") from None
