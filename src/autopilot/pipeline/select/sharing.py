"""Sharing: which vectors hold enough terms together to be worth comparing.

The holders of a term are the bits of one long integer, so that one addition counts a term for all
of them at once: three integers become their sum and their carry (a carry-save adder), and the bits
that are left tell of every vector how many terms it has in common. Adding up lists of holders takes
five to ten times as long on a run of 5,000 articles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

BLOCK = 4_096
"""Vectors whose bits stand in one integer; more would only make the integers longer."""


def sharing(
    terms: Sequence[Iterable[str]], needs: Sequence[int]
) -> Iterator[tuple[int, Sequence[int]]]:
    """Yield an index with all lower ones that share as many terms as the less demanding one needs.

    `needs` is 1 or more. Indices may come more than once, each time with others.
    """
    for start in range(0, len(terms), BLOCK):
        yield from _with_block(terms, needs, start)


def _with_block(
    terms: Sequence[Iterable[str]], needs: Sequence[int], start: int
) -> Iterator[tuple[int, Sequence[int]]]:
    holders: defaultdict[str, int] = defaultdict(int)
    needing: defaultdict[int, int] = defaultdict(int)
    for index in range(start, len(terms)):
        held = [holders[term] for term in terms[index] if term in holders]
        found = _sharing_enough(_added(held), needing, needs[index])
        if found:
            yield index, [start + place for place in _places(found)]
        if index < start + BLOCK:
            bit = 1 << (index - start)
            needing[needs[index]] |= bit
            for term in terms[index]:
                holders[term] |= bit


def _added(sets: list[int]) -> list[int]:
    """Return the sum of sets of bits, place by place: the first integer holds its ones, then twos."""
    planes = []
    while sets:
        carries = []
        while len(sets) > 2:
            a, b, c = sets.pop(), sets.pop(), sets.pop()
            either = a ^ b
            sets.append(either ^ c)
            if carry := a & b | either & c:
                carries.append(carry)
        if len(sets) == 2:
            a, b = sets
            sets = [a ^ b]
            if carry := a & b:
                carries.append(carry)
        planes.append(sets[0])
        sets = carries
    return planes


def _sharing_enough(planes: Sequence[int], needing: dict[int, int], need: int) -> int:
    """Return whoever shares as many terms as it needs, or as `need` says where that is less."""
    found = others = 0
    for their_need, some in needing.items():
        if their_need >= need:
            others |= some
        elif not their_need >> len(planes):
            found |= some & _at_least(planes, their_need)
    return found | others & _at_least(planes, need)


def _at_least(planes: Sequence[int], number: int) -> int:
    """Return the places whose sum is this number, which is 1 or more, or larger."""
    if number >> len(planes):
        return 0
    found = -1
    for place, plane in enumerate(planes):
        found = found & plane if number >> place & 1 else found | plane
    return found


def _places(bits: int) -> Iterator[int]:
    """Yield the places of the bits that are set, lowest first."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
