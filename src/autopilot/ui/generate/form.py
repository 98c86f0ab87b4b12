"""The form of the Generate page: which newsletter, of what, over which days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import streamlit as st

from autopilot.domain.access import Right
from autopilot.domain.specification import Cadence
from autopilot.errors import AutopilotError, InputRefused, Problem
from autopilot.service.asking import days_window
from autopilot.service.making_now import begin
from autopilot.ui.guard import Visit
from autopilot.ui.parts.faults import show_fault
from autopilot.ui.parts.when import local

if TYPE_CHECKING:
    from autopilot.domain.content import Window
    from autopilot.store.specifications import SpecificationRow

OWN_DAYS = "days"
_SPANS = {
    Cadence.DAILY.value: "The last day",
    Cadence.WEEKLY.value: "The last week",
    Cadence.MONTHLY.value: "The last month",
    OWN_DAYS: "Days I choose",
}
NO_RIGHT = "You may look, not run: an admin of the workspace gives the role editor."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asks for; None narrows nothing, `window` None is one cadence up to now."""

    specification_id: UUID
    categories: tuple[str, ...] | None
    regions: tuple[str, ...] | None
    cadence: str | None
    window: Window | None


def show_form(visit: Visit, rows: Sequence[SpecificationRow], *, is_again: bool) -> None:
    """Show the form; its button asks for the run and puts it in the address."""
    row = _specification(rows)
    with st.expander("Narrow it down", icon=":material/filter_alt:", key="generate-narrow"):
        categories = _some(row, "categories", row.document.categories)
        regions = _some(row, "regions", row.document.regions)
        span = _span(row)
        days = _days(visit) if span == OWN_DAYS else None
    if st.button(
        "Run now",
        icon=":material/bolt:",
        type="secondary" if is_again else "primary",
        disabled=not visit.may(Right.EDIT),
        help=None if visit.may(Right.EDIT) else NO_RIGHT,
        key="generate-run",
    ):
        try:
            window = None if days is None else _window(visit, days)
            _ask(
                visit,
                Wish(
                    specification_id=row.id,
                    categories=categories,
                    regions=regions,
                    cadence=None if span in (OWN_DAYS, row.document.cadence) else span,
                    window=window,
                ),
            )
        except AutopilotError as error:
            show_fault(error)


def _ask(visit: Visit, wish: Wish) -> None:
    row = visit.reach.specification(wish.specification_id, Right.EDIT)
    run = begin(
        visit.app,
        row.id,
        actor=visit.actor,
        start=None if wish.window is None else wish.window.start,
        end=None if wish.window is None else wish.window.end,
        categories_override=wish.categories,
        regions_override=wish.regions,
        cadence_override=wish.cadence,
    )
    st.query_params["run"] = str(run.id)
    st.rerun()


def _specification(rows: Sequence[SpecificationRow]) -> SpecificationRow:
    known = {str(row.id): row for row in rows}
    wanted = st.query_params.get("specification", "")
    chosen = st.selectbox(
        "Specification",
        list(known),
        index=list(known).index(wanted) if wanted in known else 0,
        format_func=lambda it: known[it].document.name,
        key="generate-specification",
    )
    return known[chosen]


def _some(row: SpecificationRow, noun: str, known: Sequence[Any]) -> tuple[str, ...] | None:
    """The ids that were chosen; None where none was, which means all."""
    if not known:
        return None
    names = {item.id: item.name for item in known}
    chosen = st.multiselect(
        noun.capitalize(),
        list(names),
        format_func=lambda it: names.get(it, it),
        placeholder=f"All {len(names)} {noun}" if len(names) > 1 else names[known[0].id],
        key=f"generate-{noun}-{row.id}",
    )
    return tuple(chosen) or None


def _span(row: SpecificationRow) -> str:
    usual = row.document.cadence.value
    spans = [usual, *(it for it in _SPANS if it != usual)]
    chosen: str = st.selectbox(
        "Articles of",
        spans,
        format_func=lambda it: f"{_SPANS[it]}{' (as usual)' if it == usual else ''}",
        key=f"generate-span-{row.id}",
    )
    return chosen


def _days(visit: Visit) -> tuple[Any, ...]:
    today = visit.now.astimezone(visit.zone).date()
    days = st.date_input(
        "First and last day",
        value=(today - timedelta(days=6), today),
        max_value=today,
        key="generate-days",
        help=f"Whole days in {visit.zone.key}; today counts up to now ({local(visit.now, visit.zone, now=visit.now)}).",
    )
    return tuple(days)  # one alone while the second is being chosen


def _window(visit: Visit, days: tuple[Any, ...]) -> Window:
    if len(days) != 2:
        raise InputRefused(
            "The days cannot be used:", [Problem(path="Last day", message="is missing")]
        )
    return days_window(days[0], days[1], visit.workspace.timezone, visit.now)
