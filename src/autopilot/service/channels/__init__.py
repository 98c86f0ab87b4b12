"""Channels that are no mail: each one module with a `send`, and a line here.

A sender gives one parcel to the other side and returns its answer; it raises nothing that the
other side does. An answer that was lost counts as "later": the same parcel with the same id comes
again (at least once), and whoever receives it can tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol, cast

from autopilot.domain.channel import ChannelKind
from autopilot.domain.letter import Answer, Parcel
from autopilot.service.context import App


class Sender(Protocol):
    """Gives a parcel to one kind of channel."""

    def __call__(self, app: App, channel: Any, parcel: Parcel, /) -> Answer:
        """Return what the other side said."""


_MODULES = {
    ChannelKind.WEBHOOK: "webhook",
    ChannelKind.SLACK: "slack",
    ChannelKind.FOLDER: "folder",
    ChannelKind.ARCHIVE: "archive",
}


def _late(module: str) -> Sender:
    """A worker that has no such channel has no use for what it needs."""

    def send(app: App, channel: Any, parcel: Parcel) -> Answer:
        found = import_module(f"autopilot.service.channels.{module}")
        return cast("Sender", found.send)(app, channel, parcel)

    return send


SENDERS: Mapping[ChannelKind, Sender] = {kind: _late(name) for kind, name in _MODULES.items()}
