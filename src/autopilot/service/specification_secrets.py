"""What of a specification is not for every eye: addresses of channels, which open other people's doors.

Whoever may not manage the workspace sees them masked. A masked address that comes back with a
change means the one that is stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from autopilot.domain.access import Right
from autopilot.domain.channel import Channel, FolderChannel, SlackChannel, WebhookChannel
from autopilot.domain.specification import Specification
from autopilot.errors import Problem
from autopilot.service.access.reach import Reach

S = TypeVar("S", bound=Specification)
MASK = "/***"


def masked(document: S) -> S:
    """Return the document with the addresses of its webhooks cut after their host."""
    return document.model_copy(update={"channels": tuple(map(_masked, document.channels))})


def unmasked(document: S, stored: Specification | None) -> S:
    """Return the document with each masked address as it is stored; others stay as they are."""
    known = () if stored is None else stored.channels
    channels = tuple(_unmasked(channel, known) for channel in document.channels)
    return (
        document
        if channels == document.channels
        else document.model_copy(update={"channels": channels})
    )


def masked_places(document: Specification) -> Iterator[Problem]:
    """Yield a problem for each address that is only a mask: there is none behind it."""
    for place, channel in enumerate(document.channels):
        if isinstance(channel, WebhookChannel | SlackChannel) and channel == _masked(channel):
            yield Problem(
                path=f"channels[{place}].url", message="is masked, and there is no such channel yet"
            )


def allow_channels(
    reach: Reach, workspace_id: UUID, before: Specification | None, after: Specification
) -> None:
    """Raise Forbidden unless the caller may give a specification these channels.

    Channels are for admins of the workspace. A folder anywhere on the machine, and a variable of
    the process as a secret, reach beyond the workspace: those are for operators.
    """
    old = () if before is None else before.channels
    new = unmasked(after, before).channels
    if old == new:
        return
    reach.require(workspace_id, Right.MANAGE, missing="There is no such workspace.")
    if any(_reaches_beyond(channel) for channel in new if channel not in old):
        reach.operate()


def _masked(channel: Channel) -> Channel:
    if isinstance(channel, WebhookChannel | SlackChannel):
        return channel.model_copy(update={"url": _mask(channel.url)})
    return channel


def _mask(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}{MASK}"


def _unmasked(channel: Channel, known: Sequence[Channel]) -> Channel:
    return next((it for it in known if _masked(it) == channel), channel)


def _reaches_beyond(channel: Channel) -> bool:
    if isinstance(channel, FolderChannel):
        return True
    return isinstance(channel, WebhookChannel) and channel.secret_env is not None
