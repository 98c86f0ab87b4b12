"""The workspace: its name and zone, the look of its issues, who hears of failures, what it may spend."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

import streamlit as st

from autopilot.domain.access import Right
from autopilot.service.overview import overview
from autopilot.service.workspace_editing import change_workspace, fingerprint
from autopilot.ui.guard import Visit
from autopilot.ui.parts.confirm import act
from autopilot.ui.parts.text import plain

_SEEN = "workspace-seen"


def show_workspace(visit: Visit) -> None:
    """Show the form; whoever may not save it sees what it says."""
    may, it = visit.may(Right.MANAGE), visit.workspace
    if not may:
        st.caption("Changing this needs the role admin.")
    seen = _seen(visit)
    with st.form("workspace-form"):
        name = st.text_input("Name", value=it.name, key="workspace-name", disabled=not may)
        zone = _zone(visit, may)
        owners = st.text_area(
            "Owners, one address a line",
            value="\n".join(it.owners),
            key="workspace-owners",
            disabled=not may,
            help="They hear at once when a schedule fails, stops or is late, and each Monday how the"
            " week was.",
        )
        st.markdown("**Look of the issues**")
        brand = {
            "name": st.text_input(
                "Name in the header",
                value=it.brand.name or "",
                key="workspace-brand",
                disabled=not may,
            ).strip()
            or None,
            "color": st.color_picker(
                "Accent colour", value=it.brand.color, key="workspace-color", disabled=not may
            ),
            "logo": st.text_input(
                "Address of a logo (https)",
                value=it.brand.logo or "",
                key="workspace-logo",
                disabled=not may,
            ).strip()
            or None,
            "footer": st.text_area(
                "Footer", value=it.brand.footer, key="workspace-footer", disabled=not may
            ),
            "postal_address": st.text_input(
                "Postal address",
                value=it.brand.postal_address,
                key="workspace-postal",
                disabled=not may,
                help="Many countries ask for one in every newsletter.",
            ),
        }
        wanted = st.form_submit_button("Save", type="primary", disabled=not may)
    if not wanted:
        return
    changes: dict[str, object] = {
        "name": name,
        "timezone": zone,
        "owners": [line.strip() for line in owners.splitlines() if line.strip()],
        "brand": brand,
    }
    act(lambda: _saved(visit, changes, seen))


def show_money(visit: Visit) -> None:
    """Show what models took this month, and the limits."""
    may, limits = visit.may(Right.MANAGE), visit.workspace.budget
    money = overview(visit.reach, visit.workspace.id).money
    left, right = st.columns(2)
    left.metric("This month", f"${money.spent:,.2f}", help=f"since {money.since:%Y-%m-%d}")
    right.metric("Tokens", f"{money.tokens:,}")
    if money.limit:
        used = min(money.spent / money.limit, 1.0)
        st.progress(used, text=f"{used:.0%} of \\${money.limit:,.2f}")
    else:
        st.caption("No limit for a month is set here, or by AUTOPILOT_MONTHLY_BUDGET.")
    st.markdown(
        "Over a limit a smaller model writes, and then nobody: summaries are taken from the sources."
        " An issue is made in any case."
    )
    seen = _seen(visit)
    with st.form("budget-form"):
        month = _amount(
            "Most in a month, US dollars",
            limits.month_usd,
            "the installation's limit",
            may,
            "month",
        )
        run = _amount("Most for one issue, US dollars", limits.run_usd, "no limit", may, "run")
        wanted = st.form_submit_button("Save", type="primary", disabled=not may)
    if wanted:
        act(lambda: _saved(visit, {"budget": {"month_usd": month, "run_usd": run}}, seen))


def _amount(label: str, now: float | None, empty: str, may: bool, key: str) -> object:
    """An amount as it is typed, None for an empty field; a number field could not be emptied."""
    typed = st.text_input(
        label,
        value="" if now is None else f"{now:g}",
        placeholder=f"empty: {empty}",
        key=f"budget-{key}",
        disabled=not may,
    ).strip()
    try:
        return float(typed.replace(",", ".")) if typed else None
    except ValueError:
        return typed  # refused with everything else that is wrong


def _seen(visit: Visit) -> str:
    """The state that the form was opened with, until it is saved or left."""
    now = fingerprint(visit.workspace)
    kept = st.session_state.setdefault(_SEEN, (visit.workspace.id, now))
    if kept[0] != visit.workspace.id:
        kept = st.session_state[_SEEN] = (visit.workspace.id, now)
    if kept[1] != now:
        st.warning(
            "Somebody changed these settings since you opened them. What you typed is still here;"
            " saving is refused until you look at theirs.",
            icon=":material/group:",
        )
        if st.button("Look at theirs", key="workspace-reload"):
            _forget()
            st.rerun()
    return str(kept[1])


def _forget() -> None:
    for key in (
        _SEEN,
        *(it for it in st.session_state if str(it).startswith(("workspace-", "budget-"))),
    ):
        st.session_state.pop(key, None)


def _zone(visit: Visit, may: bool) -> str:
    zones = _zones()
    known = visit.workspace.timezone
    return st.selectbox(
        "Time zone",
        zones,
        index=zones.index(known) if known in zones else 0,
        key="workspace-zone",
        disabled=not may,
        help="Schedules have zones of their own; this one is what pages show and new ones begin with.",
    )


@cache
def _zones() -> list[str]:
    """All of them; the library looks through the disk each time."""
    return sorted(available_timezones())


def _saved(visit: Visit, changes: dict[str, object], seen: str) -> str:
    known = visit.reach.workspace(visit.workspace.id, Right.MANAGE)
    saved = change_workspace(visit.app, known.id, changes, actor=visit.actor, seen=seen)
    st.session_state.pop(_SEEN, None)
    return f"{plain(saved.name)} is saved."
