"""A figure: one measured number beside its bar."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What was measured on what; `bar` is the least (or, where `most`, the greatest) good value."""

    part: str
    measured: str
    value: float
    bar: float | None = None
    most: bool = False
    unit: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether the bar holds; None where there is none."""
        if self.bar is None:
            return None
        return self.value <= self.bar if self.most else self.value >= self.bar

    def row(self) -> tuple[str, str, str, str, str]:
        """Return the figure as a row of the table."""
        sign = "<=" if self.most else ">="
        bar = "" if self.bar is None else f"{sign} {_number(self.bar)}{self.unit}"
        told = {None: "", True: "yes", False: "NO"}[self.holds]
        return self.part, self.measured, f"{_number(self.value)}{self.unit}", bar, told


class SetMissing(Exception):
    """The data folder has not the public set that a measure needs."""


def needed(path: Path) -> Path:
    """Return a path that exists; raises SetMissing where it does not."""
    if not path.exists():
        raise SetMissing(str(path))
    return path


def _number(value: float) -> str:
    if value >= 1000 or value == int(value):
        return f"{value:g}"
    return f"{value:.3f}" if value < 1 else f"{value:.2f}"
