"""Archive: nothing leaves; that the issue may be shown is all there is to it."""

from __future__ import annotations

from autopilot.domain.channel import ArchiveChannel
from autopilot.domain.letter import Answer, Parcel, Verdict
from autopilot.service.context import App


def send(_app: App, _channel: ArchiveChannel, _parcel: Parcel) -> Answer:
    """Accept at once: `autopilot serve` shows what readers may see."""
    return Answer(Verdict.ACCEPTED, "in the archive")
