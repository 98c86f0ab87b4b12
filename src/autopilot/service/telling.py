"""Telling owners: each outage once and at once, what repeats within a day in that day's digest.

Everybody hears at least once: who has heard is written down after each answer, in a transaction of
its own, so that a worker that dies in between repeats at most one letter, with the same Message-ID.
Silence about a failure would be worse. Two workers never write to the same owners at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from autopilot.domain.letter import Answer, Verdict
from autopilot.domain.notice import NoticeKind
from autopilot.errors import InputRefused
from autopilot.service.context import App
from autopilot.service.notice_webhook import post_notice
from autopilot.service.owner_letters import letter_of
from autopilot.service.sending_guard import may_send
from autopilot.store import telling, workspaces
from autopilot.store.telling import Outage, WaitingNotice
from autopilot.store.workspaces import Workspace

log = structlog.get_logger(__name__)
LOG, WEBHOOK = "log", "webhook"
DIGEST = timedelta(days=1)
BETWEEN_LETTERS = timedelta(minutes=15)
AGAIN = timedelta(minutes=15)
GIVE_UP = timedelta(days=2)
CLAIM = timedelta(minutes=10)
OUTAGES = frozenset({NoticeKind.FAILED, NoticeKind.RECOVERED, NoticeKind.PAUSED, NoticeKind.HELD})
OFTEN_AT_ONCE = (
    3  # a day, of one schedule's outages: what fails and recovers all day is for the digest
)
MOST = 100  # notices of a workspace in one round


def tell_owners(app: App, now: datetime) -> int:
    """Tell of every notice that is due; return how many nobody has to hear of any more."""
    with app.database.read() as connection:
        ids = telling.workspaces_with_news(connection, now)
    done = 0
    for workspace_id in ids:
        with claimed(app, workspace_id, now) as workspace:
            if workspace is not None:
                done += _tell(app, workspace, now)
    return done


@contextmanager
def claimed(app: App, workspace_id: UUID, now: datetime) -> Iterator[Workspace | None]:
    """Give the workspace to whoever is the only one to write to its owners now, None to others."""
    until = now + CLAIM
    with app.database.begin() as connection:
        is_ours = telling.claim_telling(connection, workspace_id, now=now, until=until)
        found = workspaces.get_workspace(connection, workspace_id) if is_ours else None
    try:
        yield found
    finally:
        if is_ours:
            with app.database.begin() as connection:
                telling.release_telling(connection, workspace_id, until)


def _tell(app: App, workspace: Workspace, now: datetime) -> int:
    with app.database.read() as connection:
        waiting = telling.waiting_notices(connection, workspace.id, now, limit=MOST)
        last = telling.last_told_at(connection, workspace.id)
        recent = telling.told_since(connection, workspace.id, now - DIGEST)
    waiting = [_logged(app, workspace, one) for one in waiting]
    off = may_send(app)
    if off is None:
        waiting = _posted(app, workspace, waiting)
    at_once = [one for one in waiting if not _is_for_digest(one, recent)]
    ids = {one.id for one in at_once}
    for_digest = [one for one in waiting if one.id not in ids]
    is_too_soon = last is not None and now - last < BETWEEN_LETTERS
    if off is None and not is_too_soon:
        at_once = _written(app, workspace, at_once)
    soon = last + BETWEEN_LETTERS if last is not None and is_too_soon else now + AGAIN
    done = [_settled(app, workspace, one, now, again=soon) for one in at_once]
    day = now + DIGEST if last is None else max(last + DIGEST, now)
    done += [_settled(app, workspace, one, now, again=day) for one in for_digest]
    return sum(done)


def _is_for_digest(waiting: WaitingNotice, recent: Mapping[Outage, int]) -> bool:
    """Whether as much was told of the same today as is told at once; put off once is enough."""
    at_once = OFTEN_AT_ONCE if waiting.notice.kind in OUTAGES else 1
    return waiting.is_fresh and recent.get(waiting.outage, 0) >= at_once


def listeners(app: App, workspace: Workspace, waiting: WaitingNotice) -> frozenset[str]:
    """Return who is to hear of a notice beside the log: the webhook, and owners by mail.

    Without owners it is who made the schedule, where that is a mail address.
    """
    found = {WEBHOOK} if app.settings.notice_webhook else set()
    return frozenset(found | set(_owners(app, workspace, waiting)))


def _owners(app: App, workspace: Workspace, waiting: WaitingNotice) -> Sequence[str]:
    if app.post is None:
        return ()
    if workspace.owners:
        return workspace.owners
    return mail_address_in(waiting.created_by or "")


def mail_address_in(name: str) -> Sequence[str]:
    """Return the mail address that a person's name in the audit log is, if it is one."""
    from autopilot.domain.address import mail_address

    try:
        return (mail_address(name),) if "@" in name else ()
    except ValueError:
        return ()


def _logged(app: App, workspace: Workspace, waiting: WaitingNotice) -> WaitingNotice:
    if LOG in waiting.told_to:
        return waiting
    log.warning(
        waiting.notice.message,
        action="notice",
        kind=waiting.notice.kind.value,
        workspace=workspace.slug,
        specification=waiting.specification,
    )
    return _heard(app, waiting, LOG)


def _posted(
    app: App, workspace: Workspace, waiting: Sequence[WaitingNotice]
) -> list[WaitingNotice]:
    """All that the webhook has not had; after a "later" the others wait as well."""
    url, kept = app.settings.notice_webhook, list(waiting)
    for place, one in enumerate(kept):
        if url is None or WEBHOOK in one.told_to:
            continue
        if not _is_over(_post(app, url.get_secret_value(), workspace, one), WEBHOOK):
            break
        kept[place] = _heard(app, one, WEBHOOK)
    return kept


def _post(app: App, url: str, workspace: Workspace, waiting: WaitingNotice) -> Answer:
    try:
        return post_notice(app, url, workspace, waiting)
    except InputRefused as error:
        told = f"AUTOPILOT_NOTICE_WEBHOOK_SECRET cannot be used: {error.message}"
        return Answer(Verdict.REFUSED, told)


def _written(
    app: App, workspace: Workspace, waiting: Sequence[WaitingNotice]
) -> list[WaitingNotice]:
    """One letter for each owner, with everything that this owner has not heard of."""
    kept = {one.id: one for one in waiting}
    owners = dict.fromkeys(owner for one in waiting for owner in _owners(app, workspace, one))
    for owner in owners:
        news = [
            one
            for one in kept.values()
            if owner in _owners(app, workspace, one) and owner not in one.told_to
        ]
        if not news or app.post is None:
            continue
        if _is_over(app.post.send(letter_of(owner, workspace, news)), owner):
            kept |= {one.id: _heard(app, one, owner) for one in news}
    return list(kept.values())


def _is_over(answer: Answer, listener: str) -> bool:
    """Whether nothing more is to be tried; a refusal is, and so is an answer that was lost."""
    if answer.verdict is not Verdict.ACCEPTED:
        log.warning(
            "A notice did not reach an owner for sure.",
            action="tell",
            listener=listener,
            verdict=answer.verdict.value,
            answer=answer.words,
        )
    return answer.verdict is not Verdict.LATER


def _heard(app: App, waiting: WaitingNotice, listener: str) -> WaitingNotice:
    heard = replace(waiting, told_to=waiting.told_to | {listener})
    with app.database.begin() as connection:
        telling.add_told(connection, heard, heard.told_to)
    return heard


def _settled(
    app: App, workspace: Workspace, waiting: WaitingNotice, now: datetime, *, again: datetime
) -> bool:
    """Write down what is left to do, and return whether nothing is."""
    wanted = listeners(app, workspace, waiting)
    missing = wanted - waiting.told_to
    is_over = not missing or now - waiting.notice.at > GIVE_UP
    has_been_told = bool(wanted & waiting.told_to)
    with app.database.begin() as connection:
        telling.settle(
            connection,
            waiting,
            tell_at=None if is_over else again,
            told_at=now if is_over and has_been_told else None,
        )
    return is_over
