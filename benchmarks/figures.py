"""Figures: medians and ranges over the rounds, and ratios formed inside each round."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from benchmarks.case import REFERENCE, Case, Result

Key = tuple[str, str, str, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The median of the rounds, the least and the most."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Return the spread of at least one value."""
        return cls(median=statistics.median(values), least=min(values), most=max(values))


class Figures:
    """All results of a run, to be asked by case."""

    def __init__(self, results: Iterable[Result]) -> None:
        self.results = list(results)
        self.rounds: dict[Key, dict[int, Result]] = {}
        for result in self.results:
            self.rounds.setdefault(_key(result.case), {})[result.round] = result

    def cases(self, measure: str) -> list[Case]:
        """Return the different cases of a measure, in the order they were measured."""
        found: dict[Key, Case] = {}
        for result in self.results:
            if result.case.measure == measure:
                found.setdefault(_key(result.case), result.case)
        return list(found.values())

    def rounds_of(self) -> dict[str, int]:
        """Return how many rounds each measure had."""
        found: dict[str, set[int]] = {}
        for result in self.results:
            found.setdefault(result.case.measure, set()).add(result.round)
        return {measure: len(rounds) for measure, rounds in found.items()}

    def find(self, measure: str, peer: str, store: str, **like: int) -> Case | None:
        """Return the case of this system and store, or None."""
        for case in self.cases(measure):
            if (case.peer, case.store) == (peer, store) and all(
                getattr(case, name) == value for name, value in like.items()
            ):
                return case
        return None

    def spread(self, case: Case | None, name: str) -> Spread | None:
        """Return the spread of one figure of a case, None where no round gave it."""
        values = [] if case is None else [*self._values(case, name).values()]
        return Spread.of(values) if values else None

    def names(self, case: Case) -> list[str]:
        """Return the names of a case's figures, in the order they were taken."""
        return list(dict.fromkeys(name for one in self._of(case) for name in one.values))

    def error(self, case: Case) -> str | None:
        """Return why a case has no figures, in the words of its last round."""
        return next((one.error for one in reversed(self._of(case)) if one.error), None)

    def against_reference(self, case: Case, name: str) -> Spread | None:
        """Return the case's figure as a multiple of the reference of the same round and store."""
        same = {"stored": case.stored, "workers": case.workers}
        return self.ratio(case, self.find(case.measure, REFERENCE, case.family, **same), name)

    def ratio(self, case: Case | None, other: Case | None, name: str) -> Spread | None:
        """Return one case's figure as a multiple of another's, round by round."""
        if case is None or other is None:
            return None
        own, others = self._values(case, name), self._values(other, name)
        ratios = [own[number] / others[number] for number in own if others.get(number)]
        return Spread.of(ratios) if ratios else None

    def most(self, measure: str, name: str, wanted: Callable[[Case], bool]) -> float | None:
        """Return the largest value of a figure in any round of the cases wanted."""
        values = [
            value
            for case in self.cases(measure)
            if wanted(case)
            for value in self._values(case, name).values()
        ]
        return max(values, default=None)

    def _values(self, case: Case, name: str) -> dict[int, float]:
        found = self.rounds.get(_key(case), {})
        return {
            number: result.values[name] for number, result in found.items() if name in result.values
        }

    def _of(self, case: Case) -> list[Result]:
        return [*self.rounds.get(_key(case), {}).values()]


def _key(case: Case) -> Key:
    return case.measure, case.peer, case.store, case.stored, case.workers, case.octets
