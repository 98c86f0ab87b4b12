"""The editor: one specification in sections, with the issue that it would make beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import streamlit as st

from autopilot.domain.access import Right
from autopilot.errors import NotFound
from autopilot.ui.guard import Visit
from autopilot.ui.parts.confirm import ask
from autopilot.ui.parts.text import plain
from autopilot.ui.specifications import places
from autopilot.ui.specifications.about import show_about
from autopilot.ui.specifications.channels import show_channels
from autopilot.ui.specifications.draft import Draft
from autopilot.ui.specifications.fields import absorb
from autopilot.ui.specifications.preview_panel import show_panel
from autopilot.ui.specifications.review import show_review
from autopilot.ui.specifications.saving import CANCEL, draft_of, show_bar, show_question
from autopilot.ui.specifications.sources import show_sources
from autopilot.ui.specifications.trying import show_trial
from autopilot.ui.specifications.voice import show_voice
from autopilot.ui.specifications.whole import show_whole

if TYPE_CHECKING:
    from autopilot.domain.specification import SpecificationDocument
    from autopilot.errors import Problem
    from autopilot.store.specifications import SpecificationRow

ABOUT, SOURCES, VOICE = "What it is about", "Sources", "Voice and look"
CHANNELS, REVIEW, TRY, WHOLE = "Channels", "Review", "Try on the past", "As YAML"
SECTIONS = (ABOUT, SOURCES, VOICE, CHANNELS, REVIEW, TRY, WHOLE)
WIDE = frozenset({TRY})  # sections that need the whole width


def show_stored(visit: Visit, specification_id: UUID) -> None:
    """Show a stored specification; raises NotFound for one that is not there, or is cancelled."""
    row = visit.reach.specification(specification_id)
    if row.status != "active" or row.workspace_id != visit.workspace.id:
        raise NotFound(
            f"There is no specification {specification_id} in {visit.workspace.name}.",
            hint="It may have been deleted, or belong to another workspace.",
        )
    draft = draft_of(visit, row)
    show_form(visit, draft, row)


def show_form(visit: Visit, draft: Draft, row: SpecificationRow | None) -> None:
    """Show the form of a draft; `row` is None for one that is not stored yet."""
    absorb(draft)
    draft.locked = not visit.may(Right.EDIT)
    _header(visit, draft, row)
    bar = st.container(border=True)
    section = st.segmented_control(
        "Section", SECTIONS, default=ABOUT, required=True, key=f"spec-{draft.key}-section",
        label_visibility="collapsed",
    )  # fmt: skip
    document, problems = draft.checked()
    with bar:
        show_bar(visit, draft, row, problems)
    if section in WIDE:
        show_trial(visit, draft, document, row)
        return
    form, beside = st.columns([6, 5], gap="large")
    with form:
        _section(section or ABOUT, visit, draft, row, document, problems)
    with beside:
        show_panel(visit, draft, document, row)


def _header(visit: Visit, draft: Draft, row: SpecificationRow | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "All specifications",
            icon=":material/arrow_back:",
            type="tertiary",
            key="spec-back",
            on_click=places.set_place,
            args=(None,),
        )
        if row is not None and not draft.locked:
            st.button(
                "Delete",
                icon=":material/delete:",
                type="tertiary",
                key="spec-delete",
                on_click=ask,
                args=(CANCEL, row.id),
            )
    if row is not None:
        show_question(visit, row)
    st.title(plain(draft.values.get("name") or "A new specification"))
    places.tell()


def _section(
    section: str,
    visit: Visit,
    draft: Draft,
    row: SpecificationRow | None,
    document: SpecificationDocument | None,
    problems: tuple[Problem, ...],
) -> None:
    if section == ABOUT:
        show_about(visit, draft, document, problems)
    elif section == SOURCES:
        show_sources(visit, draft, row, document, problems)
    elif section == VOICE:
        show_voice(visit, draft, problems)
    elif section == CHANNELS:
        show_channels(visit, draft, problems)
    elif section == REVIEW:
        show_review(visit, None if row is None else row.id)
    else:
        show_whole(draft)
