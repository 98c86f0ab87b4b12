"""Quotas: how many stories a section and a cell (category x region) still take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from autopilot.domain.editorial import Cell
from autopilot.domain.specification import Specification


class Quotas:
    """The limits of a specification, and what has been taken of them so far.

    A cell's minimum keeps places free in its section until it is met or nothing can meet it
    (`release`). The section's maximum goes before the minimums of its cells.
    """

    def __init__(self, specification: Specification) -> None:
        self._most = {category.id: category.max_stories for category in specification.categories}
        names = {category.id: category.name for category in specification.categories}
        regions = {region.id: region.name for region in specification.regions}
        # A run may leave categories and regions of its specification out, and so their cells.
        self._cells = {
            (cell.category, cell.region): cell
            for cell in specification.cells
            if cell.category in names and cell.region in regions
        }
        self._titles = {key: f"{names[key[0]]} x {regions[key[1]]}" for key in self._cells}
        self._names = names
        self._taken: Counter[tuple[str, str | None]] = Counter()
        self._in_section: Counter[str] = Counter()
        self._kept_free = {key: cell.min for key, cell in self._cells.items() if cell.min}

    @property
    def demanding(self) -> Sequence[Cell]:
        """The cells with a minimum, in the order they were written."""
        return [cell for cell in self._cells.values() if cell.min]

    def take(self, category: str, region: str | None) -> None:
        """Count one story."""
        self._taken[category, region] += 1
        self._in_section[category] += 1

    def missing(self, cell: Cell) -> int:
        """Return how many stories a cell is below its minimum, as far as its section has room."""
        taken = self._taken[cell.category, cell.region]
        room = self._most[cell.category] - self._in_section[cell.category]
        return max(0, min(cell.min - taken, room))

    def release(self) -> None:
        """Keep no places free any more."""
        self._kept_free = {}

    def objection(self, category: str, region: str | None) -> str | None:
        """Return why a further story has no place, or None where it has one."""
        key = (category, region or "")
        cell = self._cells.get(key) if region else None
        if cell is not None and self._taken[category, region] >= cell.max:
            return self._cell_is_full(cell)
        if self._in_section[category] >= self._most[category]:
            most = self._most[category]
            return f"the section {self._names[category]} is full ({most} of {most})"
        waiting = self._others_wait(category, key)
        if waiting and self._in_section[category] + waiting >= self._most[category]:
            return "the section's last places are kept for regions that ask for a minimum"
        return None

    def _cell_is_full(self, cell: Cell) -> str:
        title = self._titles[cell.category, cell.region]
        if not cell.max:
            return f"{title} takes no story"
        return f"{title} is full ({cell.max} of {cell.max})"

    def _others_wait(self, category: str, key: tuple[str, str]) -> int:
        if self._taken[key] < self._kept_free.get(key, 0):
            return 0  # this story takes one of the places kept free
        return sum(self._waiting(self._kept_free, category))

    def _waiting(self, kept: dict[tuple[str, str], int], category: str) -> Iterable[int]:
        return (
            max(0, places - self._taken[key]) for key, places in kept.items() if key[0] == category
        )

    def title(self, cell: Cell) -> str:
        """Return what people call a cell: "Power grid x Germany"."""
        return self._titles[cell.category, cell.region]
