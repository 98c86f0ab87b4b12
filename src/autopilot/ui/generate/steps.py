"""The steps of a run as people follow them: which are done, which is under way, with counts and times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from autopilot.domain.run import RunStatus, Step
from autopilot.ui.parts.when import took

if TYPE_CHECKING:
    from autopilot.service.making_now import Progress, StepDone

_WORDS = {
    Step.COLLECT: "Ask the sources",
    Step.SELECT: "Choose the stories",
    Step.WRITE: "Write",
    Step.RENDER: "Draw the issue",
    Step.CHECK: "Check it",
    Step.STORE: "Store it",
}


def show_steps(told: Progress) -> None:
    """Show each step in a line: its sign, its words, what went in and came out, how long it took."""
    done = {it.step: it for it in told.done}
    st.markdown("  \n".join(_line(told, step, done.get(step)) for step in Step))


def _line(told: Progress, step: Step, done: StepDone | None) -> str:
    words = _WORDS[step]
    if done is not None:
        return f":green[:material/check:] {words}: {_counts(done)} · {took(done.seconds)}"
    if told.step is step:
        return f":blue[:material/progress_activity:] **{words}** …"
    if told.run.status is RunStatus.FAILED and _first_missing(told) is step:
        return f":red[:material/close:] {words}: failed"
    return f":gray[:material/circle: {words}]"


def _first_missing(told: Progress) -> Step | None:
    finished = {it.step for it in told.done}
    return next((step for step in Step if step not in finished), None)


def _counts(done: StepDone) -> str:
    given, made = done.count_in, done.count_out
    match done.step:
        case Step.COLLECT:
            return f"{_many(given, 'source')}, {_many(made, 'article')} of these days"
        case Step.SELECT:
            return f"{_many(made, 'story', 'stories')} of {_many(given, 'article')}"
        case Step.WRITE:
            return _many(made, "story", "stories")
        case Step.RENDER:
            return "page and text part"
        case Step.CHECK:
            return f"{_many(given, 'rule')}, {_many(made, 'finding')}"
        case Step.STORE:
            return "done"


def _many(count: int, one: str, more: str = "") -> str:
    return f"{count:,} {one if count == 1 else more or one + 's'}"
