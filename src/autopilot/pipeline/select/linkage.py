"""Linkage: groups vectors whose average likeness is high enough (average link, UPGMA).

The likeness of two groups is the mean cosine over all pairs between them, which is the product of
their summed vectors over the product of their sizes: exact, without keeping a matrix. Single link
would chain neighbouring events into one.

A large story is told from many sides, so that its reports are less like each other than those of a
small one, and a fixed likeness would cut it into its sides. The mean is therefore weighed against
how much alike the members of each group are among themselves, in part (`LOOSENESS`): all of it would
be the cosine of the groups' centres, and take neighbouring stories for one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush, nlargest
from itertools import chain

from autopilot.pipeline.select.sharing import sharing
from autopilot.pipeline.select.vectors import Vector, unit

MAX_SHARING = 200
"""A term in more articles than this does not make two of them candidates by itself."""

MIN_SHARED = 2
SHORT_TERMS, TERMS_PER_SHARED = 20, 2
"""A title with its address has about 20 terms; beyond, one more has to be shared for every 2."""

NEIGHBOURS = 5
MIN_NEIGHBOUR = 0.2
NEIGHBOUR_SHARE = 0.5
LOOSENESS = 0.6
"""0 is plain average link, 1 the cosine of centres; from .5 to .7 quality is level."""

_ROUNDING = 1e-9

Pair = tuple[int, int, float]


def link(vectors: Sequence[Vector], *, threshold: float) -> list[int]:
    """Return a label for each vector; equal labels are one group, and a label is its first index.

    Groups are joined best pair first while their average likeness is at least the threshold; of
    equally good pairs the one with the lower indices is first.
    """
    groups = _Groups(vectors)
    queue = []
    for a, b, cosine in pairs(vectors, at_least=threshold):
        groups.meet(a, b, cosine)
        queue.append((-cosine, a, b, 0, 0))
    heapify(queue)
    while queue:
        _, a, b, turn_a, turn_b = heappop(queue)
        if groups.turn[a] != turn_a or groups.turn[b] != turn_b:
            continue  # one of them has grown since, and the pair was weighed again
        kept = groups.join(a, b)
        for other, likeness in groups.likenesses(kept):
            if likeness >= threshold:
                low, high = min(kept, other), max(kept, other)
                heappush(queue, (-likeness, low, high, groups.turn[low], groups.turn[high]))
    return groups.labels()


class _Groups:
    """Groups that grow; `turn` changes with every join, so that old pairs are recognised.

    Of two groups that hold a pair that is alike, the sum of all cosines between them is kept; of
    each group the sum of those within it, a vector's with itself included.
    """

    def __init__(self, vectors: Sequence[Vector]) -> None:
        self.turn = [0] * len(vectors)
        self._within = [1.0] * len(vectors)
        self._totals = [dict(vector) for vector in vectors]
        self._members = [[index] for index in range(len(vectors))]
        self._sums: list[dict[int, float]] = [{} for _ in vectors]

    def meet(self, a: int, b: int, cosines: float) -> None:
        """Note the sum of cosines between two groups, which may be joined from now on."""
        self._sums[a][b] = self._sums[b][a] = cosines

    def join(self, a: int, b: int) -> int:
        """Put the smaller group into the larger one and return the larger one's index."""
        kept, gone = (a, b) if len(self._members[a]) >= len(self._members[b]) else (b, a)
        self._within[kept] += self._within[gone] + 2 * self._sums[kept][gone]
        self._sum_up(kept, gone)
        total = self._totals[kept]
        for term, weight in self._totals[gone].items():
            total[term] = total.get(term, 0.0) + weight
        self._members[kept] += self._members[gone]
        self._members[gone], self._totals[gone] = [], {}
        self.turn[kept] += 1
        self.turn[gone] = -1
        return kept

    def _sum_up(self, kept: int, gone: int) -> None:
        """Add the cosines of `gone` to those of `kept`; a sum only one of them has is caught up."""
        theirs = self._sums[gone]
        self._sums[gone] = {}
        for other in theirs:
            del self._sums[other][gone]
        mine = self._sums[kept]
        theirs.pop(kept, None)
        for other in mine.keys() - theirs.keys():
            theirs[other] = dot(self._totals[gone], self._totals[other])
        for other, cosines in theirs.items():
            before = mine.get(other)
            if before is None:
                before = dot(self._totals[kept], self._totals[other])
            self.meet(kept, other, before + cosines)

    def likenesses(self, group: int) -> Iterator[tuple[int, float]]:
        """Yield every group that has met this one, with their average likeness, weighed."""
        reach = self._reach(group)
        for other, cosines in self._sums[group].items():
            yield other, cosines / (reach * self._reach(other))

    def _reach(self, group: int) -> float:
        """Return a group's size, less the more its members differ among themselves."""
        size = len(self._members[group])
        return size * math.pow(self._within[group] / (size * size), LOOSENESS / 2)

    def labels(self) -> list[int]:
        labels = [0] * len(self._members)
        for members in self._members:
            for member in members:
                labels[member] = min(members)
        return labels


def pairs(vectors: Sequence[Vector], *, at_least: float) -> Iterator[Pair]:
    """Yield the pairs (lower index, higher index, cosine) that are at least so much alike.

    Pairs that share a single term, or nothing but very common ones, are passed over: one word
    ("grid" in a newsletter on grids) does not make an event.
    """
    rare, common = _parted(vectors)
    lengths = [math.sqrt(dot(part, part)) + _ROUNDING for part in common]
    needs = [_needed(len(vector)) for vector in vectors]
    for index, others in sharing(rare, needs):
        vector, length = rare[index], lengths[index]
        for other in others:
            theirs = rare[other]
            partial = sum(
                [weight * theirs[term] for term, weight in vector.items() if term in theirs]
            )
            if partial + length * lengths[other] < at_least:
                continue
            cosine = partial + dot(common[index], common[other])
            if cosine >= at_least:
                yield other, index, cosine


def _needed(terms: int) -> int:
    """Return how many terms two vectors have to share, for the shorter one's number of terms.

    Long ones share some by chance, as two articles of one subject do.
    """
    return MIN_SHARED + max(0, terms - SHORT_TERMS) // TERMS_PER_SHARED


def _parted(vectors: Sequence[Vector]) -> tuple[list[Vector], list[Vector]]:
    holding = Counter(chain.from_iterable(vectors))
    frequent = {term for term, times in holding.items() if times > MAX_SHARING}
    parts = [_split(vector, frequent) for vector in vectors]
    return [rare for rare, _ in parts], [common for _, common in parts]


def _split(vector: Vector, frequent: set[str]) -> tuple[Vector, Vector]:
    if frequent.isdisjoint(vector):
        return vector, {}
    rare = {term: weight for term, weight in vector.items() if term not in frequent}
    return rare, {term: weight for term, weight in vector.items() if term in frequent}


def dot(a: Vector, b: Vector) -> float:
    """Return the inner product of two vectors."""
    if len(a) > len(b):
        a, b = b, a
    return sum([weight * b[term] for term, weight in a.items() if term in b])


def blended(vectors: Sequence[Vector]) -> list[Vector]:
    """Return each vector mixed half and half with the mean of its nearest neighbours.

    A terse title so takes over the words its siblings use for the same event, and two reports
    that share no word meet through a third.
    """
    near: list[list[tuple[float, int]]] = [[] for _ in vectors]
    for a, b, cosine in pairs(vectors, at_least=MIN_NEIGHBOUR):
        near[a].append((cosine, -b))
        near[b].append((cosine, -a))
    return [_blend(vector, near[index], vectors) for index, vector in enumerate(vectors)]


def _blend(vector: Vector, near: Sequence[tuple[float, int]], vectors: Sequence[Vector]) -> Vector:
    nearest = nlargest(NEIGHBOURS, near)
    if not nearest:
        return vector
    total = sum(cosine for cosine, _ in nearest)
    mixed = dict(vector)
    for cosine, negated in nearest:
        share = NEIGHBOUR_SHARE * cosine / total
        for term, weight in vectors[-negated].items():
            mixed[term] = mixed.get(term, 0.0) + share * weight
    return unit(mixed)
