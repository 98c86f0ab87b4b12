"""Making: a claimed run from its sources to its stored issue. Each line of `make_issue` is a step of
the table in docs/architecture.md; each step's output is kept, so a resumed run repeats only the step
it died in.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import structlog

from autopilot.domain.content import Collection, Draft, Rendered, Selection, SourceStatus
from autopilot.domain.run import Run, Step
from autopilot.pipeline.render import draw
from autopilot.pipeline.select.choose import select
from autopilot.service.checking import Vetted, check_issue
from autopilot.service.collecting import collect
from autopilot.service.edition import look_of
from autopilot.service.issue import publish
from autopilot.service.job import Job, assemble
from autopilot.service.lease import Done, Lease
from autopilot.service.memory import learned
from autopilot.service.tracing import part
from autopilot.service.writing import write

log = structlog.get_logger(__name__)


def make_issue(lease: Lease) -> Run:
    """Take a claimed run from step to step and return it as it ended."""
    job = assemble(lease.app, lease.run)
    if job.is_cancelled:
        return lease.skip("the specification was cancelled before this run began")
    if not job.sources:
        return lease.skip("the specification has no sources yet; add some and apply it again")
    collection = lease.step(
        Step.COLLECT, Collection, lambda: collect(lease.app, job), final=_was_answered
    )
    lease.note_sources(collection.reports)
    if not collection.articles:
        return _nothing_collected(lease, collection)
    selection = lease.step(Step.SELECT, Selection, lambda: _select(lease, job, collection))
    if not selection.stories:
        return lease.skip(_nothing_selected(collection, selection))
    draft = lease.step(Step.WRITE, Draft, lambda: _write(lease, job, selection))
    rendered = lease.step(Step.RENDER, Rendered, lambda: _render(lease, job, draft))
    vetted = lease.step(Step.CHECK, Vetted, lambda: _check(lease, job, draft, rendered))
    with part(lease.app, Step.STORE.value):
        return publish(lease, job, vetted)


def _select(lease: Lease, job: Job, collection: Collection) -> Done[Selection]:
    model = learned(
        lease.app,
        job.run.specification_id,
        job.specification,
        job.sources,
        job.run.window,
    )
    chosen = select(collection.articles, job.specification, job.memory, model)
    selection = replace(chosen, left_out=chosen.left_out + collection.left_out)
    return Done(
        output=selection, count_in=len(collection.articles), count_out=len(selection.stories)
    )


def _write(lease: Lease, job: Job, selection: Selection) -> Done[Draft]:
    """Write; what a model was paid for is kept story by story, so that no attempt pays for it twice."""
    draft = write(
        lease.app,
        job,
        selection,
        kept=lease.kept_so_far(Step.WRITE),
        keep=partial(lease.keep_so_far, Step.WRITE),
    )
    return Done(output=draft, count_in=len(selection.stories), count_out=len(draft.stories))


def _render(lease: Lease, job: Job, draft: Draft) -> Done[Rendered]:
    drawing = draw(draft, look_of(lease.app, job, lease.run))
    if drawing.problem:
        log.warning(drawing.problem, action="template", run_id=str(lease.run.id))
    return Done(output=drawing.rendered, count_in=len(draft.stories), count_out=2)


def _check(lease: Lease, job: Job, draft: Draft, rendered: Rendered) -> Done[Vetted]:
    look = look_of(lease.app, job, lease.run)
    vetted = check_issue(
        lease.app, job, draft, rendered, lambda mended: draw(mended, look).rendered
    )
    findings = len(vetted.report.findings)
    return Done(output=vetted, count_in=len(vetted.report.checked), count_out=findings)


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
    return lease.skip(
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


def _retry_or_fail(lease: Lease, reason: str) -> Run:
    """Try again later after a fault that may pass, while that is still before the next slot."""
    moment = lease.run.retry_at(lease.app.clock())
    if moment is None:
        tries = lease.run.failures + 1
        return lease.fail(reason if tries == 1 else f"{reason} (tried {tries} times)")
    return lease.retry(reason, moment)
