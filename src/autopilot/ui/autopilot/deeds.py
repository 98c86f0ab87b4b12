"""Deeds: what the audit log says of a schedule, as sentences."""

from __future__ import annotations

from autopilot.service.schedule_overview import Deed
from autopilot.ui.parts.text import plain

_WORDS = {
    "schedule.created": "made it",
    "schedule.edited": "changed it",
    "schedule.paused": "paused it",
    "schedule.resumed": "resumed it",
    "schedule.cancelled": "deleted it",
    "schedule.slot_skipped": "skipped a slot",
    "schedule.backfilled": "made drafts of past slots",
}


def deed_in_words(deed: Deed) -> str:
    """Return who did what, with what there is to add (Markdown)."""
    noun, _, verb = deed.action.partition(".")
    told = _WORDS.get(deed.action, f"{noun} {verb}".replace("_", " ").strip())
    more = [
        str(deed.detail[key]) if not isinstance(deed.detail[key], list)
        else ", ".join(str(it).removesuffix("_override") for it in deed.detail[key])
        for key in ("changes", "reason", "slot", "drafts", "count")
        if deed.detail.get(key)
    ]  # fmt: skip
    return f"**{plain(deed.actor)}** {plain(told)}" + (
        f": {plain('; '.join(more))}" if more else ""
    )
