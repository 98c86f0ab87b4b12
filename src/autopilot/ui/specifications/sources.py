"""Sources: what the newsletter reads, how each is, and lists of feeds in and out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from autopilot.domain.access import Right
from autopilot.domain.editorial import SourceKind
from autopilot.pipeline.collect.canonical import canonical_url
from autopilot.service.source_check import check_sources
from autopilot.service.source_health import Facts, State, source_facts
from autopilot.service.source_lists import export_opml
from autopilot.ui.guard import Visit
from autopilot.ui.parts.acting import told_if_refused
from autopilot.ui.parts.link import link
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.when import distance
from autopilot.ui.specifications.draft import Draft, Item
from autopilot.ui.specifications.fields import (
    acting,
    choice_field,
    key_of,
    number_field,
    show_problems,
    switch_field,
    text_field,
)
from autopilot.ui.specifications.source_adding import adding, addresses

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
        adding(visit, draft, document)
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
    if canonical_url(address) in addresses(draft):
        draft.values["sources"] = [it for it in draft.sources if it is not source]
    else:
        source["url"] = address


def _remove(draft: Draft, place: int) -> None:
    draft.sources.pop(place)
