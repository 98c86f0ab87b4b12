"""Deliver: what is due leaves, each reader once, and every row says what became of it.

Rows of dead senders are taken back first: what had not begun to leave is sent by somebody else; what
had begun is `unknown`, shown, and sent again by a person alone. Then mails leave over a few
connections at once, other channels beside them, and each issue whose rows have all ended says how.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import datetime
from uuid import UUID

import structlog

from autopilot.domain.delivery import Delivery
from autopilot.domain.issue import IssueStatus
from autopilot.domain.notice import Notice, NoticeKind
from autopilot.errors import AutopilotError
from autopilot.service.bag import Bag
from autopilot.service.context import App
from autopilot.service.lease import never
from autopilot.service.ledger import Ledger
from autopilot.service.sending_guard import may_send
from autopilot.service.tracing import Traces
from autopilot.store import channels, deliveries, issues, notices, postbag, specifications
from autopilot.store.deliveries import EMAIL, Counts

log = structlog.get_logger(__name__)
FLUSH_SECONDS = 0.25
DRAIN_SECONDS = 8.0  # what is under way when it is to stop gets as long for its answer
RENEWALS_PER_LEASE = 3
MAILS_PER_LINE = 5  # fewer are not worth another connection
RESCUED_AT_ONCE = 500


def deliver(
    app: App,
    *,
    stopping: Callable[[], bool] = never,
    deadline: datetime | None = None,
) -> int:
    """Send what is due and return how many deliveries ended.

    Nothing new begins once `stopping()` says so or after `deadline`; what is under way ends, what
    was only claimed is given back. Raises StoreUnavailable.
    """
    if (reason := may_send(app)) is not None:
        log.warning(reason, action="deliver")
        return 0
    rescue_deliveries(app, app.clock())
    settle(app)

    def may_begin() -> bool:
        return not stopping() and (deadline is None or app.clock() < deadline)

    with closing(Ledger(app)) as ledger:
        _send_all(app, ledger, may_begin, stopping)
    settle(app, ledger.take_issues())
    if ended := sum(ledger.counts.values()):
        told = {status.value: count for status, count in ledger.counts.items()}
        log.info("Deliveries ended.", action="deliver", **told)
    return ended


def has_due(app: App, now: datetime) -> bool:
    """Whether there is anything for `deliver` to do; a few looks into indexes."""
    with app.database.read() as connection:
        return postbag.due_exists(connection, now)


def next_due(app: App) -> datetime | None:
    """Return when something is due to leave, or a dead sender's rows are to be taken back."""
    with app.database.read() as connection:
        return postbag.next_due_at(connection)


def rescue_deliveries(app: App, now: datetime) -> int:
    """Take back the rows of senders whose lease ran out, and return how many."""
    with app.database.begin() as connection:
        expired = postbag.expired(connection, now, most=RESCUED_AT_ONCE)
        for held in expired:
            deliveries.move(connection, held, _taken_back(held, now))
    for held in expired:
        log.warning(
            "A delivery lost its sender.",
            action="rescue",
            delivery_id=str(held.id),
            was=held.status.value,
        )
    return len(expired)


def _taken_back(held: Delivery, now: datetime) -> Delivery:
    """Only a mail may not come twice: other channels' receivers can tell by the delivery's id."""
    if held.status == "sending" and held.channel == EMAIL:
        told = "its sender died while the mail was leaving; nobody knows whether it arrived"
        return held.lose(told, now)
    return held.release()


def _send_all(
    app: App, ledger: Ledger, may_begin: Callable[[], bool], stopping: Callable[[], bool]
) -> None:
    """Send over all channels at once, with the leases of what is held kept alive."""
    mails = Bag(app, mail=True, may_begin=may_begin)
    others = Bag(app, mail=False, may_begin=may_begin)
    try:
        threads = [
            *_mail_threads(app, mails, ledger, stopping),
            *_parcel_threads(app, others, ledger),
        ]
        for thread in threads:
            thread.start()
        _wait_for(threads, app, (mails, others), ledger, stopping)
    finally:
        for bag in (mails, others):
            bag.close()


def _mail_threads(
    app: App, bag: Bag, ledger: Ledger, stopping: Callable[[], bool]
) -> Iterable[threading.Thread]:
    count = bag.fill()
    if not count:
        return ()
    from autopilot.service.channel_faults import pause_mail
    from autopilot.service.mailing import Mailing  # late: an idle worker sends nothing

    if app.post is None:
        bag.close()
        pause_mail(app, "no relay is set: set AUTOPILOT_SMTP_URL and AUTOPILOT_MAIL_FROM")
        return ()
    with app.database.read() as connection:
        troubled = {row.specification_id for row in channels.troubled_channels(connection)}
    mailing = Mailing(app, app.post, bag=bag, ledger=ledger, stopping=stopping, troubled=troubled)
    lines = min(app.settings.mail_connections, -(-count // MAILS_PER_LINE))
    return [
        threading.Thread(target=mailing.run, name=f"mail {number}", daemon=True)
        for number in range(1, lines + 1)
    ]


def _parcel_threads(app: App, bag: Bag, ledger: Ledger) -> Iterable[threading.Thread]:
    if not bag.fill():
        return ()
    from autopilot.service.parcels import send_parcels

    return [
        threading.Thread(target=send_parcels, args=(app, bag, ledger), name="parcels", daemon=True)
    ]


def _wait_for(
    threads: Iterable[threading.Thread],
    app: App,
    bags: tuple[Bag, ...],
    ledger: Ledger,
    stopping: Callable[[], bool],
) -> None:
    """Wait for the senders; meanwhile renew leases and write ends that no next mail writes."""
    renew_every = app.settings.lease.total_seconds() / RENEWALS_PER_LEASE
    renewed = time.monotonic()
    leave_at: float | None = None
    while any(thread.is_alive() for thread in threads):
        next(each for each in threads if each.is_alive()).join(FLUSH_SECONDS)
        now = time.monotonic()
        try:
            ledger.flush()
            if now - renewed >= renew_every:
                renewed = now
                for bag in bags:
                    bag.renew()
        except AutopilotError as error:
            log.warning("Leases could not be renewed.", action="deliver", error=str(error))
        if stopping():
            leave_at = leave_at or now + DRAIN_SECONDS
            if now >= leave_at:
                return


def settle(app: App, issue_ids: Iterable[UUID] | None = None) -> int:
    """Move issues whose deliveries have all ended to what came of them; tell of those not all had.

    Without ids: those that a sender left behind.
    """
    if issue_ids is None:
        with app.database.read() as connection:
            issue_ids = deliveries.unsettled_issues(connection)
    return sum(_settle(app, issue_id) for issue_id in issue_ids)


def _settle(app: App, issue_id: UUID) -> bool:
    with app.database.begin() as connection:
        outcome = deliveries.settle_issue(connection, issue_id)
        if outcome is None:
            return False
        if outcome is not IssueStatus.SENT:
            issue = issues.get_issue(connection, issue_id)
            row = issue and specifications.get_specification(connection, issue.specification_id)
            if issue and row:
                counts = deliveries.count_by_issue(connection, [issue_id])[issue_id]
                notice = Notice(
                    workspace_id=issue.workspace_id,
                    specification_id=issue.specification_id,
                    schedule_id=None,
                    run_id=issue.run_id,
                    kind=NoticeKind.FAILED,
                    message=f"{row.document.name}: {told_of(counts)}."
                    f" See: autopilot deliveries list {row.slug}",
                    at=app.clock(),
                )
                notices.add_notice(connection, notice)
    log.info("An issue was sent.", action="settle", issue_id=str(issue_id), outcome=outcome.value)
    if app.traces is not None:
        _trace(app.traces, app, issue_id, outcome)
    return True


def _trace(traces: Traces, app: App, issue_id: UUID, outcome: IssueStatus) -> None:
    """Add the delivery to the trace of the issue's run; one span, however many readers."""
    with app.database.read() as connection:
        issue = issues.get_issue(connection, issue_id)
        began, ended = deliveries.time_of_sending(connection, issue_id)
        counts = deliveries.count_by_issue(connection, [issue_id])[issue_id]
    if issue is not None and began is not None and ended is not None:
        is_good = outcome is IssueStatus.SENT
        told = {f"deliveries_{status.value}": count for status, count in counts.by_status.items()}
        traces.note_past(
            issue.run_id, "deliver", began, ended, ok=is_good, outcome=outcome.value, **told
        )


def told_of(counts: Counts) -> str:
    """Return counts in words: "211 of 214 sent, 2 failed, 1 unknown"."""
    by_status = [
        f"{count} {status.value}"
        for status, count in sorted(counts.by_status.items())
        if count and status.value != "sent"
    ]
    sent = f"{counts.by_status.get('sent', 0)} of {counts.total} sent"  # type: ignore[call-overload]
    return ", ".join([sent, *by_status])
