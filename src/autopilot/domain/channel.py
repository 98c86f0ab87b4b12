"""Channels: how issues of a specification reach people and programs, as they stand in its document."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints

from autopilot.domain.address import MailAddress
from autopilot.domain.document import Address, Document

MAX_RECIPIENTS = 10_000
MAX_INTERNAL = 200  # recipients of a newsletter that may go without a public unsubscribe page
VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,63}$")]
FolderPath = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class ChannelKind(StrEnum):
    """How it is delivered."""

    EMAIL = "email"
    WEBHOOK = "webhook"
    SLACK = "slack"
    FOLDER = "folder"
    ARCHIVE = "archive"


class EmailChannel(Document):
    """Mail to the `recipients` typed here and to the specification's subscribers.

    `internal` says that all are colleagues (at most 200): without a public address the mails then
    ask for a word by mail instead of carrying an unsubscribe link.
    """

    type: Literal["email"]
    recipients: tuple[MailAddress, ...] = Field(default=(), max_length=MAX_RECIPIENTS)
    internal: bool = False


class WebhookChannel(Document):
    """A signed POST (Standard Webhooks); `secret_env` names the variable with the signing secret."""

    type: Literal["webhook"]
    url: Address
    secret_env: VariableName | None = None


class SlackChannel(Document):
    """A Slack-compatible incoming webhook."""

    type: Literal["slack"]
    url: Address


class FolderChannel(Document):
    """Files in a folder of the machine, absolute or below the data folder."""

    type: Literal["folder"]
    path: FolderPath


class ArchiveChannel(Document):
    """The public archive that `autopilot serve` shows, with its feeds."""

    type: Literal["archive"]


Channel = Annotated[
    EmailChannel | WebhookChannel | SlackChannel | FolderChannel | ArchiveChannel,
    Field(discriminator="type"),
]


def channel_key(channel: Channel) -> str:
    """Return what tells a channel from its specification's others: kind and place."""
    match channel:
        case WebhookChannel() | SlackChannel():
            return f"{channel.type}:{channel.url}"
        case FolderChannel():
            return f"{channel.type}:{channel.path}"
        case _:
            return channel.type


def channel_name(key: str) -> str:
    """Return a channel's key fit for logs and letters: a webhook's address is often a secret."""
    kind, _, place = key.partition(":")
    if kind not in (ChannelKind.WEBHOOK, ChannelKind.SLACK):
        return key
    return f"{kind} at {urlsplit(place).hostname}"
