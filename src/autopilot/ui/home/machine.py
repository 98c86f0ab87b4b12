"""Is it on: schedules, worker, sending, review and money, each in one small field."""

from __future__ import annotations

import streamlit as st

from autopilot.service.overview import Overview
from autopilot.service.status import Health
from autopilot.service.thresholds import percent_of, span
from autopilot.ui.guard import Visit
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.when import distance, in_full, local


def show_machine(visit: Visit, seen: Overview) -> None:
    """Show the fields in a row; on a phone they stand below each other."""
    first, second, third, fourth = st.columns(4)
    with first.container(border=True, height="stretch"):
        _schedules(seen)
    with second.container(border=True, height="stretch"):
        _worker(visit, seen)
    with third.container(border=True, height="stretch"):
        _review(visit, seen)
    with fourth.container(border=True, height="stretch"):
        _money(visit, seen)


def _schedules(seen: Overview) -> None:
    counts = seen.schedules
    state = (
        ":green-badge[:material/play_circle: on]"
        if counts.on
        else ":gray-badge[:material/pause_circle: off]"
    )
    st.markdown(f"**Autopilot** {state}")
    noun = "schedule" if counts.total == 1 else "schedules"
    told = [f"{counts.on} of {counts.total} {noun} on"] if counts.total else ["no schedule yet"]
    told += [f"{counts.paused} paused"] if counts.paused else []
    told += [f"{counts.stopped} stopped by failures"] if counts.stopped else []
    st.caption(", ".join(told))
    _link("autopilot", "Schedules")


def _worker(visit: Visit, seen: Overview) -> None:
    state = {
        Health.ON_TIME: ":green-badge[:material/check_circle: on time]",
        Health.LATE: ":red-badge[:material/error: late]",
        Health.OFF: ":orange-badge[:material/power_off: not running]",
    }[seen.scheduler.health]
    st.markdown(f"**Worker** {state}")
    for worker in seen.workers[:2]:
        st.caption(
            f"{plain(worker.hostname)}, seen {distance(worker.last_seen_at, visit.now)},"
            f" up {span(visit.now - worker.started_at)}",
            help=f"Process {worker.pid}, version {plain(worker.version)}, since"
            f" {in_full(worker.started_at, visit.zone)}",
        )
    if len(seen.workers) > 2:
        st.caption(f"and {len(seen.workers) - 2} more")
    if not seen.workers:
        last = seen.scheduler.last_tick_at
        st.caption("never seen" if last is None else f"last seen {distance(last, visit.now)}")
    if seen.uptime is not None:
        since = in_full(seen.uptime.since, visit.zone)
        st.caption(f"Uptime {percent_of(seen.uptime)}", help=f"Since {since}")
    allowed = seen.sending is None
    sign, word = ("outgoing_mail", "allowed") if allowed else ("block", "stopped")
    st.caption(f":material/{sign}: Sending is {word}")


def _review(visit: Visit, seen: Overview) -> None:
    waiting, first = seen.review.waiting, seen.review.first_release_at
    state = (
        f":orange-badge[:material/hourglass_top: {waiting} waiting]"
        if waiting
        else ":green-badge[:material/check_circle: nothing waits]"
    )
    st.markdown(f"**Review** {state}")
    if first is not None:
        st.caption(
            f"The first until {local(first, visit.zone, now=visit.now)},"
            f" {distance(first, visit.now)}",
            help=in_full(first, visit.zone),
        )
    if seen.review.held:
        st.caption(f"{seen.review.held} held")
    _link("review", "Review")


def _money(visit: Visit, seen: Overview) -> None:
    money = seen.money
    st.markdown("**Money this month**")
    limit = ", no limit is set" if money.limit is None else f" of {_dollars(money.limit)}"
    st.markdown(f"{_dollars(money.spent)}{limit}")
    if money.limit:
        st.progress(min(1.0, money.spent / money.limit))
    st.caption(
        f"{money.tokens:,} tokens" if money.tokens else "No model was asked",
        help=f"Since {in_full(money.since, visit.zone)}",
    )
    _link("settings", "Budget")


def _dollars(amount: float) -> str:
    return plain(f"${amount:,.2f}")


def _link(page: str, label: str) -> None:
    st.page_link(f"pages/{page}.py", label=label, icon=":material/arrow_forward:")
