"""Adding: one person, or a CSV file of many; and the list as a file to take away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from autopilot.domain.access import Right
from autopilot.errors import AutopilotError, DocumentInvalid
from autopilot.service.signing_up import ask_to_confirm, sign_up_of
from autopilot.service.subscriber_lists import Imported, csv_parts, import_csv
from autopilot.service.subscribers import add_subscriber
from autopilot.ui.guard import Visit
from autopilot.ui.parts.address import address as shown
from autopilot.ui.parts.confirm import act
from autopilot.ui.parts.faults import show_fault
from autopilot.ui.parts.text import plain

if TYPE_CHECKING:
    from autopilot.store.specifications import SpecificationRow

AT_ONCE, BY_LETTER = "They asked for it: add them now", "Send a letter that asks them to confirm"
EXAMPLE = "email,name\nann@example.org,Ann Lee\nbob@example.org,\n"


def show_adding(visit: Visit, row: SpecificationRow) -> None:
    """Show the forms; whoever may not use them sees why."""
    if not visit.may(Right.EDIT):
        st.info("Adding people needs the role editor.", icon=":material/lock:")
    else:
        _one(visit, row)
        _many(visit, row)
    _export(visit, row)


def _one(visit: Visit, row: SpecificationRow) -> None:
    st.subheader("Add one person", anchor=False)
    letters = sign_up_of(visit.app, visit.workspace, row).works
    if st.session_state.pop("subscriber-added", False):
        st.session_state["subscriber-address"] = st.session_state["subscriber-name"] = ""
    with st.form("subscriber-add", clear_on_submit=False):
        address = st.text_input("Address", key="subscriber-address", placeholder="ann@example.org")
        name = st.text_input("Name (optional)", key="subscriber-name", max_chars=200)
        how = st.radio(
            "How",
            [AT_ONCE, BY_LETTER],
            key="subscriber-how",
            help="Write only to people who asked for it: in many countries that is the law.",
        )
        if not letters:
            st.caption("Letters cannot be sent yet: see Sign-up page.")
        wanted = st.form_submit_button("Add", icon=":material/person_add:", type="primary")
    if not wanted:
        return

    def add() -> str:
        known = visit.reach.specification(row.id, Right.EDIT)
        if how == BY_LETTER:
            told = ask_to_confirm(visit.reach, known, address)
            st.session_state["subscriber-added"] = True
            return plain(told)
        fresh = add_subscriber(visit.app, known, address, name=name, actor=visit.actor)
        st.session_state["subscriber-added"] = True
        told = "gets the next issue" if fresh else "is on the list already"
        return f"{shown(address.strip())} {told}."

    act(add)


def _many(visit: Visit, row: SpecificationRow) -> None:
    st.subheader("Import a CSV file", anchor=False)
    st.markdown(
        "The first line names the columns `email` and, if there are names, `name`. People who"
        " unsubscribed, bounced or are suppressed stay off."
    )
    st.code(EXAMPLE, language=None)
    given = st.file_uploader("CSV file", type=["csv", "txt"], key="subscribers-file")
    skip = st.checkbox(
        "Leave out rows that cannot be used, and import the others", key="subscribers-skip"
    )
    if not st.button(
        "Import", key="subscribers-import", icon=":material/upload:", disabled=given is None
    ):
        return
    if given is None:
        return
    try:
        known = visit.reach.specification(row.id, Right.EDIT)
        with st.spinner("Reading the list"):
            done = import_csv(visit.app, known, given, actor=visit.actor, skip_faulty=skip)
    except DocumentInvalid as error:
        hint = "Mend these lines and upload the file again, or tick the box above."
        show_fault(DocumentInvalid(error.message, error.problems, hint=hint))
    except AutopilotError as error:
        show_fault(error)
    else:
        _tell(done)


def _tell(done: Imported) -> None:
    parts = {
        "added": done.added,
        "confirmed by it": done.activated,
        "there already": done.known,
        "twice in the file": done.repeated,
        "left off, since they want no mail": done.suppressed,
        "could not be used": done.faulty,
    }
    told = ", ".join(f"{count:,} {words}" for words, count in parts.items() if count)
    st.success(f"Imported: {told or 'the file holds nobody'}.", icon=":material/check_circle:")
    if done.problems:
        st.warning("\n".join(f"- {plain(str(problem))}" for problem in done.problems))


def _export(visit: Visit, row: SpecificationRow) -> None:
    st.subheader("Export", anchor=False)
    st.markdown("All of the list with status and date. No cell of it can become a formula.")
    st.download_button(
        "Download the list",
        data=lambda: "".join(csv_parts(visit.app, visit.reach.specification(row.id))).encode(),
        file_name=f"{row.slug}-subscribers.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="subscribers-export",
    )
