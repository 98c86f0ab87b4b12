"""Execute: one claimed run from its sources to its stored issue. Each line is a step of the table in
docs/architecture.md; each step's output is kept, so a resumed run repeats only the step it died in.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from uuid import uuid4

import structlog

from autopilot.domain.content import Collection, Draft, Rendered, Selection, SourceStatus
from autopilot.domain.run import Run, Step, Trigger
from autopilot.errors import AutopilotError, LeaseLost, StoreUnavailable
from autopilot.pipeline.render import render
from autopilot.pipeline.select.choose import select
from autopilot.pipeline.write.draft import write_extractive
from autopilot.service.collecting import collect
from autopilot.service.edition import edition_name, look_of
from autopilot.service.issue import publish
from autopilot.service.job import Job, assemble
from autopilot.service.lease import Done, Lease, StopRequested

log = structlog.get_logger(__name__)


def execute(lease: Lease) -> Run:
    """Make the issue of a claimed run and return the run as it ended.

    Whatever happens is recorded on the run; only LeaseLost and StoreUnavailable mean that it was
    not: then it belongs to somebody else, or is rescued when its lease runs out.
    """
    with lease:
        try:
            return _make_issue(lease)
        except StopRequested:
            return lease.give_back()
        except KeyboardInterrupt:
            _interrupted(lease)
            raise
        except StoreUnavailable:
            # Not the run's fault: once the store is back, the run goes on from its last step. If it
            # is back already, no worker has to be thought dead for that.
            with suppress(AutopilotError):
                lease.give_back()
            raise
        except LeaseLost:
            log.warning("The lease was lost; stopped.", action="lost", run_id=str(lease.run.id))
            raise
        except AutopilotError as error:
            return _fail(lease, error.message)
        except Exception as error:  # noqa: BLE001 - a fault of ours must end its run, not the worker
            return _fail(lease, _unexpected(lease, error))


def _interrupted(lease: Lease) -> None:
    """A person who asked for a run no longer wants it; a slot is still promised to its readers."""
    if lease.run.trigger is Trigger.MANUAL:
        lease.end(lease.run.cancel("interrupted by whoever asked for it", lease.app.clock()))
    else:
        lease.give_back()


def _make_issue(lease: Lease) -> Run:
    job = assemble(lease.app, lease.run)
    if job.is_cancelled:
        return _skip(lease, "the specification was cancelled before this run began")
    if not job.sources:
        return _skip(lease, "the specification has no sources yet; add some and apply it again")
    collection = lease.step(
        Step.COLLECT, Collection, lambda: collect(lease.app, job), final=_was_answered
    )
    lease.note_sources(collection.reports)
    if not collection.articles:
        return _nothing_collected(lease, collection)
    selection = lease.step(Step.SELECT, Selection, lambda: _select(job, collection))
    if not selection.stories:
        return _skip(lease, _nothing_selected(collection, selection))
    draft = lease.step(Step.WRITE, Draft, lambda: _write(job, selection))
    rendered = lease.step(Step.RENDER, Rendered, lambda: _render(lease, job, draft))
    return publish(lease, job, draft, rendered)


def _select(job: Job, collection: Collection) -> Done[Selection]:
    chosen = select(collection.articles, job.specification, job.memory)
    selection = replace(chosen, left_out=chosen.left_out + collection.left_out)
    return Done(
        output=selection, count_in=len(collection.articles), count_out=len(selection.stories)
    )


def _write(job: Job, selection: Selection) -> Done[Draft]:
    edition = edition_name(job)
    draft = write_extractive(selection, job.specification, edition)
    return Done(output=draft, count_in=len(selection.stories), count_out=len(draft.stories))


def _render(lease: Lease, job: Job, draft: Draft) -> Done[Rendered]:
    rendered = render(draft, look_of(job, lease.run))
    return Done(output=rendered, count_in=len(draft.stories), count_out=2)


def _was_answered(collection: Collection) -> bool:
    return any(report.status is not SourceStatus.FAILED for report in collection.reports)


def _nothing_collected(lease: Lease, collection: Collection) -> Run:
    """End a run without articles: failed when no source answered, else skipped."""
    failed = [report for report in collection.reports if report.status is SourceStatus.FAILED]
    if not _was_answered(collection):
        told = (
            f"none of the {len(failed)} sources could be read; {failed[0].url}: {failed[0].error}"
        )
        return _retry_or_fail(lease, told)
    return _skip(
        lease,
        f"nothing new: {len(collection.reports)} sources gave no article inside the window"
        + (f", {len(failed)} could not be read" if failed else ""),
    )


def _nothing_selected(collection: Collection, selection: Selection) -> str:
    told = f"nothing fits: none of {len(collection.articles)} articles goes into this issue" + (
        f" (for example: {selection.left_out[0].reason})" if selection.left_out else ""
    )
    if _was_answered(collection):
        return told
    first = collection.reports[0]
    return f"{told}; no source answered ({first.url}: {first.error}), so these are stored articles"


def _skip(lease: Lease, reason: str) -> Run:
    return lease.end(lease.run.skip(reason, lease.app.clock()))


def _retry_or_fail(lease: Lease, reason: str) -> Run:
    """Try again later after a fault that may pass, while that is still before the next slot."""
    moment = lease.run.retry_at(lease.app.clock())
    if moment is None:
        tries = lease.run.failures + 1
        return _fail(lease, reason if tries == 1 else f"{reason} (tried {tries} times)")
    return lease.retry(reason, moment)


def _fail(lease: Lease, reason: str) -> Run:
    return lease.end(lease.run.fail(reason, lease.app.clock()))


def _unexpected(lease: Lease, error: Exception) -> str:
    """Log a fault of ours in full and return the sentence for people, with the id to look for."""
    error_id = uuid4().hex[:8]
    log.exception(
        "A run met a fault of Autopilot's own.", run_id=str(lease.run.id), error_id=error_id
    )
    return f"internal error {error_id}: {type(error).__name__}: {str(error)[:300]}"
