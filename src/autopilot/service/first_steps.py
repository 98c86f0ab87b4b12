"""First steps: from an empty store to a newsletter on autopilot. Where one stands is in the store.

Each step can be passed over, left and taken up again, and taken twice without anything being there
twice: what is asked for is looked for first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection

from autopilot.domain.access import Right
from autopilot.domain.channel import EmailChannel
from autopilot.domain.content import SourceStatus
from autopilot.domain.run import Run, RunStatus
from autopilot.domain.schedule import Schedule
from autopilot.errors import Conflict
from autopilot.service.access.reach import Reach
from autopilot.service.asking import proposal_for
from autopilot.service.first_samples import of_samples
from autopilot.service.schedules import create_autopilot_schedule
from autopilot.service.specifying import change_specification
from autopilot.store import audit, issues, listing, schedules, specifications
from autopilot.store.overview import has_issue
from autopilot.store.specifications import SpecificationRow
from autopilot.store.workspaces import Workspace

PASSED = "first_steps.passed"


class FirstStep(StrEnum):
    """The steps in their order; the last one is the end."""

    TOPIC = "topic"
    ISSUE = "issue"
    DELIVERY = "delivery"
    SCHEDULE = "schedule"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where somebody stands. `step` is the first one that is not behind them.

    `run` is the newest run of the specification that a person asked for, or of its samples;
    `issue_id` the newest issue of either, whoever asked for it. `schedule` is the first that is on.
    """

    workspace: Workspace | None = None
    specification: SpecificationRow | None = None
    run: Run | None = None
    issue_id: UUID | None = None
    has_sample_issue: bool = False
    is_sample_run: bool = False
    schedule: Schedule | None = None
    passed: frozenset[FirstStep] = frozenset()

    @property
    def step(self) -> FirstStep:
        """The step to take next."""
        return next((it for it in FirstStep if not self.is_behind(it)), FirstStep.DONE)

    def is_behind(self, step: FirstStep) -> bool:
        """Whether somebody is past a step: it is done, or was passed over. Without a topic none is.

        An issue wants to be looked at, so that one is passed with a click, or once autopilot is on.
        """
        if self.specification is None:
            return False
        is_done = self.is_done(step) and (step is not FirstStep.ISSUE or self.schedule is not None)
        return step in self.passed or is_done

    def is_done(self, step: FirstStep) -> bool:
        """Whether what a step is about is there."""
        match step:
            case FirstStep.TOPIC:
                return self.specification is not None
            case FirstStep.ISSUE:
                return self.issue_id is not None
            case FirstStep.DELIVERY:
                return bool(self.specification and self.specification.document.channels)
            case FirstStep.SCHEDULE:
                return self.schedule is not None
            case FirstStep.DONE:
                return False

    @property
    def is_cut_off(self) -> bool:
        """Whether the newest run failed since no live source could be reached."""
        run = self.run
        if run is None or self.is_sample_run or run.status is not RunStatus.FAILED:
            return False
        return bool(run.sources) and all(it.status is SourceStatus.FAILED for it in run.sources)


def standing(reach: Reach, workspace_id: UUID | None) -> Standing:
    """Return where somebody stands in a workspace that they may read; None is the very beginning."""
    if workspace_id is None:
        return Standing()
    workspace = reach.workspace(workspace_id)
    with reach.app.database.read() as connection:
        found = specifications.list_specifications(
            connection, workspace_id=workspace.id, with_cancelled=True
        )
        row = next(
            (it for it in found if it.status == specifications.ACTIVE and not of_samples(it)), None
        )
        passed = _passed(connection, workspace.id)
        if row is None:
            return Standing(workspace=workspace, passed=passed)
        samples = next((it for it in found if of_samples(it) == row.slug), None)
        made = _made(connection, row, samples)
        issue = next(((it, run) for run, it in made if it is not None), None)
        on = _first_on(connection, row.id)
    newest = next((run for run, _ in made if run.schedule_id is None), None)
    return Standing(
        workspace=workspace,
        specification=row,
        run=newest,
        issue_id=None if issue is None else issue[0],
        has_sample_issue=issue is not None and issue[1].specification_id != row.id,
        is_sample_run=newest is not None and newest.specification_id != row.id,
        schedule=on,
        passed=passed,
    )


def is_new(reach: Reach, workspace_id: UUID) -> bool:
    """Return whether no issue was made yet in a workspace, with a newsletter or without one."""
    workspace = reach.workspace(workspace_id)
    with reach.app.database.read() as connection:
        return not has_issue(connection, workspace.id)


def pass_over(reach: Reach, workspace_id: UUID, step: FirstStep) -> None:
    """Remember that somebody is past a step, having done it or left it out."""
    workspace = reach.workspace(workspace_id, Right.EDIT)
    with reach.app.database.begin() as connection:
        if step in _passed(connection, workspace.id):
            return
        audit.note(
            connection,
            at=reach.app.clock(),
            actor=reach.actor,
            action=PASSED,
            subject=("workspace", workspace.id),
            workspace_id=workspace.id,
            detail={"step": step.value},
        )


def mail_to(reach: Reach, specification_id: UUID, address: str) -> SpecificationRow:
    """Let every issue go to one address as mail; what other channels there are stay."""
    row = reach.specification(specification_id, Right.EDIT)
    reach.specification(specification_id, Right.SEND)
    others = [it for it in row.document.channels if not isinstance(it, EmailChannel)]
    mail = next((it for it in row.document.channels if isinstance(it, EmailChannel)), None)
    known = () if mail is None else mail.recipients
    if address in known:
        return row
    wanted = {
        "type": "email",
        "recipients": [*known, address],
        "internal": True if mail is None else mail.internal,
    }
    channels = [*(it.model_dump(mode="json") for it in others), wanted]
    return change_specification(
        reach.app, row.id, {"channels": channels}, actor=reach.actor, seen=None
    )


def switch_on(reach: Reach, specification_id: UUID) -> Schedule:
    """Put a specification on autopilot at its usual time, and return its schedule; twice is once."""
    row = reach.specification(specification_id, Right.EDIT)
    proposal = proposal_for(row, None)
    try:
        return create_autopilot_schedule(
            row.id,
            row.workspace_id,
            reach.actor,
            proposal.name,
            proposal.type,
            proposal.config,
            app=reach.app,
        )
    except Conflict:
        with reach.app.database.read() as connection:
            there = schedules.find_schedule(connection, row.id, proposal.name)
        if there is None or not there.enabled:
            raise
        return there


def _made(
    connection: Connection, row: SpecificationRow, samples: SpecificationRow | None
) -> Sequence[tuple[Run, UUID | None]]:
    """The last runs of both, newest first, with their issues."""
    found = [
        run for it in (row, samples) if it is not None for run in _last_runs(connection, it.id)
    ]
    # Of two at one instant the samples are the later ones: they take the place of what failed.
    found.sort(key=lambda run: (run.created_at, run.specification_id != row.id), reverse=True)
    made = {run.id: issues.issue_of_run(connection, run.id) for run in found}
    return [(run, None if (it := made[run.id]) is None else it.id) for run in found]


def _last_runs(connection: Connection, specification_id: UUID) -> Sequence[Run]:
    return listing.runs_before(
        connection,
        workspace_ids=None,
        specification_id=specification_id,
        schedule_id=None,
        status=None,
        trigger=None,
        since=None,
        until=None,
        after=None,
        limit=10,
    )


def _first_on(connection: Connection, specification_id: UUID) -> Schedule | None:
    found = listing.schedules_after(
        connection,
        workspace_ids=None,
        specification_id=specification_id,
        status=None,
        enabled=True,
        owner=None,
        text="",
        after=None,
        limit=1,
    )
    return next(iter(found), None)


def _passed(connection: Connection, workspace_id: UUID) -> frozenset[FirstStep]:
    deeds = audit.deeds_on(connection, workspace_id, workspace_id)
    return frozenset(FirstStep(it.detail["step"]) for it in deeds if it.action == PASSED)
