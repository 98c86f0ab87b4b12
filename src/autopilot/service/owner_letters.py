"""Letters to owners: what happened, in the order it happened, and what to look at next."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from autopilot.domain.letter import Letter
from autopilot.domain.notice import NoticeKind
from autopilot.domain.recurrence.civil_time import zone_of
from autopilot.store.telling import WaitingNotice
from autopilot.store.workspaces import Workspace

LONGEST_SUBJECT = 140
# RFC 3834: nobody's out-of-office answers a machine.
HEADERS = {"Auto-Submitted": "auto-generated"}
_WORDS = {
    "failed": "an issue failed",
    "missed": "slots were missed",
    "paused": "a schedule was paused",
    "recovered": "a schedule works again",
    "held": "an issue is held",
    "expired": "an issue was not approved in time",
    "source": "a source needs a look",
    "budget": "the money for model calls is used up",
}


def letter_of(owner: str, workspace: Workspace, told: Sequence[WaitingNotice]) -> Letter:
    """Return the letter that tells one owner of these notices; the same ones make the same letter."""
    ids = "".join(sorted(str(waiting.id) for waiting in told))
    return Letter(
        identity=identity_of("notices", ids, owner),
        to=owner,
        subject=one_line(_subject(workspace, told)),
        text=_text(workspace, told),
        headers=HEADERS,
    )


def identity_of(kind: str, *parts: str) -> str:
    """Return what makes a letter's Message-ID: the same for the same letter, sent again."""
    return f"{kind}-{hashlib.sha256(' '.join(parts).encode()).hexdigest()[:32]}"


def one_line(text: str) -> str:
    """Return text fit for a subject: one line, printable, not too long."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= LONGEST_SUBJECT else f"{line[: LONGEST_SUBJECT - 1]}…"


def local(moment: datetime, zone: str) -> str:
    """Return an instant as owners read it."""
    return f"{moment.astimezone(zone_of(zone).info):%Y-%m-%d %H:%M}"


def _subject(workspace: Workspace, told: Sequence[WaitingNotice]) -> str:
    found = {waiting.notice.kind for waiting in told}
    kinds = [kind.value for kind in NoticeKind if kind in found]
    if len(told) == 1:
        return f"{workspace.name}: {_words(kinds[0])} ({told[0].specification or 'all'})"
    return f"{workspace.name}: {len(told)} notices: {', '.join(_words(kind) for kind in kinds)}"


def _words(kind: str) -> str:
    return _WORDS.get(kind, kind)


def _text(workspace: Workspace, told: Sequence[WaitingNotice]) -> str:
    zone = workspace.timezone
    lines = []
    for waiting in told:
        place = f" {waiting.specification}" if waiting.specification else ""
        lines += [f"{local(waiting.notice.at, zone)} {zone}{place}", waiting.notice.message, ""]
    return "\n".join([*lines, "See how it is now: autopilot status", why(workspace)]) + "\n"


def why(workspace: Workspace) -> str:
    """Return the last line of every letter: why this person has it."""
    return f"You own the workspace {workspace.slug!r} or made the schedule; readers never get this."
