"""The installation: backups, and whether anything may leave this store. For operators."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from autopilot.errors import AutopilotError
from autopilot.service.backup.making import make_backup
from autopilot.service.sending_guard import allow_sending, why_not
from autopilot.ui.guard import Visit
from autopilot.ui.parts.confirm import ask, asked, confirm
from autopilot.ui.parts.faults import show_fault
from autopilot.ui.parts.text import plain

MOST_BYTES = 50_000_000  # a larger one would fill this process's memory
_ALLOW, _KEPT = "sending-allow", "backup-kept"
COMMAND = "autopilot backup autopilot.backup"


def show_sending(visit: Visit) -> None:
    """Say why nothing leaves, and let an operator allow it; nothing where all is well."""
    reason = why_not(visit.app)
    if reason is None:
        return
    st.warning(plain(reason), icon=":material/pause_circle:")
    if not visit.reach.principal.is_operator:
        st.caption("An operator of this installation can allow it.")
        return
    if st.button("Allow sending", key="sending-allow-ask", icon=":material/play_circle:"):
        ask(_ALLOW)
    if asked(_ALLOW):
        _ask_to_allow(visit)


def _ask_to_allow(visit: Visit) -> None:
    def allow() -> str:
        visit.reach.operate()
        allow_sending(visit.app, actor=visit.actor)
        return "Sending is on: what is pending leaves with the next pass."

    confirm(
        _ALLOW,
        title="Allow sending from this store",
        told="What is pending leaves at once. If another copy of this store still sends, readers get"
        " it twice, and mails cannot be taken back. Is every other copy stopped?",
        label="Yes, allow sending",
        do=allow,
    )


def show_backup(visit: Visit) -> None:
    """Make a backup to take away, or say how one is made."""
    if not visit.reach.principal.is_operator:
        st.info("A backup holds every workspace, so operators make it.", icon=":material/lock:")
        return
    st.markdown(
        "A backup is the whole store in one sealed file: every workspace, issue, list and schedule."
        " It opens only with the secret key of this installation, which is not in it - keep that"
        " elsewhere."
    )
    if st.button("Make a backup", key="backup-make", icon=":material/archive:"):
        _make(visit)
    kept = st.session_state.get(_KEPT)
    if kept is not None:
        st.download_button(
            f"Download the backup ({len(kept) / 1e6:.1f} MB)",
            data=kept,
            file_name=f"autopilot-{visit.now:%Y-%m-%d-%H%M}.backup",
            mime="application/octet-stream",
            icon=":material/download:",
            on_click=_forget,
            key="backup-download",
        )
    st.caption("By the command line, for a nightly job:")
    st.code(COMMAND, language=None)
    st.caption("A rehearsal that touches nothing, and putting one back:")
    st.code(
        "autopilot restore --drill autopilot.backup\nautopilot restore autopilot.backup",
        language=None,
    )


def _make(visit: Visit) -> None:
    try:
        visit.reach.operate()
        with TemporaryDirectory() as folder, st.spinner("Reading the store"):
            file = Path(folder) / "autopilot.backup"
            contents = make_backup(visit.app, file)
            size = file.stat().st_size
            if size <= MOST_BYTES:
                st.session_state[_KEPT] = file.read_bytes()
    except AutopilotError as error:
        show_fault(error)
        return
    if size > MOST_BYTES:
        st.warning(f"The backup has {size / 1e6:.0f} MB: make it by the command below.")
        return
    st.success(f"{contents.all_rows:,} rows and {contents.artifacts:,} pages are in it.")
    if contents.lost:
        st.warning(f"{len(contents.lost)} pages were lost before and are not in it.")


def _forget() -> None:
    st.session_state.pop(_KEPT, None)
