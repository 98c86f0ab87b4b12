"""Starting: a new specification from a pack, a list of feeds, a site, a file, or another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

import streamlit as st

from autopilot.domain.access import Right
from autopilot.errors import AutopilotError
from autopilot.service.finding import find_sources
from autopilot.service.packs import list_packs, pack_document
from autopilot.service.specification_lists import specifications_page
from autopilot.service.specification_secrets import masked
from autopilot.service.specification_text import read_specification
from autopilot.service.specifying import document_of
from autopilot.service.starting import (
    copied,
    first_values,
    slug_of,
    sources_in,
    sources_in_opml,
    values_of,
)
from autopilot.ui.guard import Visit
from autopilot.ui.parts.acting import told_if_refused
from autopilot.ui.parts.faults import show_fault
from autopilot.ui.parts.text import plain
from autopilot.ui.specifications import places
from autopilot.ui.specifications.draft import NEW, Draft, Values, begun
from autopilot.ui.specifications.editor import show_form
from autopilot.ui.specifications.places import drafts

if TYPE_CHECKING:
    from autopilot.domain.specification import Source

PACK, ADDRESSES, SITE = "A starter pack", "Addresses of feeds", "A site"
MOST_KNOWN = 1_000
OPML, COPY, FILE = "An OPML file", "A copy of one", "A YAML file"


def show_new(visit: Visit) -> None:
    """Show the form of a new specification, or first what it may begin with."""
    visit.reach.workspace(visit.workspace.id, Right.EDIT)
    draft = drafts().get(_key(visit))
    if isinstance(draft, Draft) and draft.values:
        show_form(visit, draft, None)
        return
    st.button("All specifications", icon=":material/arrow_back:", type="tertiary", key="spec-back",
              on_click=places.set_place, args=(None,))  # fmt: skip
    st.title("New specification")
    st.caption("Nothing is stored before you create it. Everything can be changed later.")
    rows = specifications_page(visit.reach, workspace_id=visit.workspace.id, limit=MOST_KNOWN).items
    known = {row.id: row.document.name for row in rows}
    taken = {row.slug for row in rows}
    ways = [PACK, ADDRESSES, SITE, OPML, *([COPY] if known else []), FILE]
    way = st.segmented_control("Begin with", ways, default=PACK, required=True, key="spec-way")
    name = ""
    if way not in (PACK, FILE):
        name = st.text_input("Name of the newsletter", key="spec-new-name", max_chars=200)
    values = _values(visit, way or PACK, name, taken, known)
    if values is not None:
        drafts()[_key(visit)] = begun(values, _key(visit))
        st.rerun()


def _values(
    visit: Visit, way: str, name: str, taken: set[str], known: Mapping[UUID, str]
) -> Values | None:
    if way == PACK:
        return _pack(taken)
    if way == COPY:
        return _copy(visit, name, taken, known)
    if way == FILE:
        return _file(taken)
    found = {ADDRESSES: _addresses, SITE: lambda: _site(visit), OPML: _opml}[way]()
    if found is None:
        return None
    title = name.strip() or "New newsletter"
    return first_values(title, slug=slug_of(title, taken), sources=found)


def _pack(taken: set[str]) -> Values | None:
    for pack in list_packs():
        with st.container(border=True):
            left, right = st.columns([4, 1], vertical_alignment="center")
            left.markdown(
                f"**{plain(pack.title)}**  \n{' · '.join(map(plain, pack.sections))}  \n"
                f"{pack.feeds} feeds, {plain(pack.cadence)}"
            )
            if right.button("Take it", key=f"spec-pack-{pack.name}", width="stretch",
                            help=f"Begin with {pack.title}"):  # fmt: skip
                values = values_of(pack_document(pack.name).specifications[0])
                return values | {"slug": slug_of(values["slug"], taken), "channels": []}
    return None


def _addresses() -> Sequence[Source] | None:
    text = st.text_area("Addresses of feeds, one a line", key="spec-new-addresses", height=180,
                        placeholder="https://example.org/feed.xml")  # fmt: skip
    if st.button("Begin with these", type="primary", key="spec-new-take-addresses"):
        with told_if_refused():
            found = sources_in(text)
            if found:
                return found
            st.warning("There is no address yet.", icon=":material/info:")
    return None


def _site(visit: Visit) -> Sequence[Source] | None:
    from autopilot.domain.specification import Source

    key = "spec-new-site"
    with st.form(f"{key}-form", border=False):
        address = st.text_input("Address of a site, or of a page of it", key=key,
                                placeholder="example.org")  # fmt: skip
        is_asked = st.form_submit_button("Find its feeds", icon=":material/search:")
    if is_asked and address.strip():
        with told_if_refused(), st.spinner("Asking the site"):
            st.session_state[f"{key}-found"] = find_sources(visit.app, address)
    found = st.session_state.get(f"{key}-found", ())
    chosen = [
        it
        for number, it in enumerate(found)
        if st.checkbox(
            f"{plain(it.title or it.url)} ({it.kind.value}, {it.entries} entries)",
            value=number == 0, key=f"{key}-{number}", help=it.url,
        )
    ]  # fmt: skip
    if found and st.button("Begin with these", type="primary", key=f"{key}-take",
                           disabled=not chosen):  # fmt: skip
        return [Source(url=it.url) for it in chosen]
    return None


def _opml() -> Sequence[Source] | None:
    given = st.file_uploader("An OPML file, as feed readers export it", type=["opml", "xml"],
                             key="spec-new-opml")  # fmt: skip
    if given is None:
        return None
    try:
        found, listed = sources_in_opml(given.getvalue(), None)
    except AutopilotError as error:
        show_fault(error)
        return None
    st.markdown(f"{len(found)} feeds.")
    for problem in listed.problems[:20]:
        st.markdown(f":orange[:material/warning: left out: {plain(problem)}]")
    if st.button("Begin with these", type="primary", key="spec-new-take-opml", disabled=not found):
        return found
    return None


def _copy(visit: Visit, name: str, taken: set[str], known: Mapping[UUID, str]) -> Values | None:
    chosen = st.selectbox("Copy of", list(known), format_func=known.__getitem__, key="spec-copy")
    st.caption(
        "Its categories, regions, sources, voice and template; not its channels or schedules."
    )
    if not st.button("Begin with a copy", type="primary", key="spec-new-take-copy"):
        return None
    try:
        row = visit.reach.specification(chosen)
        title = name.strip() or f"{row.document.name} (copy)"[:200]
        return copied(masked(document_of(visit.app, row)), title, slug=slug_of(title, taken))
    except AutopilotError as error:
        show_fault(error)
        return None


def _file(taken: set[str]) -> Values | None:
    given = st.file_uploader("A YAML file with one specification", type=["yaml", "yml"],
                             key="spec-new-file")  # fmt: skip
    if given is None or not st.button("Begin with it", type="primary", key="spec-new-take-file"):
        return None
    values: Values | None = None
    with told_if_refused():
        values = read_specification(given.getvalue(), slug="")
        values |= {"slug": slug_of(values["slug"], taken)}
    return values


def _key(visit: Visit) -> str:
    return f"{NEW}-{visit.workspace.id}"
