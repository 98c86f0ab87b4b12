"""Sources: what the newsletter reads, how each is, and lists of feeds in and out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from autopilot.domain.access import Right
from autopilot.domain.editorial import SourceKind
from autopilot.domain.specification import MAX_SOURCES, Source
from autopilot.errors import AutopilotError
from autopilot.pipeline.collect.canonical import canonical_url
from autopilot.service.finding import Found, find_sources
from autopilot.service.source_check import check_sources
from autopilot.service.source_health import Facts, State, source_facts
from autopilot.service.source_lists import export_opml
from autopilot.service.starting import sources_in, sources_in_opml
from autopilot.ui.guard import Visit
from autopilot.ui.parts.acting import told_if_refused
from autopilot.ui.parts.faults import show_fault
from autopilot.ui.parts.link import link
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.when import distance
from autopilot.ui.specifications.draft import MARK, Draft, Item, new_mark
from autopilot.ui.specifications.fields import (
    acting,
    choice_field,
    key_of,
    number_field,
    show_problems,
    switch_field,
    text_field,
)

if TYPE_CHECKING:
    from autopilot.domain.specification import SpecificationDocument
    from autopilot.errors import Problem
    from autopilot.store.specifications import SpecificationRow

PER_PAGE = 25
_LOOKS = {
    State.NEW: ("gray", "fiber_new", "not read yet"),
    State.OK: ("green", "check_circle", "well"),
    State.MOVED: ("blue", "moving", "moved"),
    State.EMPTY: ("gray", "inbox", "empty"),
    State.SILENT: ("orange", "volume_off", "silent"),
    State.UNSTEADY: ("orange", "signal_cellular_alt_2_bar", "unsteady"),
    State.FAILING: ("red", "error", "failing"),
    State.LOGIN: ("red", "lock", "for members"),
    State.PAGE: ("red", "web_asset_off", "no feed any more"),
    State.DEAD: ("red", "link_off", "gone"),
}
KINDS = {
    SourceKind.AUTO.value: "Found out",
    SourceKind.FEED.value: "Feed",
    SourceKind.PAGE.value: "Page",
    SourceKind.SITEMAP.value: "Sitemap",
}
TEXTS = {None: "Where a feed has only teasers", True: "Always", False: "Never"}


def show_sources(
    visit: Visit,
    draft: Draft,
    row: SpecificationRow | None,
    document: SpecificationDocument | None,
    problems: tuple[Problem, ...],
) -> None:
    """Show the section."""
    st.subheader("Sources")
    facts = {it.row.source.url: it for it in _facts(visit, row)}
    if not draft.locked:
        _adding(visit, draft, document)
    _acts(visit, draft, row)
    show_problems([it for it in problems if it.path == "sources"], "sources")
    if not draft.sources:
        st.markdown("No source yet: without one there is nothing to read.")
    for place in _page(draft, facts):
        _source(visit, draft, place, facts, problems)


def _facts(visit: Visit, row: SpecificationRow | None) -> Sequence[Facts]:
    return () if row is None else source_facts(visit.app, row.id, visit.now)


def _page(draft: Draft, facts: Mapping[str, Facts]) -> Sequence[int]:
    """Return the places to show: those that need care first, a page at a time."""
    order = sorted(range(len(draft.sources)), key=lambda it: _care(draft.sources[it], facts))
    pages = -(-len(order) // PER_PAGE)
    if pages <= 1:
        return order
    chosen = st.number_input(
        f"Page, of {pages} with {PER_PAGE} sources each", 1, pages, key=f"spec-{draft.key}-page"
    )
    return order[(chosen - 1) * PER_PAGE : chosen * PER_PAGE]


def _care(source: Item, facts: Mapping[str, Facts]) -> int:
    known = facts.get(str(source.get("url")))
    colours = ("red", "orange", "blue", "gray", "green")
    return colours.index("gray" if known is None else _LOOKS[known.health.state][0])


def _source(
    visit: Visit,
    draft: Draft,
    place: int,
    facts: Mapping[str, Facts],
    problems: tuple[Problem, ...],
) -> None:
    source = draft.sources[place]
    url = str(source.get("url") or "")
    known = facts.get(url)
    with st.container(border=True):
        st.markdown(f"{_badge(known)} {link(_name(source, known), url)}  \n{_told(visit, known)}")
        if known is not None and known.health.state is State.MOVED:
            _moved(draft, source, known)
        show_problems(problems, f"sources[{place}]")
        with st.expander("Change or remove it", key=key_of(draft, source, "box")):
            _settings(draft, source)
            st.button(
                "Remove this source",
                icon=":material/delete:",
                key=key_of(draft, source, "remove"),
                on_click=acting(draft, _remove),
                args=(draft, place),
                disabled=draft.locked,
                help="Its articles stay stored.",
            )


def _badge(known: Facts | None) -> str:
    if known is None:
        return ":gray-badge[:material/edit: not saved yet]"
    color, icon, word = _LOOKS[known.health.state]
    return f":{color}-badge[:material/{icon}: {word}]"


def _name(source: Item, known: Facts | None) -> str:
    title = None if known is None else known.row.state.title
    return str(source.get("name") or title or source.get("url") or "no address")


def _told(visit: Visit, known: Facts | None) -> str:
    if known is None:
        return "It is read for the first time after it was saved."
    state = known.row.state
    word = _LOOKS[known.health.state][2]
    told = [plain(known.health.sentence)] if known.health.sentence != word else []
    told += [f"next: {plain(known.health.advice)}"] if known.health.advice else []
    told.append(f"{known.per_week:g} articles a week, {known.stock.stored:,} stored")
    told += [f"{known.stock.chosen:,} in issues"] if known.stock.chosen else []
    if state.last_fetched_at is not None:
        told.append(f"read {distance(state.last_fetched_at, visit.now)}")
    return " · ".join(told)


def _moved(draft: Draft, source: Item, known: Facts) -> None:
    newer = str(known.row.state.moved_to)
    st.markdown(f"It is now at {plain(newer)}.")
    st.button(
        "Take the new address",
        icon=":material/moving:",
        key=key_of(draft, source, "moved"),
        on_click=acting(draft, _set_address),
        args=(draft, source, newer),
        disabled=draft.locked,
    )


def _settings(draft: Draft, source: Item) -> None:
    text_field(draft, source, "url", "Address")
    text_field(draft, source, "name", "What readers see", empty=None,
               placeholder="As the feed calls itself")  # fmt: skip
    regions: dict[Any, str] = {None: "None"}
    regions |= {it.get("id"): str(it.get("name")) for it in draft.regions}
    left, right = st.columns(2)
    with left:
        choice_field(draft, source, "region", "Region, where an article names none", regions)
        choice_field(draft, source, "kind", "How it is read", KINDS)
    with right:
        choice_field(draft, source, "full_text", "Read the articles' own pages", TEXTS)
        number_field(
            draft, source, "weight", "Weight of its stories", 1.0,
            min_value=0.1, max_value=10.0, step=0.1,
        )  # fmt: skip
    switch_field(draft, source, "local", "Everything in it is about its region")


def _adding(visit: Visit, draft: Draft, document: SpecificationDocument | None) -> None:
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
        is_there = canonical_url(found.url) in _addresses(draft)
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
    new = [it for it in found if canonical_url(it.url) not in _addresses(draft)]
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
    known = _addresses(draft)
    new = [it for it in found if canonical_url(it.url) not in known]
    room = max(0, MAX_SOURCES - len(draft.sources))
    for source in new[:room]:
        draft.sources.append({**source.model_dump(mode="json"), MARK: new_mark()})
    told = f"{len(new[:room])} added, {len(found) - len(new)} were there already."
    return told if len(new) <= room else f"{told} {MAX_SOURCES:,} is the most."


def _addresses(draft: Draft) -> set[str]:
    return {canonical_url(str(it.get("url") or "")) for it in draft.sources}


def _keep_told(draft: Draft, place: str, told: str | AutopilotError) -> None:
    st.session_state[f"spec-{draft.key}-{place}-told"] = told


def _tell(draft: Draft, place: str) -> None:
    told = st.session_state.pop(f"spec-{draft.key}-{place}-told", None)
    if isinstance(told, AutopilotError):
        show_fault(told)
    elif told:
        st.markdown(f":material/check: {told}")


def _acts(visit: Visit, draft: Draft, row: SpecificationRow | None) -> None:
    if row is None:
        return
    with st.container(horizontal=True):
        if visit.may(Right.EDIT):
            is_asked = st.button(
                "Check all now", icon=":material/sync:", key=f"spec-{draft.key}-check",
                help="Asks every saved source, and stores what it gives.",
            )  # fmt: skip
        else:
            is_asked = False
        st.download_button(
            "Export as OPML", data=lambda: export_opml(visit.app, row),
            file_name=f"{row.slug}.opml", mime="text/x-opml", icon=":material/download:",
            on_click="ignore", key=f"spec-{draft.key}-export",
        )  # fmt: skip
    if is_asked:
        check_now(visit, row)


def check_now(visit: Visit, row: SpecificationRow) -> None:
    """Ask all sources of a specification, and say what came of it."""
    with told_if_refused(), st.spinner("Asking every source; this takes up to a minute"):
        visit.reach.specification(row.id, Right.EDIT)
        facts = check_sources(visit.app, row.id)
        failed = sum(one.row.state.consecutive_failures > 0 for one in facts)
        told = f"{len(facts)} sources asked"
        told += f"; {failed} could not be read" if failed else ", all could be read"
        st.toast(f"{told}.", icon=":material/sync:")
        st.rerun()


def _set_address(draft: Draft, source: Item, address: str) -> None:
    if canonical_url(address) in _addresses(draft):
        draft.values["sources"] = [it for it in draft.sources if it is not source]
    else:
        source["url"] = address


def _remove(draft: Draft, place: int) -> None:
    draft.sources.pop(place)
