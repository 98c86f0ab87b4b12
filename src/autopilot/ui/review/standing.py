"""Where an issue under review stands: what happens next and when, who gets it, what speaks against it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import streamlit as st

from autopilot.domain.issue import IssueStatus
from autopilot.service.review_deeds import told_deed, told_details
from autopilot.service.review_view import REVIEWABLE, review_view, told_audience
from autopilot.ui.guard import Visit, page
from autopilot.ui.parts.badges import badge
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.when import in_full, local
from autopilot.ui.review.countdown import EVERY_SECONDS, left, told_next

if TYPE_CHECKING:
    from autopilot.service.review_view import ReviewView
    from autopilot.store.audit import Deed


def show_standing(issue_id: UUID, version: int) -> None:
    """Show it, anew each half minute; where others change the issue meanwhile, say so and no more.

    The page itself is not drawn anew: nobody loses what they are typing.
    """

    @st.fragment(run_every=EVERY_SECONDS)
    def live() -> None:
        page(lambda visit: _show(visit, issue_id, version))

    live()


def show_findings(view: ReviewView) -> None:
    """Show what the gate found, in words: what keeps the issue back, and what it lets pass."""
    if view.errors:
        lines = ["It cannot be sent as it is:", *(f"- {plain(it)}" for it in view.errors)]
        st.error("\n".join(lines), icon=":material/block:")
    if view.warnings:
        many = "1 warning" if len(view.warnings) == 1 else f"{len(view.warnings)} warnings"
        with st.expander(f"The gate has {many}", icon=":material/warning:"):
            st.markdown("\n".join(f"- {plain(it)}" for it in view.warnings))


def show_record(visit: Visit, view: ReviewView) -> None:
    """Show who was asked by letter, and who did what, the last thing first."""
    if view.letters:
        st.markdown("**Asked**")
        st.markdown(
            "\n".join(_asked(it.address, it.status.value, it.reason) for it in view.letters)
        )
    elif view.review is not None and view.review.reviewers:
        names = ", ".join(plain(it) for it in view.review.reviewers)
        st.markdown(f"**Asked**\n- {names}: no letter yet")
    st.markdown("**Done**")
    if not view.deeds:
        st.markdown("Nothing yet.")
    for deed in reversed(view.deeds):
        st.markdown(_done(visit, deed), help=in_full(deed.at, visit.zone))


def _show(visit: Visit, issue_id: UUID, version: int) -> None:
    view = review_view(visit.app, visit.reach.issue(issue_id).id)
    if view.issue.version != version:
        st.warning(
            f"It was changed while you looked at it; it is {plain(_word(view))} now."
            f"{_by_whom(view)}",
            icon=":material/sync:",
        )
        if st.button("Show it as it is now", key="review-refresh"):
            st.rerun()
        return
    st.markdown(f"{badge(view.issue.status)} {told_next(view)}")
    if view.status in REVIEWABLE:
        st.caption(f"Audience: {_audience(view)}.{_limits(visit, view)}")


def _audience(view: ReviewView) -> str:
    if not view.audience.people and not view.audience.channels:
        return "nobody, since this newsletter has no channel, or no reader"
    return plain(told_audience(view.audience))


def _limits(visit: Visit, view: ReviewView) -> str:
    told = ""
    if view.ends_at is not None and view.status in (IssueStatus.WAITING, IssueStatus.HELD):
        told += f" Too old to go out {local(view.ends_at, visit.zone, now=visit.now)}."
    if view.lost:
        lost = left(view.now + view.lost, view.now)
        told += f" It was made late: its schedule gives {lost} more to look at it."
    return told


def _word(view: ReviewView) -> str:
    return view.issue.status.replace("_", " ")


def _by_whom(view: ReviewView) -> str:
    if not view.deeds:
        return ""
    last = view.deeds[-1]
    return f" {_who(last.actor)} {plain(told_deed(last))}."


def _asked(address: str, status: str, reason: str | None) -> str:
    told = f"{plain(status)}{f': {plain(reason)}' if reason else ''}"
    return f"- {plain(address)}, letter {told}"


def _done(visit: Visit, deed: Deed) -> str:
    more = "".join(f", {plain(it)}" for it in told_details(deed))
    when = local(deed.at, visit.zone, now=visit.now)
    return f"{when}: {_who(deed.actor)} {plain(told_deed(deed))}{more}"


def _who(actor: str) -> str:
    """Who did it; reviewers who came with the link of their letter are named by their address."""
    name = actor.removeprefix("review:")
    return f"{plain(name)}{' (by letter)' if name != actor else ''}"
