"""Channels: how issues reach people. They are for admins: they reach beyond the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from autopilot.domain.access import Right
from autopilot.domain.channel import ChannelKind
from autopilot.ui.guard import Visit
from autopilot.ui.parts.text import plain
from autopilot.ui.specifications.draft import MARK, Draft, Item, new_mark
from autopilot.ui.specifications.fields import (
    acting,
    key_of,
    lines_field,
    show_problems,
    switch_field,
    text_field,
)

if TYPE_CHECKING:
    from autopilot.errors import Problem

KINDS = {
    ChannelKind.EMAIL.value: "Mail",
    ChannelKind.ARCHIVE.value: "Public archive",
    ChannelKind.SLACK.value: "Slack, Mattermost or the like",
    ChannelKind.WEBHOOK.value: "Webhook",
    ChannelKind.FOLDER.value: "Folder on the machine",
}
ONCE = frozenset({ChannelKind.EMAIL.value, ChannelKind.ARCHIVE.value})


def show_channels(visit: Visit, draft: Draft, problems: tuple[Problem, ...]) -> None:
    """Show the section; who is no admin sees it and changes nothing."""
    st.subheader("Channels")
    may = visit.may(Right.MANAGE) and not draft.locked
    if not may:
        st.caption("Admins of the workspace change these.")
    if not draft.items("channels"):
        st.markdown("No channel yet: issues are made and stored, and reach nobody.")
    locked, draft.locked = draft.locked, not may
    for place, channel in enumerate(draft.items("channels")):
        with st.container(border=True):
            _channel(draft, place, channel, problems)
    show_problems([it for it in problems if it.path == "channels"], "channels")
    draft.locked = locked
    if may:
        _adding(visit, draft)
    st.page_link(
        "pages/settings.py", label="Test channels in Settings", icon=":material/outgoing_mail:"
    )


def _channel(draft: Draft, place: int, channel: Item, problems: tuple[Problem, ...]) -> None:
    kind = str(channel.get("type"))
    st.markdown(f"**{plain(KINDS.get(kind, kind))}**")
    if kind == ChannelKind.EMAIL.value:
        lines_field(
            draft, channel, "recipients", "Recipients, one address a line",
            help="Subscribers get it as well; they are on the page Subscribers.",
        )  # fmt: skip
        switch_field(
            draft, channel, "internal", "All are colleagues (at most 200)",
            help="Without a public address the mails then ask for a word by mail to unsubscribe.",
        )  # fmt: skip
    elif kind in (ChannelKind.SLACK.value, ChannelKind.WEBHOOK.value):
        text_field(draft, channel, "url", "Address", placeholder="https://")
    elif kind == ChannelKind.FOLDER.value:
        text_field(draft, channel, "path", "Path, absolute or below the data folder")
    if kind == ChannelKind.WEBHOOK.value:
        text_field(
            draft, channel, "secret_env", "Variable with the signing secret", empty=None,
            placeholder="AUTOPILOT_WEBHOOK_SECRET",
        )  # fmt: skip
    show_problems(problems, f"channels[{place}]")
    st.button(
        "Remove this channel",
        icon=":material/delete:",
        key=key_of(draft, channel, "remove"),
        on_click=acting(draft, _remove),
        args=(draft, place),
        disabled=draft.locked,
    )


def _adding(visit: Visit, draft: Draft) -> None:
    there = {it.get("type") for it in draft.items("channels")}
    kinds = [kind for kind in KINDS if kind not in ONCE or kind not in there]
    if not visit.reach.principal.is_operator:
        kinds.remove(ChannelKind.FOLDER.value)  # reaches beyond the workspace
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = f"spec-{draft.key}-channel-kind"
        st.selectbox("Another channel", kinds, format_func=lambda it: KINDS[it], key=key)
        st.button(
            "Add the channel",
            icon=":material/add:",
            key=f"spec-{draft.key}-channel-add",
            on_click=acting(draft, _add),
            args=(draft, key),
        )


def _add(draft: Draft, key: str) -> None:
    kind = st.session_state[key]
    fresh: dict[str, Any] = {"type": kind, MARK: new_mark()}
    if kind == ChannelKind.EMAIL.value:
        fresh["recipients"] = []
    elif kind == ChannelKind.FOLDER.value:
        fresh["path"] = ""
    elif kind != ChannelKind.ARCHIVE.value:
        fresh["url"] = ""
    draft.items("channels").append(fresh)


def _remove(draft: Draft, place: int) -> None:
    draft.items("channels").pop(place)
