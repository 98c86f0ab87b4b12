"""First samples: an issue from a pack's recorded news, where its live feeds cannot be reached.

It is made of a specification of its own, which is cancelled again: invented news never become
articles, memory or health of the real one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

import structlog

from autopilot.adapters.packs import pack_names
from autopilot.adapters.sample_outgoing import SampleOutgoing
from autopilot.domain.access import Right
from autopilot.domain.run import Run
from autopilot.errors import AutopilotError, Conflict, NotFound
from autopilot.service.access.reach import Reach
from autopilot.service.context import App
from autopilot.service.making_now import begin
from autopilot.service.packs import pack_document
from autopilot.service.specifying import cancel_specification, create_specification
from autopilot.store import specifications
from autopilot.store.specifications import SpecificationRow

log = structlog.get_logger(__name__)
SUFFIX = "-samples"


def of_samples(row: SpecificationRow) -> str | None:
    """Return the slug of the specification whose samples this one is, None for any other."""
    return row.slug.removesuffix(SUFFIX) if row.slug.endswith(SUFFIX) else None


def pack_of(row: SpecificationRow) -> str | None:
    """Return the pack that a specification was made of, None where it was made of none."""
    return next(
        (it for it in pack_names() if pack_document(it).specifications[0].slug == row.slug), None
    )


def make_of_samples(reach: Reach, specification_id: UUID) -> Run:
    """Begin an issue from the recorded samples of a specification's pack, in this process.

    Raises NotFound for a specification that was made of no pack.
    """
    row = reach.specification(specification_id, Right.EDIT)
    pack = pack_of(row)
    if pack is None:
        raise NotFound(f"{row.slug} was made of no starter pack: there are no samples for it.")
    outgoing = SampleOutgoing(pack, now=reach.app.clock)
    samples = _samples_of(reach, row, outgoing)
    return begin(
        replace(reach.app, outgoing=outgoing),
        samples.id,
        actor=reach.actor,
        here=_cancelled_afterwards(reach.app, samples.id, reach.actor),
    )


def _samples_of(reach: Reach, row: SpecificationRow, outgoing: SampleOutgoing) -> SpecificationRow:
    """The specification of the samples: as the real one, with other sources and without channels."""
    document = row.document.model_dump(mode="json", exclude={"sources", "channels"})
    wanted = document | {
        "slug": f"{row.slug[: 64 - len(SUFFIX)]}{SUFFIX}",
        "name": f"{row.document.name[:180]} (sample news)",
        "sources": [it.model_dump(mode="json", exclude_none=True) for it in outgoing.sources],
    }
    try:
        return create_specification(reach.app, row.workspace_id, wanted, actor=reach.actor)
    except Conflict:
        # Its run is under way, or its process died before it could be cancelled.
        with reach.app.database.read() as connection:
            return specifications.list_specifications(
                connection, workspace_id=row.workspace_id, slug=wanted["slug"]
            )[0]


@contextmanager
def _cancelled_afterwards(app: App, specification_id: UUID, actor: str) -> Iterator[None]:
    try:
        yield
    finally:
        try:
            cancel_specification(app, specification_id, actor=actor)
        except AutopilotError as error:
            log.warning("The samples' specification stays.", action="samples", error=str(error))
