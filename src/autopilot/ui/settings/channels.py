"""Channels and mail: how each is, a test over it; the relay and the records of the From domain."""

from __future__ import annotations

import streamlit as st

from autopilot.domain.access import Right
from autopilot.domain.channel import ChannelKind
from autopilot.service.channel_standing import Standing, channels_of, resume, try_channel
from autopilot.service.doctor_delivery import delivery_findings
from autopilot.service.findings import Finding, Level
from autopilot.ui.guard import Visit
from autopilot.ui.parts.confirm import act, ask, asked, confirm
from autopilot.ui.parts.empty import show_empty
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.when import in_full, local

_ICONS = {
    ChannelKind.EMAIL: "mail",
    ChannelKind.WEBHOOK: "webhook",
    ChannelKind.SLACK: "forum",
    ChannelKind.FOLDER: "folder",
    ChannelKind.ARCHIVE: "public",
}
_HANDED = "channel-test"
_TO_ADD = "Add to the DNS: "
_OPERATORS = frozenset({"secret key"})  # a path of the machine
LACKING = "This needs the role admin."


def show_channels(visit: Visit) -> None:
    """Show every channel of the workspace with its state and a test."""
    known = channels_of(visit.reach, visit.workspace.id)
    if not known:
        show_empty(
            "No specification has a channel: issues are stored, and go nowhere.",
            page="specifications",
            label="Add a channel to a specification",
        )
    for number, each in enumerate(known):
        _channel(visit, each, f"channel-{number}-{each.specification_id}")
    wanted = asked(_HANDED)
    if wanted is not None:
        _ask_to_test(visit, wanted)


def _channel(visit: Visit, each: Standing, key: str) -> None:
    may = visit.may(Right.MANAGE)
    lacking = None if may else LACKING
    with st.container(border=True):
        st.markdown(
            f":material/{_ICONS[each.kind]}: {plain(each.name)} · {plain(each.specification)}"
        )
        st.markdown(_state(visit, each), help=_moment(visit, each))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            to = ""
            if each.kind is ChannelKind.EMAIL:
                to = st.text_input(
                    "Send the test to", value=_own_address(visit), key=f"{key}-to", width=260
                )
            if st.button(
                "Test", key=f"{key}-test", icon=":material/send:", disabled=not may, help=lacking
            ):
                if each.kind in (ChannelKind.WEBHOOK, ChannelKind.SLACK):
                    ask(_HANDED, each)
                else:
                    act(lambda: _tested(visit, each, to))
            if each.is_paused(visit.now) and st.button(
                "Resume", key=f"{key}-resume", icon=":material/play_circle:", disabled=not may,
                help=lacking,
            ):  # fmt: skip
                act(lambda: _resumed(visit, each))


def _state(visit: Visit, each: Standing) -> str:
    row = each.row
    if each.is_paused(visit.now) and row.paused_until is not None:
        until = local(row.paused_until, visit.zone, now=visit.now)
        far = "until somebody resumes it" if row.paused_until.year > visit.now.year + 10 else until
        return (
            f":orange-badge[:material/pause_circle: paused] {plain(far)}:"
            f" {plain(row.paused_reason or '')}"
        )
    if row.last_error:
        return f":red-badge[:material/error: last failed] {plain(row.last_error)}"
    if row.last_sent_at:
        at = local(row.last_sent_at, visit.zone, now=visit.now)
        return f":green-badge[:material/check_circle: works] recovered {plain(at)}"
    return ":gray-badge[:material/check: nothing is wrong]"


def _moment(visit: Visit, each: Standing) -> str | None:
    at = each.row.paused_until or each.row.last_sent_at
    return None if at is None else in_full(at, visit.zone)


def _tested(visit: Visit, each: Standing, to: str) -> str:
    words = try_channel(visit.reach, each.specification_id, each.key, to=to)
    return f"The test left. The other side said: {plain(words[:200])}"


def _resumed(visit: Visit, each: Standing) -> str:
    count = resume(visit.reach, each.specification_id, each.key)
    return f"The channel is open; {count} deliveries leave at once."


def _ask_to_test(visit: Visit, each: Standing) -> None:
    confirm(
        _HANDED,
        title="Send a test",
        told=f"{plain(each.name)} gets one message marked \\[Test\\]. Whoever reads that channel"
        " sees it.",
        label="Send the test",
        do=lambda: _tested(visit, each, ""),
    )


def _own_address(visit: Visit) -> str:
    return visit.actor if "@" in visit.actor else next(iter(visit.workspace.owners), "")


def show_mail(visit: Visit) -> None:
    """Show what mail needs, and ask the relay and the DNS when somebody wants to know."""
    visit.reach.workspace(visit.workspace.id, Right.MANAGE)
    settings = visit.app.settings
    relay = settings.relay
    if relay is None:
        st.info(
            "No mail relay is set up. Set `AUTOPILOT_SMTP_URL` (smtp://user:password@host:587) and"
            " `AUTOPILOT_MAIL_FROM`, and for links in mails `AUTOPILOT_PUBLIC_URL`; then start"
            " Autopilot again.",
            icon=":material/mail_off:",
        )
    else:
        st.markdown(f"Relay: {plain(relay.host)}, port {relay.port}, TLS {plain(relay.tls.value)}")
    st.markdown(f"From: {plain(settings.mail_from or 'not set')}")
    st.markdown(f"Public address: {plain(settings.public_url or 'not set')}")
    if not st.button("Check the relay and the DNS", key="mail-check", icon=":material/dns:"):
        return
    with st.spinner("Asking the relay and the DNS"):
        found = list(delivery_findings(settings))
    hidden = frozenset() if visit.reach.principal.is_operator else _OPERATORS
    for finding in found:
        if finding.check not in hidden:
            _finding(finding)


def _finding(finding: Finding) -> None:
    sign = {Level.OK: "check_circle", Level.WARNING: "warning"}.get(finding.level, "error")
    color = {Level.OK: "green", Level.WARNING: "orange"}.get(finding.level, "red")
    st.markdown(f":{color}[:material/{sign}:] **{plain(finding.check)}** {plain(finding.message)}")
    if finding.fix and finding.fix.startswith(_TO_ADD):
        st.caption("Add to the DNS:")
        st.code(finding.fix.removeprefix(_TO_ADD), language=None, wrap_lines=True)
    elif finding.fix:
        st.caption(plain(finding.fix))
