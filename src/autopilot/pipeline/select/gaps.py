"""Gaps: sections and regions that issue after issue had nothing of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autopilot.domain.specification import Specification

MIN_ISSUES = 3

Places = tuple[str, str | None]
"""Category id and region id of one story."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A category, a region or a cell without a story in the last `issues` issues."""

    issues: int
    category: str | None
    region: str | None
    sentence: str


def coverage_gaps(
    last_issues: Sequence[Iterable[Places]],
    specification: Specification,
    *,
    at_least: int = MIN_ISSUES,
) -> tuple[Gap, ...]:
    """Return what nothing was published of in the last issues, the longest gap first.

    `last_issues` holds the stories of each issue, newest issue first. Told are gaps of `at_least`
    issues: categories, regions, and cells with a minimum whose category and region both had
    stories. There are none where fewer issues were published.
    """
    told = [frozenset(issue) for issue in last_issues]
    if len(told) < at_least:
        return ()
    categories = {category.id: category.name for category in specification.categories}
    regions = {region.id: region.name for region in specification.regions}
    gaps = [
        *(_gap(told, f"on {name}", category=key) for key, name in categories.items()),
        *(_gap(told, f"from {name}", region=key) for key, name in regions.items()),
    ]
    empty = {key for gap in gaps if gap.issues >= at_least for key in (gap.category, gap.region)}
    gaps += [
        _gap(
            told,
            f"on {categories[cell.category]} from {regions[cell.region]}",
            category=cell.category,
            region=cell.region,
        )
        for cell in specification.cells
        if cell.min and cell.category not in empty and cell.region not in empty
    ]
    long = [gap for gap in gaps if gap.issues >= at_least]
    return tuple(sorted(long, key=lambda gap: -gap.issues))


def _gap(
    told: Sequence[frozenset[Places]],
    name: str,
    *,
    category: str | None = None,
    region: str | None = None,
) -> Gap:
    length = 0
    for stories in told:
        if any(_fits(place, category, region) for place in stories):
            break
        length += 1
    sentence = f"nothing {name} for {length} issues"
    return Gap(issues=length, category=category, region=region, sentence=sentence)


def _fits(place: Places, category: str | None, region: str | None) -> bool:
    return category in (None, place[0]) and region in (None, place[1])
