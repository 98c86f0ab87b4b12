"""Saving: the draft is checked as a whole and written once; what somebody else did is never undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from autopilot.domain.access import Right
from autopilot.errors import AutopilotError, Conflict, DocumentInvalid, Problem
from autopilot.service.specification_secrets import allow_channels, masked
from autopilot.service.specifying import (
    cancel_specification,
    change_specification,
    create_specification,
    document_of,
    fingerprint,
)
from autopilot.ui.guard import Visit
from autopilot.ui.parts.confirm import asked, confirm
from autopilot.ui.parts.faults import show_fault
from autopilot.ui.parts.text import plain
from autopilot.ui.specifications.draft import Draft, Values, complete, opened, sentences
from autopilot.ui.specifications.fields import acting, refresh
from autopilot.ui.specifications.places import drafts, go_to, set_place

if TYPE_CHECKING:
    from autopilot.domain.specification import SpecificationDocument
    from autopilot.store.specifications import SpecificationRow

MOST_TOLD = 12
CANCEL = "spec-cancel"
_PLACES = {
    "categories": "What it is about", "regions": "What it is about", "cells": "What it is about",
    "rules": "What it is about", "sources": "Sources", "voice": "Voice and look",
    "template": "Voice and look", "channels": "Channels",
}  # fmt: skip


def draft_of(visit: Visit, row: SpecificationRow) -> Draft:
    """Return this session's draft of a specification: what was typed before, or as it is stored.

    An untouched draft follows what others save.
    """
    document = document_of(visit.app, row)
    now = fingerprint(document)
    shown = document if visit.may(Right.MANAGE) else masked(document)
    kept = drafts().get(str(row.id))
    if isinstance(kept, Draft) and (kept.seen == now or kept.is_changed):
        return kept
    if isinstance(kept, Draft):
        refresh(kept)
    draft = opened(str(row.id), shown, now)
    drafts()[draft.key] = draft
    return draft


def show_bar(
    visit: Visit, draft: Draft, row: SpecificationRow | None, problems: Sequence[Problem]
) -> None:
    """Show what is not saved, what stands in the way, and the buttons."""
    if draft.locked:
        st.info("You can look at everything here. Changing it needs the role editor.",
                icon=":material/visibility:")  # fmt: skip
        return
    changes = draft.changes()
    if draft.theirs is not None:
        _show_conflict(draft)
    if problems:
        _show_problems(problems)
    with st.container(horizontal=True, vertical_alignment="center"):
        is_asked = st.button(
            "Create it" if draft.is_new else "Save",
            type="primary",
            icon=":material/save:",
            key=f"spec-{draft.key}-save",
            disabled=not draft.is_changed,
        )
        if draft.is_changed:
            st.button(
                "Start over" if draft.is_new else "Undo all changes",
                icon=":material/undo:",
                key=f"spec-{draft.key}-undo",
                on_click=acting(draft, lambda: _drop(draft)),
            )
        st.markdown(_state(draft, changes))
    if changes:
        with st.expander("What would be saved", key=f"spec-{draft.key}-changes"):
            _list(changes)
    if is_asked:
        save(visit, draft, row)


def save(visit: Visit, draft: Draft, row: SpecificationRow | None) -> None:
    """Write the draft, or say why not; what was typed stays."""
    try:
        saved = _create(visit, draft) if row is None else _change(visit, draft, row)
    except DocumentInvalid as error:
        draft.told = error.problems
        show_fault(error)
        return
    except Conflict as error:
        _note_theirs(visit, draft, row)
        show_fault(error)
        if draft.theirs is not None:
            st.rerun()
        return
    except AutopilotError as error:
        show_fault(error)
        return
    refresh(draft)
    drafts().pop(draft.key, None)
    word = "created" if row is None else "saved"
    go_to(saved.id, told=f"**{plain(saved.document.name)}** is {word}.")


def show_question(visit: Visit, row: SpecificationRow) -> None:
    """Ask once more before a specification goes, and say what stays; only where it was asked for."""
    if asked(CANCEL) != row.id:
        return

    def cancel() -> str:
        visit.reach.specification(row.id, Right.EDIT)
        cancel_specification(visit.app, row.id, actor=visit.actor)
        drafts().pop(str(row.id), None)
        set_place(None)
        return f"{plain(row.document.name)} is deleted; its issues stay."

    confirm(
        CANCEL,
        title="Delete this specification",
        told=(
            f"**{plain(row.document.name)}** goes, and its schedules stop.\n\nIts runs, issues,"
            " articles and readers stay, and can still be looked at. Created again with the short"
            f" name **{plain(row.slug)}** it comes back with all of them."
        ),
        label="Delete it",
        do=cancel,
    )


def _create(visit: Visit, draft: Draft) -> SpecificationRow:
    visit.reach.workspace(visit.workspace.id, Right.EDIT)
    document = _checked(draft)
    allow_channels(visit.reach, visit.workspace.id, None, document)
    return create_specification(visit.app, visit.workspace.id, draft.plain(), actor=visit.actor)


def _change(visit: Visit, draft: Draft, row: SpecificationRow) -> SpecificationRow:
    visit.reach.specification(row.id, Right.EDIT)
    document = _checked(draft)
    before = document_of(visit.app, row)
    allow_channels(visit.reach, row.workspace_id, before, document)
    mine = draft.plain()
    changed = {key: value for key, value in mine.items() if value != draft.saved.get(key)}
    return change_specification(visit.app, row.id, changed, actor=visit.actor, seen=draft.seen)


def _checked(draft: Draft) -> SpecificationDocument:
    document, problems = draft.checked()
    if document is None:
        raise DocumentInvalid("It cannot be saved as it is:", problems)
    return document


def _note_theirs(visit: Visit, draft: Draft, row: SpecificationRow | None) -> None:
    """Read what somebody else saved, so that both can be shown."""
    if row is None:
        return
    document = document_of(visit.app, row)
    if fingerprint(document) == draft.seen:
        return
    shown = document if visit.may(Right.MANAGE) else masked(document)
    draft.theirs = complete(shown.model_dump(mode="json", exclude={"schedules"}))
    draft.their_fingerprint = fingerprint(document)


def _show_conflict(draft: Draft) -> None:
    theirs: Values = draft.theirs or {}
    with st.container(border=True):
        st.warning(
            "Somebody else saved this specification while you were editing it. What you typed is"
            " still here, and nothing of theirs was overwritten.",
            icon=":material/group:",
        )
        left, right = st.columns(2)
        with left:
            st.markdown("**What they changed**")
            _list(sentences(draft.saved, theirs))
        with right:
            st.markdown("**What you changed**")
            _list(draft.changes())
        st.button(
            "Go on from theirs, with my changes on top",
            icon=":material/merge:",
            key=f"spec-{draft.key}-rebase",
            on_click=acting(draft, draft.rebase),
            help="Parts that only they changed become theirs; parts that you changed stay yours.",
        )


def _show_problems(problems: Sequence[Problem]) -> None:
    many = "one thing" if len(problems) == 1 else f"{len(problems)} things"
    told = [f"Before it can be saved, {many} must be mended:"]
    told += [f"- {_place(problem)}: {plain(problem.message)}" for problem in problems[:MOST_TOLD]]
    if len(problems) > MOST_TOLD:
        told.append(f"- and {len(problems) - MOST_TOLD} more")
    st.error("\n".join(told), icon=":material/error:")


def _place(problem: Problem) -> str:
    key = problem.path.partition("[")[0].partition(".")[0]
    section = _PLACES.get(key, "What it is about")
    return f"{section}, {plain(problem.path)}" if problem.path else section


def _state(draft: Draft, changes: Sequence[str]) -> str:
    if draft.is_new:
        return ":material/edit: Not saved yet."
    if not changes:
        return ":material/check: Everything is saved."
    parts = "one part" if len(changes) == 1 else f"{len(changes)} parts"
    return f":orange[:material/edit: Not saved yet: {parts} changed.]"


def _list(told: Sequence[str]) -> None:
    st.markdown("\n".join(f"- {plain(sentence)}" for sentence in told) or "Nothing.")


def _drop(draft: Draft) -> None:
    """Throw what was typed away; the next look begins with what is stored."""
    drafts().pop(draft.key, None)
    draft.values, draft.theirs = {}, None
