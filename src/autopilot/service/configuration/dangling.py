"""What a file takes away and something in the store still names: told before anything is written."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from autopilot.domain.schedule import Schedule
from autopilot.domain.specification import SpecificationDocument, WorkspaceDocument
from autopilot.errors import Problem
from autopilot.service.configuration.changes import Comparison
from autopilot.store import schedules, sources, specifications, workspaces
from autopilot.store.specifications import SpecificationRow


def dangling(comparison: Comparison, document: WorkspaceDocument) -> Iterator[Problem]:
    """Yield a problem for each source and schedule that stays and names what would be gone."""
    workspace = workspaces.find_workspace(comparison.connection, document.workspace)
    if workspace is None:
        return
    rows = specifications.list_specifications(
        comparison.connection, workspace_id=workspace.id, with_cancelled=True
    )
    stored = {row.slug: row for row in rows}
    for place, wanted in enumerate(document.specifications):
        if (row := stored.get(wanted.slug)) is not None:
            yield from dangling_in(comparison, row, wanted, f"specifications[{place}]")


def dangling_in(
    comparison: Comparison, row: SpecificationRow, wanted: SpecificationDocument, where: str
) -> Iterator[Problem]:
    """Yield such a problem for each of one specification's; `where` is its place in the document."""
    listed = wanted if "regions" in wanted.model_fields_set else row.document
    regions = [region.id for region in listed.regions]
    categories = [category.id for category in wanted.categories]
    for url, region in _regions_of_sources(comparison, row, wanted):
        if region not in regions:
            yield _problem(f"{where}.regions", f"the source {url}", region, regions)
    for schedule, given in _schedules_that_stay(comparison, row, wanted):
        for noun, names, known in (
            ("categories", schedule.categories_override, categories),
            ("regions", schedule.regions_override, regions),
        ):
            kept = () if f"{noun}_override" in given else names or ()  # else checked with the file
            for name in kept:
                if name not in known:
                    who = f"the schedule {schedule.name!r}"
                    yield _problem(f"{where}.{noun}", who, name, known)


def _regions_of_sources(
    comparison: Comparison, row: SpecificationRow, wanted: SpecificationDocument
) -> Iterator[tuple[str, str]]:
    """The stored sources that stay, and the region each goes on to name."""
    named = {source.url: source for source in wanted.sources}
    pruned = comparison.prune and "sources" in wanted.model_fields_set
    for item in sources.list_sources(comparison.connection, row.id, with_cancelled=True):
        source = named.get(item.source.url)
        if source is None and (pruned or item.status != sources.ACTIVE):
            continue
        if source is not None and "region" in source.model_fields_set:
            continue  # checked with the file itself
        if item.source.region is not None:
            yield item.source.url, item.source.region


def _schedules_that_stay(
    comparison: Comparison, row: SpecificationRow, wanted: SpecificationDocument
) -> Iterator[tuple[Schedule, Collection[str]]]:
    """The stored schedules that stay, and the keys the file gives for each."""
    named: dict[str, Collection[str]] = {
        schedule.name: schedule.model_fields_set for schedule in wanted.schedules
    }
    pruned = comparison.prune and "schedules" in wanted.model_fields_set
    for schedule in schedules.list_schedules(comparison.connection, specification_id=row.id):
        if schedule.name in named or not pruned:
            yield schedule, named.get(schedule.name, ())


def _problem(path: str, who: str, name: str, known: Collection[str]) -> Problem:
    return Problem(
        path=path,
        message=f"{who} stays in the store and names {name!r}, which is not listed any more",
        allowed=f"list it, or change {who} in the same file; listed are {', '.join(known) or 'none'}",
    )
