"""Feed health: how many sources work, and what each troubled one has and needs."""

from __future__ import annotations

import streamlit as st

from autopilot.service.overview import Overview, Troubled
from autopilot.ui.parts.empty import show_empty
from autopilot.ui.parts.text import plain


def show_feeds(seen: Overview) -> None:
    """Show the counts in a line and the worst sources one by one."""
    st.subheader("Sources", anchor=False)
    feeds = seen.feeds
    if not feeds.counts.total:
        show_empty(
            "There is no source yet, so nothing can be found.",
            page="specifications",
            label="Add sources",
            icon="rss_feed",
        )
        return
    st.markdown(_counts(seen))
    for troubled in feeds.worst:
        _show(troubled)
    if feeds.in_need > len(feeds.worst):
        st.caption(f"and {feeds.in_need - len(feeds.worst)} more")
    st.page_link("pages/specifications.py", label="All sources", icon=":material/arrow_forward:")


def _counts(seen: Overview) -> str:
    feeds = seen.feeds
    told = [f":green-badge[:material/check_circle: {feeds.working} work]"]
    if feeds.in_need:
        told.append(f":red-badge[:material/error: {feeds.in_need} need care]")
    if feeds.counts.unseen:
        told.append(f":gray-badge[:material/schedule: {feeds.counts.unseen} not read yet]")
    return " ".join(told)


def _show(troubled: Troubled) -> None:
    source, health = troubled.row.source, troubled.health
    st.markdown(
        f":red[:material/rss_feed:] **{plain(source.name or source.url)}**"
        f" :gray[{plain(troubled.specification)}]",
        help=plain(source.url),
    )
    st.caption(f"{plain(health.sentence)}. {_sentence(health.advice)}")


def _sentence(advice: str) -> str:
    return f"{plain(advice[:1].upper() + advice[1:])}." if advice else ""
