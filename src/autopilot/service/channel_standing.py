"""Channel standing: how each channel of a workspace is, a test over it, and the end of a pause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Connection

from autopilot.domain.access import Right
from autopilot.domain.address import mail_address
from autopilot.domain.channel import Channel, ChannelKind, EmailChannel, channel_key, channel_name
from autopilot.domain.letter import Letter, Parcel, Verdict
from autopilot.errors import Conflict, InputRefused, NotFound, Problem
from autopilot.service.access.reach import Reach
from autopilot.service.channel_faults import resume_channel
from autopilot.service.channels import SENDERS
from autopilot.service.context import App
from autopilot.service.sending_guard import why_not
from autopilot.store import audit, channels, specifications
from autopilot.store.channels import ChannelRow
from autopilot.store.specifications import SpecificationRow

MARK = "[Test]"
TOLD = "This is a test from Autopilot. No issue was sent, and nobody else got this."


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One channel of a specification: what it is called where anybody may read it, and how it is."""

    specification_id: UUID
    specification: str
    kind: ChannelKind
    key: str
    name: str
    row: ChannelRow

    def is_paused(self, now: datetime) -> bool:
        """Whether what is to leave over it waits."""
        return self.row.paused_until is not None and self.row.paused_until > now


def channels_of(reach: Reach, workspace_id: UUID) -> Sequence[Standing]:
    """Return every channel of a workspace's specifications, by the specifications' slugs."""
    reach.workspace(workspace_id)
    with reach.app.database.read() as connection:
        rows = specifications.list_specifications(connection, workspace_id=workspace_id)
        return [
            _standing(connection, row, channel) for row in rows for channel in row.document.channels
        ]


def _standing(connection: Connection, row: SpecificationRow, channel: Channel) -> Standing:
    key = channel_key(channel)
    return Standing(
        specification_id=row.id,
        specification=row.document.name,
        kind=ChannelKind(channel.type),
        key=key,
        name=channel_name(key),
        row=channels.find_channel(connection, row.id, key),
    )


def resume(reach: Reach, specification_id: UUID, key: str) -> int:
    """End the pause of a channel, and return how many deliveries may leave at once."""
    app, row = reach.app, reach.specification(specification_id, Right.MANAGE)
    _channel(row, key)
    with app.database.begin() as connection:
        count = resume_channel(connection, row.id, key, app.clock())
        _note(connection, reach, row, "channel.resumed", key)
    return count


def try_channel(reach: Reach, specification_id: UUID, key: str, *, to: str = "") -> str:
    """Send a test, marked as one, over a channel and return the other side's words.

    Over mail it goes to the one address `to`. Raises Conflict where it cannot leave, or where the
    other side does not take it; InputRefused for what is no address.
    """
    app, row = reach.app, reach.specification(specification_id, Right.MANAGE)
    channel = _channel(row, key)
    off = why_not(app)
    if off is not None:
        raise Conflict(off)
    words = _mailed(app, row, to) if isinstance(channel, EmailChannel) else _handed(app, row, key)
    with app.database.begin() as connection:
        _note(connection, reach, row, "channel.tested", key)
    return words


def _mailed(app: App, row: SpecificationRow, to: str) -> str:
    try:
        address = mail_address(to)
    except ValueError as error:
        problem = Problem(path="address", message=str(error), example="me@example.org")
        raise InputRefused("The test cannot be sent:", [problem]) from error
    if app.post is None:
        raise Conflict("There is no mail relay.", hint="Set AUTOPILOT_SMTP_URL, then try again.")
    letter = Letter(
        identity=f"channel-test:{uuid4()}",
        to=address,
        subject=f"{MARK} {row.document.name}",
        text=f"{TOLD}\n\nMail of {row.document.name} leaves over this relay.\n",
    )
    answer = app.post.send(letter)
    if answer.verdict is not Verdict.ACCEPTED:
        raise Conflict(f"The test was not sent to {address}: {answer.words}")
    return answer.words


def _handed(app: App, row: SpecificationRow, key: str) -> str:
    channel, now = _channel(row, key), app.clock()
    parcel = Parcel(
        delivery_id=uuid4(),
        issue_id=uuid4(),
        name=f"test-{row.slug}",
        subject=f"{MARK} {row.document.name}",
        html=f"<!doctype html><title>Test</title><p>{TOLD}</p>\n",
        text=f"{TOLD}\n",
        document={"test": True, "specification": row.slug, "stories": []},
        at=now,
    )
    answer = SENDERS[ChannelKind(channel.type)](app, channel, parcel)
    if answer.verdict is not Verdict.ACCEPTED:
        raise Conflict(f"The test did not arrive over {channel_name(key)}: {answer.words}")
    return answer.words


def _channel(row: SpecificationRow, key: str) -> Channel:
    for channel in row.document.channels:
        if channel_key(channel) == key:
            return channel
    raise NotFound("The specification has this channel no more.")


def _note(
    connection: Connection, reach: Reach, row: SpecificationRow, action: str, key: str
) -> None:
    audit.note(
        connection,
        at=reach.app.clock(),
        actor=reach.actor,
        action=action,
        subject=("specification", row.id),
        workspace_id=row.workspace_id,
        detail={"channel": channel_name(key)},
    )
