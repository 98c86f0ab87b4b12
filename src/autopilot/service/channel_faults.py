"""Channel faults: a channel that cannot be used is paused, its deliveries wait, its owner hears once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import Connection

from autopilot.domain.channel import channel_name
from autopilot.domain.notice import Notice, NoticeKind
from autopilot.service.context import App
from autopilot.store import channels, deliveries, notices, postbag, specifications
from autopilot.store.channels import ChannelRow

log = structlog.get_logger(__name__)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=3)  # news of another day; RFC 5321 gives a mail four or five
STALE_AT_ONCE = 500
CLOSED = timedelta(days=36_500)  # until a person opens it again


def pause_channel(
    app: App, specification_id: UUID, key: str, reason: str, *, passing: bool = False
) -> datetime:
    """Pause a channel and return until when; pauses double from a minute to an hour.

    What is to leave over it waits, untouched; what has waited for three days is given up, with the
    reason. One that somebody else has just paused stays as it is. Its owner hears of it at once, or
    at the second pause where it is `passing`.
    """
    now = app.clock()
    with app.database.begin() as connection:
        row = channels.find_channel(connection, specification_id, key, locked=True)
        until = row.paused_until
        if until is None or until <= now:
            until = _pause(connection, row, reason, now, passing=passing)
        _give_up(connection, specification_id, key, reason, now)
        postbag.put_off_channel(connection, specification_id, key, until)
    log.warning(
        "A channel is paused.",
        action="channel_paused",
        specification_id=str(specification_id),
        channel=channel_name(key),
        until=until.isoformat(),
        reason=reason,
    )
    return until


def recover_channel(app: App, specification_id: UUID, key: str) -> None:
    """Note that something arrived over a channel; its owner hears of the end of an outage."""
    now = app.clock()
    with app.database.begin() as connection:
        row = channels.find_channel(connection, specification_id, key, locked=True)
        if not row.consecutive_errors:
            return
        channels.save_channel(connection, _healthy(row, now))
        postbag.bring_forward(connection, specification_id, key, now)
        if row.last_error is None:
            return
        told = f"The channel {channel_name(key)} works again."
        _note(connection, specification_id, NoticeKind.RECOVERED, told, now)


def close_channel(app: App, specification_id: UUID, key: str, reason: str) -> None:
    """Note that the other side wants nothing any more over a channel, and let its owner hear of it."""
    now = app.clock()
    with app.database.begin() as connection:
        row = channels.find_channel(connection, specification_id, key, locked=True)
        if _is_closed(row, now):
            return
        closed = replace(
            row,
            consecutive_errors=row.consecutive_errors + 1,
            paused_until=now + CLOSED,
            paused_reason=reason,
            last_error=reason,
        )
        channels.save_channel(connection, closed)
        told = (
            f"The channel {channel_name(key)} wants no issues any more: {reason}. Take it out of the"
            " specification, or open it again: autopilot deliveries retry"
        )
        _note(connection, specification_id, NoticeKind.PAUSED, told, now)


def why_closed(app: App, specification_id: UUID, key: str) -> str | None:
    """Return what the other side said when it wanted nothing any more, None for an open channel."""
    with app.database.read() as connection:
        row = channels.find_channel(connection, specification_id, key)
    return row.paused_reason if _is_closed(row, app.clock()) else None


def resume_channel(connection: Connection, specification_id: UUID, key: str, now: datetime) -> int:
    """End a pause, as a person asks; return how many deliveries may leave at once."""
    row = channels.find_channel(connection, specification_id, key, locked=True)
    if row.paused_until is not None:
        channels.save_channel(connection, replace(row, paused_until=None, paused_reason=None))
    return postbag.bring_forward(connection, specification_id, key, now)


def pause_mail(app: App, reason: str, *, passing: bool = False) -> None:
    """Pause the mails of all specifications that have some to send: the relay is the same for all."""
    with app.database.read() as connection:
        waiting = postbag.specifications_due(connection, app.clock(), deliveries.EMAIL)
    for specification_id in waiting:
        pause_channel(app, specification_id, deliveries.EMAIL, reason, passing=passing)


def _is_closed(row: ChannelRow, now: datetime) -> bool:
    return row.paused_until is not None and row.paused_until - now > CLOSED / 2


def _pause(
    connection: Connection, row: ChannelRow, reason: str, now: datetime, *, passing: bool
) -> datetime:
    """`last_error` is what the owner was told in this outage."""
    pauses = row.consecutive_errors
    tells = row.last_error is None and (pauses > 0 or not passing)
    until = now + min(FIRST_PAUSE * 2.0 ** min(pauses, 10), LONGEST_PAUSE)
    paused = replace(
        row,
        consecutive_errors=pauses + 1,
        paused_until=until,
        paused_reason=reason,
        last_error=reason if tells else row.last_error,
    )
    channels.save_channel(connection, paused)
    if tells:
        told = f"The channel {channel_name(row.key)} cannot be used; its deliveries wait: {reason}"
        _note(connection, row.specification_id, NoticeKind.PAUSED, told, now)
    return until


def _give_up(
    connection: Connection, specification_id: UUID, key: str, reason: str, now: datetime
) -> None:
    stale = postbag.waiting_since(
        connection, specification_id, key, now - GIVE_UP_AFTER, most=STALE_AT_ONCE
    )
    told = f"given up after {GIVE_UP_AFTER.days} days: {reason}"
    for waiting in stale:
        deliveries.move(connection, waiting, waiting.refuse(told, now))


def _healthy(row: ChannelRow, now: datetime) -> ChannelRow:
    return replace(
        row,
        consecutive_errors=0,
        paused_until=None,
        paused_reason=None,
        last_error=None,
        last_sent_at=now,
    )


def _note(
    connection: Connection, specification_id: UUID, kind: NoticeKind, message: str, now: datetime
) -> None:
    row = specifications.get_specification(connection, specification_id)
    if row is None:
        return
    notice = Notice(
        workspace_id=row.workspace_id,
        specification_id=row.id,
        schedule_id=None,
        run_id=None,
        kind=kind,
        message=f"{row.document.name}: {message}",
        at=now,
    )
    notices.add_notice(connection, notice)
