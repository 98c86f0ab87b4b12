"""Overrides: a run or a schedule may narrow its specification; what it names has to be there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autopilot.domain.specification import Cadence, Category, Region, Specification
from autopilot.errors import Problem


def override_problems(
    specification: Specification,
    *,
    categories: Sequence[str] | None,
    regions: Sequence[str] | None,
    cadence: str | None,
) -> Iterator[Problem]:
    """Yield a problem for each override that names nothing; None overrides nothing."""
    for key, noun, chosen, known in (
        ("categories_override", "categories", categories, _ids(specification.categories)),
        ("regions_override", "regions", regions, _ids(specification.regions)),
        ("cadence_override", "cadences", cadence and [cadence], [item.value for item in Cadence]),
    ):
        for name in chosen or ():
            if name not in known:
                yield Problem(
                    path=key,
                    message=f"{name!r} is not among the {noun} of {specification.slug!r}",
                    allowed=", ".join(known) or "nothing: it lists none",
                )


def _ids(items: Sequence[Category] | Sequence[Region]) -> list[str]:
    return [item.id for item in items]
