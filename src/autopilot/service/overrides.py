"""Overrides: a run or a schedule may narrow its specification; what it names has to be there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autopilot.domain.specification import Cadence, Specification
from autopilot.errors import Problem


def override_problems(
    specification: Specification,
    *,
    categories: Sequence[str] | None,
    regions: Sequence[str] | None,
    cadence: str | None,
) -> Iterator[Problem]:
    """Yield a problem for each override that names nothing; None overrides nothing."""
    for key, chosen, known in (
        ("categories_override", categories, [item.id for item in specification.categories]),
        ("regions_override", regions, [item.id for item in specification.regions]),
        ("cadence_override", cadence and [cadence], [item.value for item in Cadence]),
    ):
        for name in chosen or ():
            if name not in known:
                yield Problem(
                    path=key,
                    message=f"{name!r} is not one of the specification {specification.slug!r}",
                    allowed=", ".join(known) or "nothing: it lists none",
                )
