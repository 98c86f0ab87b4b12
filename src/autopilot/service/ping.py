"""Ping: after a good tick an outside watcher hears that Autopilot is alive; its silence is the alarm."""

from __future__ import annotations

from autopilot.domain.handover import Handover
from autopilot.service.context import App

SECONDS = 5.0


def ping(app: App) -> str | None:
    """Ask AUTOPILOT_PING_URL once; return why it did not answer well, None where it did."""
    url = app.settings.ping_url
    if url is None:
        return None
    receipt = app.outgoing.hand_over(Handover(url=url.get_secret_value(), seconds=SECONDS))
    if receipt.is_good:
        return None
    return receipt.problem or f"it answered {receipt.status}"
