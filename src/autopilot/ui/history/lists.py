"""The lists of the history: issues, issues that have some words, runs."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from autopilot.domain.issue import IssueStatus
from autopilot.service.history import IssueLine, RunLine, issue_lines, lines_of, run_lines
from autopilot.service.searching import Piece, search_issues
from autopilot.ui.guard import Visit
from autopilot.ui.history.filters import Filters
from autopilot.ui.parts.badges import badge, look_of
from autopilot.ui.parts.empty import show_empty
from autopilot.ui.parts.paging import place, show_paging
from autopilot.ui.parts.run_view import show_run, told_asked
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.way import show_way
from autopilot.ui.parts.when import in_full, local, took

ROWS = 20
_PLACES = "history-places"


def show_issues(visit: Visit, wanted: Filters) -> None:
    """Show issues, newest first."""
    page = issue_lines(
        visit.reach,
        visit.workspace.id,
        specification_id=wanted.specification_id,
        schedule_id=wanted.schedule_id,
        statuses=() if wanted.outcome is None else (IssueStatus(wanted.outcome),),
        since=wanted.since,
        until=wanted.until,
        after=place(_PLACES, (visit.workspace.id, wanted)),
        limit=ROWS,
    )
    if not page.items:
        _tell_none(wanted, "No issue was made yet.")
    for line in page.items:
        with st.container(border=True, gap="xsmall"):
            _open(visit, line, plain(line.issue.subject))
            _about(visit, line)
    show_paging(_PLACES, page.next)


def show_found(visit: Visit, wanted: Filters) -> None:
    """Show the issues that have the words, the best first, each with the place."""
    page = search_issues(
        visit.reach,
        visit.workspace.id,
        wanted.text,
        specification_id=wanted.specification_id,
        schedule_id=wanted.schedule_id,
        statuses=() if wanted.outcome is None else (IssueStatus(wanted.outcome),),
        since=wanted.since,
        until=wanted.until,
        after=place(_PLACES, (visit.workspace.id, wanted)),
        limit=ROWS,
    )
    if not page.items:
        told = f"No issue has all of these words: {wanted.text[:100]}"
        show_empty(f"{told}. Fewer words find more; a word is found by its beginning too.")
    lines = lines_of(visit.reach, visit.workspace.id, [found.issue for found in page.items])
    for found, line in zip(page.items, lines, strict=True):
        with st.container(border=True, gap="xsmall"):
            _open(visit, line, _marked(found.subject))
            if found.excerpt:
                st.markdown(_marked(found.excerpt))
            _about(visit, line)
    show_paging(_PLACES, page.next)


def show_runs(visit: Visit, wanted: Filters) -> None:
    """Show runs, newest first, each opened where it stands."""
    page = run_lines(
        visit.reach,
        visit.workspace.id,
        specification_id=wanted.specification_id,
        schedule_id=wanted.schedule_id,
        status=wanted.outcome,
        trigger=wanted.trigger,
        since=wanted.since,
        until=wanted.until,
        after=place(_PLACES, (visit.workspace.id, wanted)),
        limit=ROWS,
    )
    if not page.items:
        _tell_none(wanted, "Nothing has run yet.")
    for line in page.items:
        _run(visit, line)
    show_paging(_PLACES, page.next)


def _run(visit: Visit, line: RunLine) -> None:
    run, look = line.run, look_of(line.outcome)
    told = [local(run.scheduled_for or run.created_at, visit.zone, now=visit.now), look.word]
    told.append(line.schedule or line.specification)
    if line.subject:
        told.append(line.subject)
    elif run.trigger != "schedule":
        told.append(told_asked(run))
    if run.started_at and run.finished_at:
        told.append(took((run.finished_at - run.started_at).total_seconds()))
    label = f":{look.color}[:material/{look.icon}:] {plain(' · '.join(told))}"
    row = st.expander(label, key=f"history-run-{run.id}", on_change="rerun")
    if row.open:
        with row:
            show_run(visit, run, key=f"history-{run.id}")


def _open(visit: Visit, line: IssueLine, label: str) -> None:
    show_way(
        label,
        page="history",
        key=f"history-open-{line.issue.id}",
        icon=":material/article:",
        issue=str(line.issue.id),
        workspace=visit.workspace.slug,
    )


def _about(visit: Visit, line: IssueLine) -> None:
    at = line.issue.scheduled_for or line.issue.created_at
    told = [line.specification, *filter(None, [line.schedule])]
    st.caption(
        f"{badge(line.outcome)} {plain(' · '.join(told))} ·"
        f" {plain(local(at, visit.zone, now=visit.now))}",
        help=in_full(at, visit.zone),
    )


def _marked(pieces: Sequence[Piece]) -> str:
    """Pieces as Markdown: the words that were looked for in bold, all else as it is written."""
    return "".join(
        f"**{plain(piece.text)}**" if piece.is_match else _spaced(piece.text) for piece in pieces
    )


def _spaced(text: str) -> str:
    """`plain` takes the blanks at both ends, which here stand between two words."""
    before, after = " " * text[:1].isspace(), " " * text[-1:].isspace()
    return f"{before}{plain(text)}{after}" if text.strip() else " "


def _tell_none(wanted: Filters, never: str) -> None:
    if wanted.is_narrowed:
        show_empty("Nothing matches these filters. Take some of them back.", icon="filter_alt_off")
        return
    show_empty(
        f"{never} Generate the first one, or switch an autopilot on.",
        page="generate",
        label="Generate an issue",
    )
