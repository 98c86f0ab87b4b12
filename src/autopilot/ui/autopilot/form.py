"""The form of a schedule: steps with a tick each, the rule in words and the next slots beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from autopilot.domain.specification import Specification
from autopilot.service.schedule_form import FormStep, Seen, look, proposed_name
from autopilot.service.schedule_overview import choices, document_of
from autopilot.ui.autopilot import policies, saving, timing
from autopilot.ui.autopilot.fields import told_problems
from autopilot.ui.autopilot.forms import Form
from autopilot.ui.autopilot.places import link_to_list
from autopilot.ui.guard import Visit
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.when import distance


def show_form(visit: Visit, form: Form) -> None:
    """Show a form; while it is filled in only the form is worked out again, not the page."""
    link_to_list()
    st.title("New schedule" if form.schedule_id is None else "Edit schedule", anchor=False)
    _form(visit, form)


@st.fragment
def _form(visit: Visit, form: Form) -> None:
    before = form.answers.specification_id
    form.absorb()
    if before != form.answers.specification_id:
        _forget_choices(form)
    document = _document(visit, form)
    seen = look(form.answers, document, visit.app.clock())
    seen = replace(seen, problems={**seen.problems, **form.refused})
    saving.show_conflict(form)
    _steps(seen.steps)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _newsletter(visit, form, seen)
        with st.container(border=True):
            timing.ask(form, seen)
        _content(form, seen, document)
        policies.ask(form, seen)
    with right, st.container(border=True):
        _outlook(visit, form, seen)
        saving.show_buttons(visit, form, seen)


def _forget_choices(form: Form) -> None:
    """Another specification has other categories and regions."""
    form.answers = replace(form.answers, categories=None, regions=None)
    for name in ("categories", "regions"):
        st.session_state.pop(f"{form.token}-{name}", None)


def _document(visit: Visit, form: Form) -> Specification | None:
    chosen = form.answers.specification_id
    return None if chosen is None else document_of(visit.reach, chosen)


def _steps(steps: tuple[FormStep, ...]) -> None:
    with st.container(horizontal=True, gap="medium"):
        for step in steps:
            if step.is_done:
                told = f":green[:material/check_circle:] {step.title}"
            elif step.missing:
                told = (
                    f":orange[:material/pending:] {step.title}: {', '.join(step.missing)} missing"
                )
            else:
                told = f":red[:material/error:] {step.title}: look again"
            st.markdown(told, width="content")


def _newsletter(visit: Visit, form: Form, seen: Seen) -> None:
    names = choices(visit.reach, [form.workspace_id]).specifications
    st.text_input(
        "Name",
        key=form.key("name"),
        max_chars=200,
        placeholder=proposed_name(form.answers) or "How people find it",
        help="Left empty, it is named after its rule.",
    )
    told_problems(form, seen, "name")
    st.selectbox(
        "Specification",
        list(names),
        format_func=lambda it: names.get(it, "another one"),
        key=form.key("specification_id"),
        placeholder="What the newsletter is about",
        disabled=form.schedule_id is not None,
        index=None,
    )
    told_problems(form, seen, "specification_id")


def _content(form: Form, seen: Seen, document: Specification | None) -> None:
    a = form.answers
    narrowed = [it for it in (a.categories, a.regions, a.cadence) if it]
    told = "narrowed" if narrowed else "all categories and regions (default)"
    with st.expander(f"Content: {told}", key=f"{form.token}-content"):
        if document is None:
            st.caption("Choose a specification first.")
            return
        _one_choice(form, seen, "categories", "Only these categories", document.categories)
        _one_choice(form, seen, "regions", "Only these regions", document.regions)
        st.selectbox(
            "How far back an issue looks",
            [None, "daily", "weekly", "monthly"],
            format_func=lambda it: _CADENCES[it].format(document.cadence.value),
            key=form.key("cadence"),
        )
        told_problems(form, seen, "cadence")
        st.text_area("Notes", key=form.key("notes"), max_chars=2000, placeholder="For colleagues")


_CADENCES: dict[str | None, str] = {
    None: "As the specification says: {} (default)",
    "daily": "One day",
    "weekly": "One week",
    "monthly": "One month",
}


def _one_choice(form: Form, seen: Seen, name: str, label: str, known: Any) -> None:
    names = {item.id: item.name for item in known}
    if not names:
        return
    gone = [it for it in getattr(form.answers, name) or () if it not in names]
    st.multiselect(
        label,
        [*names, *gone],
        format_func=lambda it: names.get(it, f"{it} (no longer there)"),
        key=form.key(name),
        placeholder="All (default)",
    )
    told_problems(form, seen, name)


def _outlook(visit: Visit, form: Form, seen: Seen) -> None:
    """What will happen, from the code that makes it happen."""
    st.subheader("What will happen", anchor=False)
    if seen.sentence is None:
        st.markdown("_The rule in words stands here as soon as days and times are chosen._")
        return
    st.markdown(f"**{plain(seen.sentence)}.**")
    for warning in seen.warnings:
        st.markdown(f":orange[:material/warning:] {plain(warning)}")
    if not seen.slots:
        st.markdown("No slot is left: the last one is past.")
        return
    zone = ZoneInfo(form.answers.timezone)
    lines = []
    for slot in seen.slots:
        flags = "".join(f" :orange-badge[{plain(flag.text)}]" for flag in slot.flags)
        there = slot.utc.astimezone(zone)
        lines.append(
            f"- {there:%a} {there.day} {there:%b %Y}, **{there:%H:%M}**"
            f" :gray[({slot.utc:%H:%M} UTC, {distance(slot.utc, visit.now)})]{flags}"
        )
    st.markdown("The next slots:\n" + "\n".join(lines))
