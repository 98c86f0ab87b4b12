"""Adding sources to a draft: addresses, the feeds of a site, an OPML file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from autopilot.domain.specification import MAX_SOURCES, Source
from autopilot.errors import AutopilotError
from autopilot.pipeline.collect.canonical import canonical_url
from autopilot.service.finding import Found, find_sources
from autopilot.service.starting import sources_in, sources_in_opml
from autopilot.ui.guard import Visit
from autopilot.ui.parts.acting import told_if_refused
from autopilot.ui.parts.faults import show_fault
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.when import distance
from autopilot.ui.specifications.draft import MARK, Draft, new_mark
from autopilot.ui.specifications.fields import (
    acting,
)

if TYPE_CHECKING:
    from autopilot.domain.specification import SpecificationDocument


def adding(visit: Visit, draft: Draft, document: SpecificationDocument | None) -> None:
    with st.expander("Add sources", expanded=not draft.sources, icon=":material/add:",
                     key=f"spec-{draft.key}-add-sources"):  # fmt: skip
        pasted, site, opml = st.tabs(["Addresses of feeds", "A site", "An OPML file"])
        with pasted:
            _pasted(draft)
        with site:
            _site(visit, draft)
        with opml:
            _opml(draft, document)


def _pasted(draft: Draft) -> None:
    key = f"spec-{draft.key}-pasted"
    st.text_area(
        "Addresses, one a line", key=key, height=140,
        placeholder="https://example.org/feed.xml\nhttps://example.com/rss  Their name",
    )  # fmt: skip
    st.button(
        "Add these", key=f"{key}-add", on_click=acting(draft, _take_pasted), args=(draft, key)
    )
    _tell(draft, "pasted")


def _take_pasted(draft: Draft, key: str) -> None:
    try:
        found = sources_in(str(st.session_state.get(key) or ""))
    except AutopilotError as error:  # what was pasted stays, to be mended
        _keep_told(draft, "pasted", error)
        return
    _keep_told(draft, "pasted", _added(draft, found))
    st.session_state[key] = ""


def _site(visit: Visit, draft: Draft) -> None:
    key = f"spec-{draft.key}-site"
    with st.form(f"{key}-form", border=False, enter_to_submit=True):
        address = st.text_input("Address of a site, or of a page of it", key=key,
                                placeholder="example.org")  # fmt: skip
        is_asked = st.form_submit_button("Find its feeds", icon=":material/search:")
    if is_asked and address.strip():
        with told_if_refused(), st.spinner("Asking the site"):
            st.session_state[f"{key}-found"] = find_sources(visit.app, address)
    for number, found in enumerate(st.session_state.get(f"{key}-found", ())):
        _found(visit, draft, found, number)


def _found(visit: Visit, draft: Draft, found: Found, number: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        newest = f", newest {distance(found.newest, visit.now)}" if found.newest else ""
        st.markdown(
            f"**{plain(found.title or found.url)}**  \n{plain(found.url)} · {found.kind.value},"
            f" {found.entries} entries{newest}"
        )
        is_there = canonical_url(found.url) in addresses(draft)
        st.button(
            "Added" if is_there else "Add it",
            icon=":material/check:" if is_there else ":material/add:",
            key=f"spec-{draft.key}-site-add-{number}",
            on_click=acting(draft, _take_found),
            args=(draft, found),
            disabled=is_there,
        )


def _take_found(draft: Draft, found: Found) -> None:
    _added(draft, [Source(url=found.url)])


def _opml(draft: Draft, document: SpecificationDocument | None) -> None:
    key = f"spec-{draft.key}-opml"
    given = st.file_uploader(
        "An OPML file, as feed readers export it", type=["opml", "xml"], key=key,
        help="A folder named like a region gives it to its feeds.",
    )  # fmt: skip
    if given is None:
        return
    try:
        found, listed = sources_in_opml(given.getvalue(), document)
    except AutopilotError as error:
        show_fault(error)
        return
    new = [it for it in found if canonical_url(it.url) not in addresses(draft)]
    st.markdown(f"{len(found)} feeds, {len(new)} of them new.")
    for problem in listed.problems[:20]:
        st.markdown(f":orange[:material/warning: left out: {plain(problem)}]")
    st.button(
        f"Add {len(new)} sources", key=f"{key}-add", disabled=not new,
        on_click=acting(draft, _take_all), args=(draft, new),
    )  # fmt: skip
    _tell(draft, "opml")


def _take_all(draft: Draft, found: Sequence[Source]) -> None:
    _keep_told(draft, "opml", _added(draft, found))


def _added(draft: Draft, found: Sequence[Source]) -> str:
    """Add those that are not there yet, and say what became of the list."""
    known = addresses(draft)
    new = [it for it in found if canonical_url(it.url) not in known]
    room = max(0, MAX_SOURCES - len(draft.sources))
    for source in new[:room]:
        draft.sources.append({**source.model_dump(mode="json"), MARK: new_mark()})
    told = f"{len(new[:room])} added, {len(found) - len(new)} were there already."
    return told if len(new) <= room else f"{told} {MAX_SOURCES:,} is the most."


def addresses(draft: Draft) -> set[str]:
    return {canonical_url(str(it.get("url") or "")) for it in draft.sources}


def _keep_told(draft: Draft, place: str, told: str | AutopilotError) -> None:
    st.session_state[f"spec-{draft.key}-{place}-told"] = told


def _tell(draft: Draft, place: str) -> None:
    told = st.session_state.pop(f"spec-{draft.key}-{place}-told", None)
    if isinstance(told, AutopilotError):
        show_fault(told)
    elif told:
        st.markdown(f":material/check: {told}")
