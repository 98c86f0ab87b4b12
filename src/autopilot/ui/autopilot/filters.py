"""Filters of the list: kept while somebody looks at a schedule and comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import streamlit as st

from autopilot.domain.schedule import ScheduleStatus
from autopilot.service.schedule_overview import Choices
from autopilot.ui.guard import Visit
from autopilot.ui.parts.badges import look_of

_KEPT, _PLACES = "autopilot-filters", "autopilot-places"
ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the list is narrowed by. `workspace_id` of None: all that the visitor may read."""

    workspace_id: UUID | None
    readable: tuple[UUID, ...]
    status: str | None = None
    specification_id: UUID | None = None
    owner: str | None = None
    text: str = ""

    @property
    def workspace_ids(self) -> tuple[UUID, ...]:
        """The workspaces that are looked in."""
        return self.readable if self.workspace_id is None else (self.workspace_id,)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the workspace is chosen."""
        return any((self.status, self.specification_id, self.owner, self.text))


def kept(visit: Visit) -> Filters:
    """Return the filters as they were left; another workspace in the menu begins anew."""
    readable = tuple(item.id for item in visit.reach.workspaces())
    found: tuple[UUID, Filters] | None = st.session_state.get(_KEPT)
    if found is not None and found[0] == visit.workspace.id:
        return replace(found[1], readable=readable)
    asked = st.query_params.get("status")
    status = asked if asked in list(ScheduleStatus) else None
    return Filters(workspace_id=visit.workspace.id, readable=readable, status=status)


def ask(visit: Visit, before: Filters, known: Choices) -> Filters:
    """Show the filters and return what is chosen now; a change leads to the first page."""
    bar = st.container(horizontal=True, vertical_alignment="bottom")
    with bar:
        text = st.text_input(
            "Search",
            value=before.text,
            key="autopilot-text",
            placeholder="Search names",
            label_visibility="collapsed",
            icon=":material/search:",
            width=260,
        )
        status = _status(before, known)
        others = [before.specification_id, before.owner, before.workspace_id is None]
        count = sum(1 for it in others if it)
        with st.popover(f"Filters ({count})" if count else "Filters", icon=":material/tune:"):
            now = _others(visit, before, known)
    now = replace(now, text=(text or "").strip(), status=status)
    if now != before:
        st.session_state.pop(_PLACES, None)
    st.session_state[_KEPT] = (visit.workspace.id, now)
    if now.workspace_ids != before.workspace_ids:
        st.rerun()
    return now


def _status(before: Filters, known: Choices) -> str | None:
    names = [ALL, *(it.value for it in ScheduleStatus)]
    shown = {ALL: f"All ({known.total:,})"}
    for name in names[1:]:
        shown[name] = f"{look_of(name).word.capitalize()} ({known.counts.get(name, 0):,})"
    chosen = st.selectbox(
        "Status",
        names,
        index=names.index(before.status or ALL),
        format_func=lambda name: shown[name],
        key="autopilot-status",
        label_visibility="collapsed",
        width=220,
    )
    return None if chosen == ALL else chosen


def _others(visit: Visit, before: Filters, known: Choices) -> Filters:
    workspace_id = before.workspace_id
    names = {item.id: item.name for item in visit.reach.workspaces()}
    if len(names) > 1:
        workspace_id = _one_of(
            "Workspace", names, workspace_id, key="autopilot-workspaces", every="All workspaces"
        )
    if workspace_id != before.workspace_id:  # it has specifications and people of its own
        before = replace(before, workspace_id=workspace_id, specification_id=None, owner=None)
    return replace(
        before,
        specification_id=_one_of(
            "Specification",
            known.specifications,
            before.specification_id,
            key=f"autopilot-specifications-{workspace_id}",
            every="All specifications",
        ),
        owner=_one_of(
            "Made by",
            {name: name for name in known.owners},
            before.owner,
            key=f"autopilot-owners-{workspace_id}",
            every="Everybody",
        ),
    )


def _one_of(label: str, names: Mapping[Any, str], before: Any, *, key: str, every: str) -> Any:
    """One of many, or None for all of them."""
    options = [ALL, *names]
    chosen = st.selectbox(
        label,
        options,
        index=options.index(before) if before in options else 0,
        format_func=lambda it: every if it == ALL else names[it],
        key=key,
    )
    return None if chosen == ALL else chosen


def place() -> Sequence[str | None] | None:
    """Return where the page that is looked at begins; None for the first."""
    places: list[Sequence[str | None]] = st.session_state.get(_PLACES, [])
    return places[-1] if places else None


def ask_page(following: Sequence[str | None] | None) -> None:
    """Show the ways to the page before and the one that follows."""
    places: list[Sequence[str | None]] = st.session_state.get(_PLACES, [])
    if not places and following is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Previous", icon=":material/arrow_back:", disabled=not places):
            st.session_state[_PLACES] = places[:-1]
            st.rerun()
        st.caption(f"Page {len(places) + 1}", width="content")
        if st.button("Next", icon=":material/arrow_forward:", disabled=following is None):
            st.session_state[_PLACES] = [*places, following]
            st.rerun()
