"""Badges: how something stands, in one word, one colour and one sign - never by colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple


class Look(NamedTuple):
    """How a state is shown: its colour by Streamlit's name, its sign, its word."""

    color: str
    icon: str
    word: str


GOOD, BUSY, WAIT, BAD, NONE = "green", "blue", "orange", "red", "gray"
LOOKS = {
    # outcomes of runs, states of issues and deliveries
    "queued": Look(BUSY, "schedule", "queued"),
    "running": Look(BUSY, "progress_activity", "running"),
    "succeeded": Look(GOOD, "check_circle", "succeeded"),
    "failed": Look(BAD, "error", "failed"),
    "skipped": Look(NONE, "skip_next", "skipped"),
    "cancelled": Look(NONE, "block", "cancelled"),
    "draft": Look(NONE, "draft", "draft"),
    "held": Look(WAIT, "pan_tool", "held"),
    "waiting": Look(WAIT, "hourglass_top", "waiting"),
    "approved": Look(BUSY, "thumb_up", "approved"),
    "to_be_sent": Look(BUSY, "outgoing_mail", "to be sent"),
    "sending": Look(BUSY, "outgoing_mail", "sending"),
    "sent": Look(GOOD, "mark_email_read", "sent"),
    "partly_sent": Look(WAIT, "mark_email_unread", "partly sent"),
    "not_sent": Look(BAD, "unsubscribe", "not sent"),
    "expired": Look(WAIT, "timer_off", "expired"),
    "withdrawn": Look(NONE, "undo", "withdrawn"),
    "pending": Look(BUSY, "schedule_send", "pending"),
    "suppressed": Look(NONE, "notifications_off", "suppressed"),
    "unknown": Look(WAIT, "help", "unknown"),
    # schedules
    "active": Look(GOOD, "play_circle", "on"),
    "paused": Look(WAIT, "pause_circle", "paused"),
    "error": Look(BAD, "error", "stopped by failures"),
    "finished": Look(NONE, "flag", "finished"),
}
SQUARE = "■"  # of every font: coloured ones are emoji, which a machine may not have


def look_of(state: str) -> Look:
    """Return how a state is shown; one that is not known here, plainly."""
    return LOOKS.get(state, Look(NONE, "circle", state.replace("_", " ")))


def badge(state: str) -> str:
    """Return a state as Markdown: a small coloured field with sign and word."""
    look = look_of(state)
    return f":{look.color}-badge[:material/{look.icon}: {look.word}]"


def squares(outcomes: Sequence[str]) -> str:
    """Return the last outcomes as coloured squares (Markdown), oldest first; "" where there was none."""
    colors = groupby(look_of(outcome).color for outcome in outcomes)
    return "".join(f":{color}[{SQUARE * len(list(same))}]" for color, same in colors)
