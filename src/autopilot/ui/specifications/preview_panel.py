"""The preview beside the form: the issue that the settings would make now, of what is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from autopilot.domain.access import Right
from autopilot.service.live_preview import Preview, live_preview
from autopilot.ui.guard import Visit
from autopilot.ui.parts.acting import told_if_refused
from autopilot.ui.parts.preview import show_preview
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.when import in_full, local
from autopilot.ui.specifications.draft import Draft
from autopilot.ui.specifications.sources import check_now

if TYPE_CHECKING:
    from autopilot.domain.specification import SpecificationDocument
    from autopilot.store.specifications import SpecificationRow


def show_panel(
    visit: Visit,
    draft: Draft,
    document: SpecificationDocument | None,
    row: SpecificationRow | None,
) -> None:
    """Show the preview; while something in the form is wrong, the last one that could be drawn."""
    st.subheader("Preview")
    base = f"spec-{draft.key}-preview"
    with st.container(horizontal=True, vertical_alignment="center"):
        follows = st.toggle("Follow my changes", value=True, key=f"{base}-follow")
        is_asked = st.button("Refresh", icon=":material/refresh:", key=f"{base}-refresh")
    kept: Preview | None = st.session_state.get(f"{base}-kept")
    if document is None:
        st.caption(":material/error: It waits until everything in the form can be read.")
    elif follows or is_asked or kept is None:
        with told_if_refused(), st.spinner("Drawing the issue"):
            kept = live_preview(visit.app, document, workspace=visit.workspace.slug)
            st.session_state[f"{base}-kept"] = kept
    if kept is not None:
        _show(visit, draft, kept, row)


def _show(visit: Visit, draft: Draft, preview: Preview, row: SpecificationRow | None) -> None:
    st.caption(
        "Made of stored articles with the settings of the form, without a model; what readers had"
        " before is not left out. Nothing is written."
    )
    if preview.unknown_sources:
        many = len(preview.unknown_sources)
        st.caption(
            f":material/info: Nothing is stored yet of {many} source{'s' * (many != 1)};"
            f" {'they are' if many > 1 else 'it is'} read after saving."
        )
    if preview.skipped is not None:
        _nothing(visit, draft, preview, row)
    else:
        st.markdown(f"**{plain(preview.subject)}**")
        if preview.is_older:
            st.caption(
                ":material/info: Nothing is stored of the time up to now; this is the last time that"
                " something is stored of."
            )
        st.caption(_counts(visit, preview))
        show_preview(preview.html, visit.now, key=f"spec-{draft.key}-frame")
    _left_out(preview)


def _counts(visit: Visit, preview: Preview) -> str:
    many = len(preview.stories)
    start, end = (
        local(at, visit.zone, now=visit.now) for at in (preview.window.start, preview.window.end)
    )
    return (
        f"{many} stor{'y' if many == 1 else 'ies'} of {preview.articles:,} stored articles, {start} to {end}"
        f" · {len(preview.html) / 1000:.0f} kB"
    )


def _nothing(visit: Visit, draft: Draft, preview: Preview, row: SpecificationRow | None) -> None:
    with st.container(border=True):
        st.markdown(f":material/inbox: There would be no issue. {plain(preview.skipped)}")
        if preview.articles:
            st.markdown("Look at the keywords: what no keyword finds is in no issue.")
        elif row is None:
            st.markdown("Once it is created its sources can be read, and then there is something.")
        elif draft.sources and visit.may(Right.EDIT):
            if st.button("Read all sources now", icon=":material/sync:", type="primary",
                         key=f"spec-{draft.key}-read"):  # fmt: skip
                check_now(visit, row)
        else:
            st.markdown("Add sources first.")
        st.caption(f"Looked at: since {in_full(preview.window.start, visit.zone)}.")


def _left_out(preview: Preview) -> None:
    if preview.left_out:
        all_of_them = sum(preview.left_out.values())
        with st.expander(f"{all_of_them:,} articles are in no story"):
            st.markdown(
                "\n".join(f"- **{many:,}** {plain(why)}" for why, many in preview.left_out.items())
            )
