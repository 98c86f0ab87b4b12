"""Saving a form: what is missing is told at its place, what was saved tells the next date, and
somebody else's change is shown beside one's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NoReturn

import streamlit as st

from autopilot.domain.access import Right
from autopilot.domain.schedule import Schedule
from autopilot.errors import AutopilotError, Conflict, InputRefused
from autopilot.service.editing import update_schedule
from autopilot.service.schedule_answers import FIELDS, Answers, answers_of, changes_between
from autopilot.service.schedule_form import Seen, named, problems_by_field
from autopilot.service.schedule_overview import deeds_on, who_hears
from autopilot.service.schedules import create_autopilot_schedule
from autopilot.ui.autopilot.forms import Form, Theirs, throw_away
from autopilot.ui.autopilot.places import go_to
from autopilot.ui.autopilot.words import switched_on
from autopilot.ui.guard import Visit
from autopilot.ui.parts.faults import show_fault
from autopilot.ui.parts.rerun import again
from autopilot.ui.parts.text import plain


def show_buttons(visit: Visit, form: Form, seen: Seen) -> None:
    """Show what can be done with the form."""
    if form.was_tried and not seen.is_complete:
        places = ", ".join(step.title for step in seen.steps if not step.is_done)
        st.error(f"It is not saved yet. Look again at: {places}.", icon=":material/error:")
    with st.container(horizontal=True):
        if form.schedule_id is None:
            if st.button("Save and switch on", type="primary", key=f"{form.place}-on"):
                _save(visit, form, seen, enabled=True)
            if st.button("Save switched off", key=f"{form.place}-off"):
                _save(visit, form, seen, enabled=False)
        elif st.button("Save changes", type="primary", key=f"{form.place}-save"):
            _save(visit, form, seen, enabled=None)
        label = "Throw away" if form.schedule_id is None else "Discard my changes"
        if st.button(label, type="tertiary", key=f"{form.place}-away"):
            throw_away(form)
            _back(form)
    st.caption("What you fill in stays here while you look at other pages, until you save it.")


def _back(form: Form) -> NoReturn:
    if form.schedule_id is None:
        go_to()
    go_to(schedule=form.schedule_id)


def _save(visit: Visit, form: Form, seen: Seen, *, enabled: bool | None) -> None:
    form.was_tried = True
    if not seen.is_complete:
        again()
    try:
        saved = _changed(visit, form) if enabled is None else _created(visit, form, enabled)
    except InputRefused as refused:
        form.refused = problems_by_field(form.answers, refused.problems)
        again()
    except Conflict as error:
        if not _is_overtaken(visit, form):
            show_fault(error)
            return
        again()
    except AutopilotError as error:
        show_fault(error)
        return
    throw_away(form)
    go_to(told=_told(visit, form, saved), schedule=saved.id)


def _created(visit: Visit, form: Form, enabled: bool) -> Schedule:
    a = named(form.answers)
    assert a.specification_id is not None  # a form without one is not complete
    row = visit.reach.specification(a.specification_id, Right.EDIT)
    return create_autopilot_schedule(
        row.id,
        row.workspace_id,
        visit.actor,
        a.name,
        a.kind,
        a.config,
        timezone=a.timezone,
        categories_override=a.categories,
        regions_override=a.regions,
        cadence_override=a.cadence,
        enabled=enabled,
        notes=a.notes.strip() or None,
        policies=a.policies,
        app=visit.app,
    )


def _changed(visit: Visit, form: Form) -> Schedule:
    """Send what this person changed, and no more: what others changed elsewhere stays theirs."""
    assert form.schedule_id is not None
    own = visit.reach.schedule(form.schedule_id, Right.EDIT)
    changes, policies = changes_between(form.opened, named(form.answers))
    if not changes and not policies:
        return own
    return update_schedule(
        own.id, changes, policies=policies, actor=visit.actor, version=form.version, app=visit.app
    )


def _told(visit: Visit, form: Form, saved: Schedule) -> str:
    told = switched_on(saved, who_hears(visit.reach, saved), visit.app.clock())
    return told if form.schedule_id is None else f"Saved. {told}"


def _is_overtaken(visit: Visit, form: Form) -> bool:
    """Note what somebody else saved meanwhile; False when that is not what is in the way."""
    if form.schedule_id is None:
        return False
    newer = visit.reach.schedule(form.schedule_id)
    if newer.version == form.version:
        return False
    last = next(iter(deeds_on(visit.reach, newer.id)), None)
    who = last.actor if last else "Somebody"
    form.theirs = Theirs(answers=answers_of(newer), version=newer.version, who=who)
    return True


def show_conflict(form: Form) -> None:
    """Show what somebody else saved beside what was typed; nothing of either is lost."""
    theirs = form.theirs
    if theirs is None:
        return
    with st.container(border=True):
        st.warning(
            f"{plain(theirs.who)} changed this schedule while you were editing it. Nothing of yours"
            " is saved yet, and nothing is lost: both versions are here.",
            icon=":material/group:",
        )
        st.markdown("\n".join(_compared(form, theirs.answers)))
        st.caption("Saving yours keeps what only they changed.")
        with st.container(horizontal=True):
            if st.button("Go on with mine", type="primary", key=f"{form.place}-mine"):
                _go_on(form, theirs, _merged(form, theirs.answers))
            if st.button("Take theirs", key=f"{form.place}-theirs"):
                _go_on(form, theirs, theirs.answers)


def _compared(form: Form, theirs: Answers) -> list[str]:
    lines = ["| | Yours | Theirs |", "|---|---|---|"]
    for name in FIELDS:
        mine, other = getattr(form.answers, name), getattr(theirs, name)
        if mine != other:
            label = name.replace("_", " ").capitalize()
            lines.append(f"| {label} | {_shown(mine)} | {_shown(other)} |")
    return lines if len(lines) > 2 else ["Both say the same; they also switched or ran it."]


def _shown(value: object) -> str:
    if value in (None, "", (), {}):
        return "as usual"
    if isinstance(value, Mapping):
        return plain(", ".join(f"{key}: {told}" for key, told in value.items()))
    if isinstance(value, tuple):
        return plain(", ".join(str(it) for it in value))
    return plain(value)


def _merged(form: Form, theirs: Answers) -> Answers:
    """What this person changed, over what the other has."""
    mine = {
        name: getattr(form.answers, name)
        for name in FIELDS
        if getattr(form.answers, name) != getattr(form.opened, name)
    }
    return replace(theirs, **mine)


def _go_on(form: Form, theirs: Theirs, answers: Answers) -> None:
    form.opened, form.version, form.theirs = theirs.answers, theirs.version, None
    form.put(answers)
    again()
