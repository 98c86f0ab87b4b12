"""More: every other policy of a schedule, each with its default as a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from autopilot.domain.policies import Policies
from autopilot.domain.review import Review
from autopilot.service.schedule_form import Seen
from autopilot.ui.autopilot.fields import told_problems
from autopilot.ui.autopilot.forms import Form
from autopilot.ui.parts.rerun import again

USUAL = Policies()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A policy that is one of a few words, each said as what happens."""

    name: str
    label: str
    words: Mapping[Any, str]
    not_for_custom: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A policy that is a number; left empty it is as usual, and `usual` says what that is."""

    name: str
    label: str
    usual: str
    most: int
    least: int = 0


WHEN_TIME_GOES_WRONG: tuple[Chosen | Counted, ...] = (
    Chosen(
        name="catch_up",
        label="When a slot was missed",
        words={
            "latest": "the latest one is caught up",
            "none": "none is caught up",
            "all": "each is caught up that is not too late",
        },
    ),
    Counted(
        name="max_lateness_minutes",
        label="How many minutes late an issue may still begin",
        usual="one period, 24 hours at most",
        least=1,
        most=44_640,
    ),
    Chosen(
        name="overlap",
        label="When the run before is still going",
        words={
            "skip": "the new slot is skipped",
            "queue_one": "the new slot waits for its end",
            "allow": "both run side by side",
        },
    ),
    Chosen(
        name="period_guard",
        label="More issues in a period than its rule has slots",
        words={True: "never", False: "allowed, after a catch-up or an edit"},
        not_for_custom=True,
    ),
    Chosen(
        name="gap",
        label="When the clock leaves its time out",
        words={
            "next_valid": "at the first time after that",
            "shift": "as much later as the clock jumps",
            "skip": "no issue that day",
        },
    ),
    Chosen(
        name="fold",
        label="When the clock shows its time twice",
        words={"first": "the first time", "second": "the second time", "both": "both times"},
    ),
)
WHEN_A_RUN_FAILS: tuple[Chosen | Counted, ...] = (
    Counted(
        name="retries",
        label="How often a failed run is tried again",
        usual=f"up to {USUAL.retries} times",
        most=10,
    ),
    Counted(
        name="pause_after_failures",
        label="Failed slots in a row until it is paused (0: never)",
        usual=f"after {USUAL.pause_after_failures}",
        most=1_000,
    ),
)
WHEN_IT_BEGINS: tuple[Chosen | Counted, ...] = (
    Counted(
        name="lead_minutes",
        label="Minutes before its slot that a run begins",
        usual="at the slot, or as early as a review needs",
        most=10_080,
    ),
    Counted(
        name="jitter_seconds",
        label="Seconds after its slot over which runs are spread",
        usual="none, right at the slot",
        most=3_600,
    ),
    Counted(
        name="priority",
        label="Priority over other schedules",
        usual="0, all take their turns",
        least=-100,
        most=100,
    ),
)
REVIEWS = {
    "publish": "they go out at once (default)",
    "hold": "they are held for some hours, and go out unless somebody stops them",
    "approve": "they go out only when somebody approves them",
}


def ask(form: Form, seen: Seen) -> None:
    """Ask for the policies; what is as usual stays out of the schedule."""
    count = len(form.answers.policies)
    told = f"{count} set" if count else "everything as usual (default)"
    with st.expander(f"More: {told}", key=f"{form.token}-more"):
        _review(form, seen)
        for group in (WHEN_TIME_GOES_WRONG, WHEN_A_RUN_FAILS, WHEN_IT_BEGINS):
            for policy in group:
                if isinstance(policy, Counted):
                    _count(form, seen, policy)
                elif not (policy.not_for_custom and form.answers.kind == "custom"):
                    _choose(form, seen, policy)


def _choose(form: Form, seen: Seen, policy: Chosen) -> None:
    usual = getattr(USUAL, policy.name)
    words = {**policy.words, usual: f"{policy.words[usual]} (default)"}
    options = list(policy.words)
    given = form.answers.policies.get(policy.name, usual)
    chosen = st.selectbox(
        policy.label,
        options,
        index=options.index(given) if given in options else 0,
        format_func=lambda it: words[it],
        key=f"{form.token}-{policy.name}",
    )
    _set(form, policy.name, None if chosen == usual else chosen)
    told_problems(form, seen, policy.name)


def _count(form: Form, seen: Seen, policy: Counted) -> None:
    chosen = st.number_input(
        policy.label,
        policy.least,
        policy.most,
        value=form.answers.policies.get(policy.name),  # type: ignore[call-overload]
        key=f"{form.token}-{policy.name}",
        placeholder=f"{policy.usual} (default)",
    )
    _set(form, policy.name, None if chosen is None else int(chosen))
    told_problems(form, seen, policy.name)


def _review(form: Form, seen: Seen) -> None:
    given = form.answers.policies.get("review") or {}
    before = {"mode": given} if isinstance(given, str) else dict(given)  # type: ignore[call-overload]
    mode = st.selectbox(
        "Before issues go out",
        list(REVIEWS),
        index=list(REVIEWS).index(before.get("mode", "publish")),
        format_func=lambda it: REVIEWS[it],
        key=f"{form.token}-review-mode",
    )
    now: dict[str, object] = {"mode": mode}
    if mode == "hold":
        now |= _hours(form, before, "hold_hours", "Hours that they are held", 168)
    if mode == "approve":
        now |= _hours(form, before, "expires_hours", "Hours after which it is too late", 720)
    if mode != "publish":
        key = f"{form.token}-reviewers"
        # What was typed is kept here alone: with a default as well, a new name would be lost.
        st.session_state.setdefault(key, list(before.get("reviewers", ())))
        reviewers = st.multiselect(
            "Who is asked, by mail",
            list(st.session_state[key]),
            accept_new_options=True,
            placeholder="ann@example.org",
            key=key,
        )
        now |= {"reviewers": list(reviewers)} if reviewers else {}
    _set(form, "review", None if mode == "publish" else now)
    told_problems(form, seen, "review")


def _hours(
    form: Form, before: Mapping[str, Any], name: str, label: str, most: int
) -> dict[str, object]:
    usual = float(getattr(Review(), name))
    chosen = st.number_input(
        label,
        0.5,
        float(most),
        value=float(before.get(name, usual)),
        step=0.5,
        key=f"{form.token}-{name}",
    )
    return {} if chosen == usual else {name: chosen}


def _set(form: Form, name: str, value: object) -> None:
    """Keep a policy; the form is looked at again where that changes what was shown above."""
    policies = {key: kept for key, kept in form.answers.policies.items() if key != name}
    if value is not None:
        policies[name] = value
    if policies != form.answers.policies:
        form.answers = replace(form.answers, policies=policies)
        form.refused.pop(name, None)
        again()
