"""What is it about: a starter pack, with a name, a zone and a language of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

import streamlit as st

from autopilot.domain.access import Right
from autopilot.errors import AutopilotError
from autopilot.service.access.reach import Reach
from autopilot.service.first_samples import pack_of
from autopilot.service.first_steps import Standing, standing
from autopilot.service.first_topic import LANGUAGES, Topic, choose_topic, make_workspace
from autopilot.service.making_now import begin
from autopilot.service.packs import Pack, list_packs
from autopilot.ui.guard import WORKSPACE
from autopilot.ui.parts.faults import show_fault
from autopilot.ui.parts.text import plain
from autopilot.ui.wizard.steps import go_on

if TYPE_CHECKING:
    from autopilot.store.specifications import SpecificationRow


def show_topic(reach: Reach, at: Standing) -> None:
    """Show the packs and the few answers; what was answered before stands there already."""
    st.subheader("What is it about?", anchor=False)
    row = at.specification
    packs = {pack.name: pack for pack in list_packs()}
    before = None if row is None else pack_of(row)
    chosen = None if row is not None and before is None else _pack(packs, before)
    name = st.text_input(
        "Name of the newsletter",
        value=_name(packs, chosen, row, before),
        max_chars=200,
        key=f"start-name-{chosen}",
    )
    first, second = st.columns(2)
    zone = first.selectbox(
        "Time zone",
        zones := _zones(),
        index=zones.index(_zone(at, zones)),
        disabled=at.workspace is not None and not reach.may(Right.MANAGE, at.workspace.id),
        help="Whose nine o'clock is meant. Nothing else depends on it.",
        key="start-zone",
    )
    language = second.selectbox(
        "Language",
        tags := list(LANGUAGES),
        index=_place(tags, _language(packs, chosen, row, before)),
        format_func=lambda tag: LANGUAGES[tag],
        help="Of the issue's own words; stories stay in the language of their sources.",
        key=f"start-language-{chosen}",
    )
    with st.container(horizontal=True):
        wants = st.button("Continue", type="primary", key="start-topic")
        alone = st.button(
            "I bring my own feeds instead",
            type="tertiary",
            help="An OPML file, addresses of feeds, or of a site whose feeds are found.",
            key="start-own",
        )
    try:
        if wants:
            _choose(reach, at, Topic(pack=chosen, name=name, zone=zone, language=language))
        if alone:
            _go_alone(reach, at, zone)
    except AutopilotError as error:
        show_fault(error)


def _choose(reach: Reach, at: Standing, topic: Topic) -> None:
    before = None if at.workspace is None else at.workspace.id
    workspace = choose_topic(reach, before, topic)
    st.session_state[WORKSPACE] = workspace.slug
    now = standing(reach, workspace.id)
    if now.specification is not None and now.run is None and now.issue_id is None:
        begin(reach.app, now.specification.id, actor=reach.actor)
    go_on()


def _go_alone(reach: Reach, at: Standing, zone: str) -> None:
    if at.workspace is None:
        st.session_state[WORKSPACE] = make_workspace(reach, zone).slug
    st.switch_page("pages/specifications.py")


def _pack(packs: Mapping[str, Pack], before: str | None) -> str:
    names = list(packs)
    chosen: str = st.radio(
        "Starter pack",
        names,
        index=_place(names, before or "energy"),
        format_func=lambda it: plain(packs[it].title),
        captions=[_told(pack) for pack in packs.values()],
        key="start-pack",
    )
    return chosen


def _told(pack: Pack) -> str:
    return plain(f"{', '.join(pack.sections)}. {pack.cadence.capitalize()}, {pack.feeds} feeds.")


def _name(
    packs: Mapping[str, Pack], chosen: str | None, row: SpecificationRow | None, before: str | None
) -> str:
    if row is not None and chosen == before:
        return row.document.name
    return packs[chosen].title if chosen is not None else ""


def _language(
    packs: Mapping[str, Pack], chosen: str | None, row: SpecificationRow | None, before: str | None
) -> str:
    if row is not None and chosen == before:
        return row.document.language
    return packs[chosen].language if chosen is not None else "en"


def _zone(at: Standing, zones: list[str]) -> str:
    """The workspace's, else the browser's, else the first pack's."""
    wanted = at.workspace.timezone if at.workspace is not None else st.context.timezone
    return wanted if wanted in zones else "UTC"


def _zones() -> list[str]:
    return ["UTC", *sorted(name for name in available_timezones() if _is_of_people(name))]


def _is_of_people(name: str) -> bool:
    return "/" in name and not name.startswith(("Etc/", "SystemV/", "posix/", "right/"))


def _place(known: list[str], wanted: str) -> int:
    return known.index(wanted) if wanted in known else 0
