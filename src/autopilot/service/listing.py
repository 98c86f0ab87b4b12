"""Listing: what somebody may read, a page at a time, for lists that people look through.

Each verb answers with what stands on the page and where the next one begins. Asked for a workspace,
specification, schedule or issue that is not theirs, it raises NotFound, as for one that is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import Any, Generic, TypeVar
from uuid import UUID

from autopilot.domain.delivery import Delivery, DeliveryStatus
from autopilot.domain.issue import IssueStatus
from autopilot.domain.run import Run, RunStatus, Trigger
from autopilot.domain.schedule import Schedule, ScheduleStatus
from autopilot.errors import InputRefused, Problem
from autopilot.service.access.reach import Reach
from autopilot.service.outcome import outcomes_by_id
from autopilot.store import listing
from autopilot.store.issues import IssueRow
from autopilot.store.last_slots import last_slots

T = TypeVar("T")
W = TypeVar("W", bound=StrEnum)
After = Sequence[Any] | None
SQUARES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Generic[T]):
    """One page. `next` is what to give as `after` for the page that follows; None at the end.

    It holds plain text, so that it can stand in an address.
    """

    items: Sequence[T]
    next: tuple[str | None, ...] | None = None


def schedules_page(
    reach: Reach,
    *,
    workspace_id: UUID | None = None,
    specification_id: UUID | None = None,
    status: ScheduleStatus | str | None = None,
    enabled: bool | None = None,
    owner: str | None = None,
    text: str = "",
    after: After = None,
    limit: int = 50,
) -> Listed[Schedule]:
    """List schedules in the order of their next slot; after them those that are off, by name.

    `text` is looked for in names, `owner` is who created it. Cancelled ones only with that status.
    """
    inside = _readable(reach, workspace_id, specification_id=specification_id)
    with reach.app.database.read() as connection:
        found = listing.schedules_after(
            connection,
            workspace_ids=inside,
            specification_id=specification_id,
            status=_word(ScheduleStatus, status, "status"),
            enabled=enabled,
            owner=owner,
            text=text.strip(),
            after=_line(after),
            limit=limit + 1,
        )
    return _page(
        found,
        limit,
        lambda it: (_text(it.next_run_at if it.enabled else None), it.name, str(it.id)),
    )


def runs_page(
    reach: Reach,
    *,
    workspace_id: UUID | None = None,
    specification_id: UUID | None = None,
    schedule_id: UUID | None = None,
    status: RunStatus | str | None = None,
    trigger: Trigger | str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: After = None,
    limit: int = 50,
) -> Listed[Run]:
    """List runs, the newest first; `since` and `until` (exclusive) are about when they were made."""
    inside = _readable(
        reach, workspace_id, specification_id=specification_id, schedule_id=schedule_id
    )
    with reach.app.database.read() as connection:
        found = listing.runs_before(
            connection,
            workspace_ids=inside,
            specification_id=specification_id,
            schedule_id=schedule_id,
            status=_word(RunStatus, status, "status"),
            trigger=_word(Trigger, trigger, "trigger"),
            since=since,
            until=until,
            after=_place(after),
            limit=limit + 1,
        )
    return _page(found, limit, _age)


def issues_page(
    reach: Reach,
    *,
    workspace_id: UUID | None = None,
    specification_id: UUID | None = None,
    schedule_id: UUID | None = None,
    statuses: Collection[IssueStatus] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    after: After = None,
    limit: int = 50,
) -> Listed[IssueRow]:
    """List issues, the newest first; without `statuses` whatever their status.

    `since` and `until` (exclusive) are about when they were made.
    """
    inside = _readable(
        reach, workspace_id, specification_id=specification_id, schedule_id=schedule_id
    )
    with reach.app.database.read() as connection:
        found = listing.issues_before(
            connection,
            workspace_ids=inside,
            specification_id=specification_id,
            schedule_id=schedule_id,
            statuses=statuses,
            since=since,
            until=until,
            after=_place(after),
            limit=limit + 1,
        )
    return _page(found, limit, _age)


def deliveries_page(
    reach: Reach,
    *,
    issue_id: UUID | None = None,
    workspace_id: UUID | None = None,
    statuses: Collection[DeliveryStatus] = (),
    channel: str | None = None,
    after: After = None,
    limit: int = 50,
) -> Listed[Delivery]:
    """List deliveries, the newest first; `channel` is a channel's key ("email", "webhook:...")."""
    inside = _readable(reach, workspace_id, issue_id=issue_id)
    with reach.app.database.read() as connection:
        found = listing.deliveries_before(
            connection,
            workspace_ids=inside,
            issue_id=issue_id,
            statuses=statuses,
            channel=channel,
            after=_place(after),
            limit=limit + 1,
        )
    return _page(found, limit, _age)


def last_outcomes(
    reach: Reach, schedule_ids: Iterable[UUID], *, last: int = SQUARES
) -> Mapping[UUID, Sequence[str]]:
    """Return the outcomes of the last slots of these schedules, oldest first, for squares.

    What a person asked for (run now, test run, backfill) is none of them. A schedule that is not
    theirs to read has none.
    """
    wanted = tuple(dict.fromkeys(schedule_ids))
    if not wanted:
        return {}
    with reach.app.database.read() as connection:
        slots = last_slots(connection, wanted, workspace_ids=_readable(reach, None), last=last)
        outcomes = outcomes_by_id(connection, dict(chain.from_iterable(slots.values())))
    return {each: [outcomes[run_id] for run_id, _ in runs] for each, runs in slots.items()}


def _readable(
    reach: Reach,
    workspace_id: UUID | None,
    *,
    specification_id: UUID | None = None,
    schedule_id: UUID | None = None,
    issue_id: UUID | None = None,
) -> Collection[UUID] | None:
    """The workspaces to look in, None for all; raises NotFound where they may not look.

    What is asked for by an id of its own is of one workspace: that need not be looked for again.
    """
    owners: list[UUID] = []
    if specification_id is not None:
        owners.append(reach.specification(specification_id).workspace_id)
    if schedule_id is not None:
        owners.append(reach.schedule(schedule_id).workspace_id)
    if issue_id is not None:
        owners.append(reach.issue(issue_id).workspace_id)
    if workspace_id is not None:
        owners.append(reach.workspace(workspace_id).id)
    if len(set(owners)) > 1:
        return ()
    if len(owners) == 1 and workspace_id is not None:
        return owners
    return None if owners or reach.principal.is_operator else tuple(reach.principal.grants)


def _page(
    found: Sequence[T], limit: int, place_of: Callable[[T], tuple[str | None, ...]]
) -> Listed[T]:
    """One more than wanted was read: then there is a next page."""
    if len(found) <= limit:
        return Listed(items=found)
    return Listed(items=found[:limit], next=place_of(found[limit - 1]))


def _age(item: Run | IssueRow | Delivery) -> tuple[str | None, ...]:
    return _text(item.created_at), str(item.id)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _place(after: After) -> listing.Place | None:
    if after is None:
        return None
    try:
        at, identity = after
        return listing.Place(at=_instant(at), id=UUID(str(identity)))
    except (TypeError, ValueError):
        raise _no_page() from None


def _line(after: After) -> listing.ScheduleLine | None:
    if after is None:
        return None
    try:
        at, name, identity = after
        if not isinstance(name, str) or "\0" in name:
            raise ValueError
        next_run_at = None if at is None else _instant(at)
        return listing.ScheduleLine(next_run_at=next_run_at, name=name, id=UUID(str(identity)))
    except (TypeError, ValueError):
        raise _no_page() from None


def _instant(text: object) -> datetime:
    moment = datetime.fromisoformat(str(text))
    if moment.tzinfo is None:
        raise ValueError
    return moment


def _no_page() -> InputRefused:
    problem = Problem(path="cursor", message="is not the `next` of a page")
    return InputRefused("The page cannot be found:", [problem])


def _word(kind: type[W], word: str | None, path: str) -> W | None:
    if word is None:
        return None
    try:
        return kind(word)
    except ValueError:
        allowed = ", ".join(kind)
        problem = Problem(path=path, message=f"{str(word)[:50]!r} is unknown", allowed=allowed)
        raise InputRefused("The list cannot be made:", [problem]) from None
