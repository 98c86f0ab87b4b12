"""Links in mails: the addresses of this Autopilot's public pages, signed where they act for a person."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

from autopilot.domain.signing import Purpose, signed
from autopilot.service.context import App
from autopilot.service.secret import secret_key

PLACEHOLDER = "https://unsubscribe.invalid/reader"
"""Stands in a stored issue wherever each reader has a link of their own; no address of the net."""


class _Named(Protocol):
    @property
    def id(self) -> UUID: ...


def public(app: App, path: str) -> str | None:
    """Return the address of a public page, None where nobody outside can reach this Autopilot."""
    base = app.settings.public_url
    return None if base is None else base + path


def unsubscribe_url(app: App, delivery_id: UUID, *, key: bytes | None = None) -> str | None:
    """Return where the reader of this delivery unsubscribes; GET shows a page, only POST acts.

    `key` saves reading the secret key anew for each of many.
    """
    token = signed(key or secret_key(app), Purpose.UNSUBSCRIBE, delivery_id.bytes)
    return public(app, f"/u/{token}")


def confirm_url(app: App, subscriber_id: UUID, *, until: datetime | None = None) -> str | None:
    """Return where somebody who asked for a newsletter says that it was them."""
    token = signed(secret_key(app), Purpose.CONFIRM, subscriber_id.bytes, until=until)
    return public(app, f"/s/confirm/{token}")


def review_url(app: App, content: bytes, *, until: datetime | None = None) -> str | None:
    """Return a reviewer's link; `content` is JSON that says the issue, the action and whose it is."""
    return public(app, f"/r/{signed(secret_key(app), Purpose.REVIEW, content, until=until)}")


def archive_url(
    app: App, workspace_slug: str, specification_slug: str, issue: _Named | UUID
) -> str | None:
    """Return an issue's page in the public archive."""
    identity = issue if isinstance(issue, UUID) else issue.id
    return public(app, f"/archive/{workspace_slug}/{specification_slug}/{identity}")
