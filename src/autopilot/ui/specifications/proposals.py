"""Proposals: keywords that stored articles suggest for a category, taken with a click."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from autopilot.service.proposing import Basis, Proposed, propose_keywords
from autopilot.ui.guard import Visit
from autopilot.ui.specifications.draft import Draft, Item
from autopilot.ui.specifications.fields import acting, key_of

if TYPE_CHECKING:
    from autopilot.domain.specification import SpecificationDocument

_BASES = {
    Basis.KEYWORDS: "Words that set apart the articles which its keywords find:",
    Basis.NAME: "Words that set apart the articles which speak of its name and description:",
    Basis.TOPICS: "No stored article speaks of its name. What your sources write about most:",
}


def show_proposals(
    visit: Visit, draft: Draft, category: Item, document: SpecificationDocument | None
) -> None:
    """Show a switch and, with it on, proposed keywords; a click on one takes it over."""
    key = key_of(draft, category, "propose")
    if not st.toggle("Propose keywords from stored articles", key=key):
        return
    if document is None:
        st.caption("First mend what cannot be saved.")
        return
    with st.spinner("Reading stored articles"):
        found = propose_keywords(
            visit.app, document, str(category["id"]), workspace=visit.workspace.slug
        )
    if not found.proposals:
        st.caption(_nothing(found))
        return
    st.caption(_BASES[found.basis])
    with st.container(horizontal=True):
        for proposal in found.proposals:
            new = f", {proposal.new} new" if found.basis is Basis.KEYWORDS else ""
            st.button(
                f"{_button_text(proposal.term)} ({proposal.articles}{new})",
                icon=":material/add:",
                key=key_of(draft, category, f"take-{proposal.term}"),
                on_click=acting(draft, _take),
                args=(category, proposal.term),
                help=f"{proposal.articles} stored articles have it",
            )


def _take(category: Item, term: str) -> None:
    category["keywords"] = list(dict.fromkeys([*(category.get("keywords") or ()), term]))


def _button_text(term: str) -> str:
    from autopilot.ui.parts.text import plain

    return plain(term)


def _nothing(found: Proposed) -> str:
    if not found.articles:
        return "Nothing is stored yet that could be read: look at the sources first."
    return "The stored articles suggest nothing that is not here already."
