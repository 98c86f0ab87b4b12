"""The verdict: what the store holds afterwards against what was promised; every violation by row."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from autopilot.store.tables import (
    artifacts,
    audit_log,
    autopilot_schedules,
    issues,
    newsletter_runs,
    newsletter_specifications,
    run_steps,
    workspaces,
)
from chaos import store, witness
from chaos.oracle import Promise
from chaos.plan import SCHEMA, Outcome

ENDS = ("succeeded", "failed", "skipped", "cancelled")
LOOKAHEAD = timedelta(hours=1)  # slots that came while the campaign was ending
OUR_FAULT = ("internal error", "The store refused a row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One run with the names of whose it is."""

    promise: Promise
    run: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Everything the store held when the last worker had gone."""

    rows: Sequence[Row]
    steps: Sequence[Any]
    issues: Sequence[Any]
    schedules: Sequence[Any]
    contents: Mapping[str, bytes]  # artifacts kept in the database
    counted: frozenset[tuple[str, str, str]]  # schedules with missed slots that are only counted
    dropped: Mapping[Any, int]  # how many, by the id of the schedule
    following: Mapping[tuple[str, str, str], datetime]  # the next slot of schedules that are on


def read(outcome: Outcome) -> Held:
    """Return the rows of the store."""
    return store.ask(outcome.database, _read)


def violations(outcome: Outcome, held: Held) -> dict[str, list[str]]:
    """Return every violation by promise; an empty list means that it was kept."""
    promised = outcome.promised(outcome.until)
    present = Counter(row.promise for row in held.rows)
    possible = outcome.promised(max(outcome.until + LOOKAHEAD, outcome.farthest or outcome.until))
    lost = promised - set(present)
    return {
        "lost slots": [str(slot) for slot in sorted(lost) if not _is_counted(outcome, held, slot)],
        "slots run twice": [f"{slot}: {count}" for slot, count in present.items() if count > 1],
        "runs of slots nobody promised": [str(slot) for slot in sorted(set(present) - possible)],
        "slots to come that were forgotten": [
            str(slot) for slot in _forgotten(outcome, held, possible - set(present))
        ],
        "slots without an end": [
            f"{row.promise}: {row.run.status}"
            for row in held.rows
            if row.promise in promised and row.run.status not in ENDS
        ],
        "ends without a reason": [
            f"{row.promise}: {row.run.status}"
            for row in held.rows
            if row.run.status in ("failed", "skipped", "cancelled") and not row.run.reason
        ],
        "runs failed by a fault of ours": [
            f"{row.promise}: {row.run.reason}"
            for row in held.rows
            if (row.run.reason or "").startswith(OUR_FAULT)
        ],
        "runs without exactly their issue": list(_issues(held)),
        "issues whose content is gone or altered": list(_artifacts(outcome, held)),
        "leases left": [
            f"{row.promise}: {row.run.status}, lease until {row.run.lease_until}"
            for row in held.rows
            if row.run.lease_until is not None or row.run.status == "running"
        ],
        "rows written by an old epoch": [
            *witness.testimony(outcome.database, SCHEMA),
            *outcome.zombies.violations,
            *_steps_ahead(held),
        ],
        "schedules whose figures are wrong": list(_figures(held)),
        "expectations of the trial": list(outcome.broken),
        "workers that ended by themselves": [
            f"pid {pid}: exit code {code}" for pid, code in outcome.crew.exits
        ],
        "workers that did not stop well": [
            f"pid {pid}: exit code {code}" for pid, code in outcome.stop_codes.items() if code != 0
        ],
    }


def _forgotten(outcome: Outcome, held: Held, rest: set[Promise]) -> Iterator[Promise]:
    """The slots of the next hour without a row that their schedule will pass by."""
    soon = {slot for slot in rest if slot.slot <= outcome.until + LOOKAHEAD}
    for slot in sorted(soon):
        name = (slot.workspace, slot.specification, slot.schedule)
        following = held.following.get(name)
        if slot.slot > outcome.until and following is not None and following > slot.slot:
            yield slot


def _is_counted(outcome: Outcome, held: Held, slot: Promise) -> bool:
    """Whether a clock was far ahead when this slot came, and its schedule's missed ones are counted."""
    is_then = any(start <= slot.slot <= end for start, end in outcome.far_ahead)
    return is_then and (slot.workspace, slot.specification, slot.schedule) in held.counted


def reasons(held: Held) -> dict[str, Counter[str]]:
    """Return how runs ended: each status with its reasons, numbers and names left out."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for row in held.rows:
        without = {"succeeded": "an issue"}.get(row.run.status, "not begun or under way")
        told = re.sub(r"https?://\S+", "URL", row.run.reason or without)
        found[row.run.status][re.sub(r"\d+([:.-]\d+)*", "N", told)[:110]] += 1
    return dict(found)


def _read(connection: Connection) -> Held:
    schedules, specifications = autopilot_schedules, newsletter_specifications
    names = (
        select(
            newsletter_runs,
            workspaces.c.slug.label("workspace"),
            specifications.c.slug.label("specification"),
            schedules.c.schedule_name.label("schedule"),
        )
        .join(schedules, newsletter_runs.c.autopilot_schedule_id == schedules.c.id)
        .join(specifications, schedules.c.specification_id == specifications.c.id)
        .join(workspaces, schedules.c.workspace_id == workspaces.c.id)
        .where(newsletter_runs.c.trigger == "schedule")
    )
    missed = connection.execute(
        select(schedules.c.id, workspaces.c.slug, specifications.c.slug.label("specification"))
        .add_columns(schedules.c.schedule_name, audit_log.c.detail)
        .join(audit_log, audit_log.c.subject_id == schedules.c.id)
        .join(workspaces, schedules.c.workspace_id == workspaces.c.id)
        .join(specifications, schedules.c.specification_id == specifications.c.id)
        .where(audit_log.c.action == "schedule.slots_missed")
    ).all()
    following = connection.execute(
        select(workspaces.c.slug, specifications.c.slug.label("specification"))
        .add_columns(schedules.c.schedule_name, schedules.c.next_run_at)
        .join(schedules, schedules.c.workspace_id == workspaces.c.id)
        .join(specifications, schedules.c.specification_id == specifications.c.id)
        .where(schedules.c.enabled)
    ).all()
    dropped: Counter[Any] = Counter()
    for row in missed:
        dropped[row.id] += row.detail["slots_without_row"]
    steps = run_steps.c
    return Held(
        rows=[_row(run) for run in connection.execute(names)],
        steps=connection.execute(select(steps.run_id, steps.step, steps.epoch)).all(),
        issues=connection.execute(select(issues)).all(),
        schedules=connection.execute(select(schedules)).all(),
        contents={row.sha256: bytes(row.content) for row in connection.execute(select(artifacts))},
        counted=frozenset((row.slug, row.specification, row.schedule_name) for row in missed),
        dropped=dropped,
        following={tuple(row[:3]): row.next_run_at for row in following},
    )


def _row(run: Any) -> Row:
    promise = Promise(
        workspace=run.workspace,
        specification=run.specification,
        schedule=run.schedule,
        slot=run.scheduled_for,
    )
    return Row(promise=promise, run=run)


def _issues(held: Held) -> Iterator[str]:
    made = Counter(issue.run_id for issue in held.issues)
    for row in held.rows:
        wanted = int(row.run.status == "succeeded")
        if made[row.run.id] != wanted:
            yield f"{row.promise}: {row.run.status} with {made[row.run.id]} issues"


def _artifacts(outcome: Outcome, held: Held) -> Iterator[str]:
    files = {file.stem: file for file in (outcome.data_folder / "artifacts").glob("??/*.*")}
    for issue in held.issues:
        for name in (issue.html_sha256, issue.text_sha256):
            stored = files[name].read_bytes() if name in files else held.contents.get(name, b"")
            if hashlib.sha256(stored).hexdigest() != name:
                yield f"issue {issue.id} of run {issue.run_id}: {name}"


def _steps_ahead(held: Held) -> Iterator[str]:
    epochs = {row.run.id: row.run.epoch for row in held.rows}
    for step in held.steps:
        if step.epoch > epochs.get(step.run_id, 0):
            yield f"step {step.step} of run {step.run_id} has epoch {step.epoch} beyond its run's"


def _figures(held: Held) -> Iterator[str]:
    ended: dict[Any, Counter[str]] = defaultdict(Counter)
    for row in held.rows:
        ended[row.run.autopilot_schedule_id][row.run.status] += row.run.status in ENDS
    for schedule in held.schedules:
        rows = ended[schedule.id]
        counted = (schedule.run_count, schedule.success_count, schedule.failure_count)
        dropped = held.dropped[schedule.id]
        if counted != (rows.total() + dropped, rows["succeeded"], rows["failed"]):
            yield f"schedule {schedule.id} {schedule.schedule_name!r} counts {counted}, has {dict(rows)}"
