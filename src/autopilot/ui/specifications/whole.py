"""The whole document as YAML, for people who know it: to read, to keep, and to put in place of all."""

from __future__ import annotations

import streamlit as st

from autopilot.errors import AutopilotError
from autopilot.service.specification_text import read_specification, specification_yaml
from autopilot.ui.parts.faults import show_fault
from autopilot.ui.specifications.draft import Draft, complete
from autopilot.ui.specifications.fields import acting

MIME = "application/yaml"


def show_whole(draft: Draft) -> None:
    """Show the section."""
    st.subheader("As YAML")
    st.caption(
        "What the form says now, as it stands in a configuration file under specifications. Its"
        " schedules are on the page Autopilot."
    )
    text = specification_yaml(draft.plain())
    st.code(text, language="yaml", height=420)
    st.download_button(
        "Download it",
        data=text,
        file_name=f"{draft.values.get('slug') or 'specification'}.yaml",
        mime=MIME,
        icon=":material/download:",
        on_click="ignore",
        key=f"spec-{draft.key}-yaml",
    )
    if not draft.locked:
        _upload(draft)


def _upload(draft: Draft) -> None:
    """An upload only fills the form in: it is looked at before it is saved."""
    key = f"spec-{draft.key}-yaml-file"
    given = st.file_uploader(
        "Put a YAML file in place of everything in the form", type=["yaml", "yml"], key=key,
        help="One specification, or a whole configuration file that has one of this short name.",
    )  # fmt: skip
    if given is None:
        return
    try:
        values = read_specification(given.getvalue(), slug=str(draft.values.get("slug") or ""))
    except AutopilotError as error:
        show_fault(error)
        return
    st.button(
        "Take it into the form",
        icon=":material/input:",
        key=f"{key}-take",
        on_click=acting(draft, _take),
        args=(draft, values),
    )


def _take(draft: Draft, values: dict[str, object]) -> None:
    kept = draft.values.get("slug")
    draft.put(complete(values) | ({} if draft.is_new else {"slug": kept}))
