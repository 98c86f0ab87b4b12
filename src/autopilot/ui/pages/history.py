"""History: all runs and issues of a workspace, found again by words, dates and outcomes."""

from __future__ import annotations

import streamlit as st

from autopilot.ui.guard import Visit, page
from autopilot.ui.history.filters import RUNS, ask, identity
from autopilot.ui.history.lists import show_found, show_issues, show_runs
from autopilot.ui.history.opened import show_opened_issue, show_opened_run
from autopilot.ui.parts.way import show_way


def show(visit: Visit) -> None:
    """Show the issue or the run that the address names, else the lists."""
    st.title("History")
    issue, run = st.query_params.get("issue"), st.query_params.get("run")
    if issue is not None or run is not None:
        show_way(
            "All runs and issues",
            page="history",
            key="history-all",
            icon=":material/arrow_back:",
            workspace=visit.workspace.slug,
        )
    if issue is not None:
        show_opened_issue(visit, identity(issue, "issue"))
    elif run is not None:
        show_opened_run(visit, identity(run, "run"))
    else:
        _lists(visit)


def _lists(visit: Visit) -> None:
    wanted = ask(visit)
    if wanted.view == RUNS:
        show_runs(visit, wanted)
    elif wanted.text:
        show_found(visit, wanted)
    else:
        show_issues(visit, wanted)


page(show)
