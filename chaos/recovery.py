"""Recovery: how long a run whose worker was killed waited until somebody went on with it."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass

from chaos.plan import Outcome
from chaos.verdict import Held


@dataclass(frozen=True, slots=True, kw_only=True)
class Recoveries:
    """Seconds from each kill to the next claim of its run (or its end as poison), sorted.

    `in_outages` are those during which the store was down or locked, apart from the others.
    """

    seconds: list[float]
    in_outages: list[float]
    slowest: list[str]


def recoveries(outcome: Outcome, held: Held) -> Recoveries:
    """Return them by the journals of the workers."""
    claims: dict[str, list[float]] = defaultdict(list)
    for event in sorted(outcome.crew.events, key=lambda event: event.at):
        if event.event == "claim":
            claims[event.run].append(event.at)
    ends = {row.run.id.hex: row.run.finished_at for row in held.rows}
    outages = list(_outages(outcome, sorted(moment for of in claims.values() for moment in of)))
    calm: list[tuple[float, str]] = []
    disturbed: list[float] = []
    for death in outcome.crew.deaths:
        if death.held is None:
            continue
        run = death.held[0]
        ended = ends[run].timestamp() if ends.get(run) else None
        if ended is not None and ended <= death.at:
            continue  # it had just finished
        later = claims[run][bisect_right(claims[run], death.at) :]
        moments = [*later[:1], *([ended] if ended is not None else [])]
        if not moments:
            continue  # never recovered: the verdict calls it a slot without an end
        again = min(moments)
        if any(start <= again and death.at <= end for start, end in outages):
            disturbed.append(again - death.at)
        else:
            calm.append((again - death.at, f"run {run}, epoch {death.held[1]}, {death.place}"))
    calm.sort(reverse=True)
    return Recoveries(
        seconds=sorted(seconds for seconds, _ in calm),
        in_outages=sorted(disturbed),
        slowest=[f"{seconds:.2f} s: {what}" for seconds, what in calm[:5]],
    )


def quantile(values: list[float], share: float) -> float | None:
    """Return the value below which that share lies (nearest rank), None of nothing."""
    return values[min(len(values) - 1, int(share * len(values)))] if values else None


def _outages(outcome: Outcome, claims: list[float]) -> list[tuple[float, float]]:
    """From the store's going until the first claim after it is back: then a live worker is there."""
    outages = [*outcome.outages, *outcome.zombies.blocked]
    return [(start, next(iter(claims[bisect_right(claims, end) :]), end)) for start, end in outages]
