"""Asking: which dialog is open. It stays open while the page runs again, until it is answered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

import streamlit as st

from autopilot.ui.guard import Visit

_OPEN = "autopilot-asking"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A dialog by its name, and the schedules it is about; `version` is that of the one seen."""

    name: str
    schedule_ids: Collection[UUID]
    version: int | None = None

    @property
    def schedule_id(self) -> UUID:
        """The one schedule it is about."""
        return next(iter(self.schedule_ids))


Ask = Callable[[Visit, Question], None]


def ask(name: str, *schedule_ids: UUID, version: int | None = None) -> None:
    """Open a dialog with the end of this run of the page."""
    st.session_state[_OPEN] = Question(name=name, schedule_ids=schedule_ids, version=version)


def close() -> None:
    """Let no dialog be open."""
    st.session_state.pop(_OPEN, None)


def show_asked(visit: Visit, known: Mapping[str, Ask]) -> None:
    """Show the dialog that is open, if this page has it."""
    question: Question | None = st.session_state.get(_OPEN)
    if question is not None and question.name in known:
        known[question.name](visit, question)
