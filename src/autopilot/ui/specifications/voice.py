"""Voice and look: how summaries are written, and what the issue looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from autopilot.domain.editorial import Length
from autopilot.domain.specification import Writer
from autopilot.service.looks import own_templates, template_names
from autopilot.ui.guard import Visit
from autopilot.ui.parts.text import plain
from autopilot.ui.specifications.draft import Draft
from autopilot.ui.specifications.fields import (
    area_field,
    choice_field,
    show_problems,
    text_field,
)

if TYPE_CHECKING:
    from autopilot.errors import Problem

WRITERS = {
    Writer.AUTO.value: "A model where there is a key, else the sources' own words",
    Writer.EXTRACTIVE.value: "Always the sources' own words",
    Writer.OPENAI.value: "Always a model; without a key the issue says so",
}
LENGTHS = {
    Length.SHORT.value: "Short, about 30 words",
    Length.MEDIUM.value: "Medium, about 60 words",
    Length.LONG.value: "Long, about 110 words",
}


def show_voice(visit: Visit, draft: Draft, problems: tuple[Problem, ...]) -> None:
    """Show the section."""
    st.subheader("Voice")
    choice_field(draft, draft.values, "writer", "Who writes the summaries", WRITERS)
    show_problems(problems, "writer")
    if visit.app.model is None and draft.values.get("writer") != Writer.EXTRACTIVE.value:
        st.caption("This installation has no model key: summaries are the sources' own words.")
    voice = draft.part("voice")
    text_field(
        draft, voice, "tone", "Tone", empty=None, placeholder="dry and exact",
        help="A few words; for a model only.",
    )  # fmt: skip
    show_problems(problems, "voice.tone")
    choice_field(draft, voice, "length", "Length of a summary", LENGTHS)
    show_problems(problems, "voice.length")
    area_field(
        draft, voice, "instructions", "What else a model has to heed",
        help="Cannot change links, recipients or the order of stories.",
    )  # fmt: skip
    show_problems(problems, "voice.instructions")
    _look(visit, draft, problems)


def _look(visit: Visit, draft: Draft, problems: tuple[Problem, ...]) -> None:
    st.subheader("Look")
    folder = visit.app.settings.data_dir
    names = {name: name.capitalize() for name in template_names()}
    names |= {name: f"{name} (your own)" for name in own_templates(folder)}
    choice_field(draft, draft.values, "template", "Template", names)
    show_problems(problems, "template")
    brand = visit.workspace.brand
    st.markdown(
        f"Name above it: **{plain(brand.name or 'none')}** · colour: {plain(brand.color)} ·"
        f" logo: {plain(brand.logo or 'none')}"
    )
    st.caption("Name, colour, logo, footer and postal address are the workspace's, for all of it.")
    st.page_link(
        "pages/settings.py", label="Change the brand in Settings", icon=":material/palette:"
    )
