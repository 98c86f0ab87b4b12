"""A run's details: its steps, what it took, who got its issue, and what can be tried again."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

import streamlit as st

from autopilot.domain.run import RunStatus
from autopilot.service.report import run_report
from autopilot.ui.guard import Visit
from autopilot.ui.parts.address import address
from autopilot.ui.parts.badges import badge, look_of
from autopilot.ui.parts.confirm import tell_done
from autopilot.ui.parts.run_acts import show_run_acts
from autopilot.ui.parts.text import plain
from autopilot.ui.parts.when import in_full, local, took

if TYPE_CHECKING:
    from autopilot.domain.run import Run

_OWN_FAULT = re.compile(r"internal error ([0-9a-f]{8})")
MOST_SHOWN = 10  # articles that were left out, sources that failed
_REPORT = dict[str, Any]


def show_run(visit: Visit, run: Run, *, key: str) -> None:
    """Show everything about a run, with its acts; `key` keeps its widgets apart from others'."""
    tell_done()
    report = run_report(visit.app, run)
    _outcome(run, report)
    _circumstances(visit, run)
    _steps(report)
    _making(report)
    _sources(report)
    _left_out(report)
    show_run_acts(visit, run, report, key=key)


def told_asked(run: Run) -> str:
    """Return what asked for a run, in words."""
    return "schedule" if run.trigger == "schedule" else "by hand"


def _outcome(run: Run, report: _REPORT) -> None:
    subject = report["subject"]
    st.markdown(f"{badge(report['outcome'])} {plain(subject) if subject else ''}")
    if run.reason and run.status is not RunStatus.SUCCEEDED:
        tell = {RunStatus.FAILED: st.error, RunStatus.QUEUED: st.warning}.get(run.status, st.info)
        tell(plain(run.reason))
        own = _OWN_FAULT.search(run.reason)
        if own:
            st.caption(f"Error id `{own[1]}`: the log of the worker has it with the full trace.")
    for note in report["notes"]:
        st.warning(plain(note), icon=":material/info:")


def _circumstances(visit: Visit, run: Run) -> None:
    def told(moment: datetime) -> str:
        return local(moment, visit.zone, now=visit.now)

    parts = [f"Asked for {told_asked(run)} by {address(run.created_by)}" if run.scheduled_for is None
             else f"For the slot {told(run.scheduled_for)}"]  # fmt: skip
    parts.append(f"articles from {told(run.window.start)} to {told(run.window.end)}")
    if run.started_at and run.finished_at:
        seconds = (run.finished_at - run.started_at).total_seconds()
        parts.append(f"began {told(run.started_at)}, took {took(seconds)}")
    elif run.status is RunStatus.QUEUED:
        parts.append(f"begins {told(run.due_at)}")
    parts += [f"attempt {run.attempt}"] if run.attempt else []
    parts += [f"its worker died {run.deaths} times"] if run.deaths else []
    st.caption(
        " · ".join(parts) + f" · run `{str(run.id)[:8]}`", help=in_full(run.created_at, visit.zone)
    )


def _steps(report: _REPORT) -> None:
    if not report["steps"]:
        return
    lines = ["| Step | In | Out | Time |", "|---|---:|---:|---:|"]
    lines += [
        f"| {name} | {step['in']} | {step['out']} | {took(step['seconds'])} |"
        for name, step in report["steps"].items()
    ]
    st.markdown("\n".join(lines))


def _making(report: _REPORT) -> None:
    told = []
    if report["writer"]:
        told.append(f"{_written(report['writer'])}{_spent(report['usage'])}")
    gate = report["gate"]
    if gate is not None:
        held = "" if gate["passes"] else ", held back"
        told.append(f"quality gate {gate['score']} of 100{held}")
    if report["deliveries"]:
        told.append(f"delivered {_delivered(report['deliveries'])}")
    if told:
        st.markdown(" · ".join(told))


def _written(writer: str) -> str:
    by_model = f"Written by {plain(writer)}"
    return "Summaries taken from the sources" if writer == "extractive" else by_model


def _spent(usage: list[_REPORT]) -> str:
    if not usage:
        return ", no model was asked"
    tokens = sum(one["input_tokens"] + one["output_tokens"] for one in usage)
    prices = [one["usd"] for one in usage]
    money = "price unknown" if None in prices else f"\\${sum(prices):.3f}"
    return f", {tokens:,} tokens, {money}"


def _delivered(counts: dict[str, int]) -> str:
    others = [f"{count} {look_of(it).word}" for it, count in counts.items() if it != "sent"]
    return ", ".join([f"{counts.get('sent', 0)} of {sum(counts.values())}", *others])


def _sources(report: _REPORT) -> None:
    sources = report["sources"]
    if not sources:
        return
    counts = Counter(source["status"] for source in sources)
    told = ", ".join(f"{count} {plain(status)}" for status, count in counts.most_common())
    lines = [f"{len(sources)} {'source' if len(sources) == 1 else 'sources'}: {told}"]
    failed = [source for source in sources if source["status"] == "failed"]
    for source in failed[:MOST_SHOWN]:
        lines.append(f"- {plain(source['url'])}: {plain(source['error'] or 'no answer')}")
    if len(failed) > MOST_SHOWN:
        lines.append(f"- and {len(failed) - MOST_SHOWN} more")
    st.markdown("\n".join(lines))


def _left_out(report: _REPORT) -> None:
    left = report["left_out"]
    if not left:
        return
    with st.popover(f"Left out: {len(left)}", icon=":material/filter_alt:", type="tertiary"):
        reasons = Counter(item["reason"] for item in left)
        lines = [f"- {count} × {plain(reason)}" for reason, count in reasons.most_common()]
        st.markdown("\n".join(lines))
        st.markdown("\n".join(f"- {plain(item['title'])}" for item in left[:MOST_SHOWN]))
        if len(left) > MOST_SHOWN:
            st.caption(f"and {len(left) - MOST_SHOWN} more articles")
