"""Measure every part whose quality can be counted, and print the table of docs/quality.md.

    python -m quality FOLDER [PART ...]

Every module of this package called `measure_*` is a measure. Each names the public set it needs in
FOLDER; without it the part is passed over. Ends with 1 where a bar does not hold.
"""

# ruff: noqa: T201 - prints for people
from __future__ import annotations

import pkgutil
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

import quality
from quality.figures import Figure, SetMissing

HEAD = ("Part", "Measured", "Value", "Bar", "Holds")
PREFIX = "measure_"


def main(arguments: Sequence[str]) -> int:
    """Print the table; returns the exit code."""
    if not arguments:
        print(__doc__)
        return 2
    folder, chosen = Path(arguments[0]), set(arguments[1:])
    missed = 0
    _print_row(HEAD)
    _print_row(["---"] * len(HEAD))
    for figure in _figures(folder, chosen):
        _print_row(figure.row())
        missed += figure.holds is False
    print(f"\n{missed} below the bar" if missed else "\nevery bar holds", file=sys.stderr)
    return 1 if missed else 0


def _figures(folder: Path, chosen: set[str]) -> Iterator[Figure]:
    for module in pkgutil.iter_modules(quality.__path__):
        part = module.name.removeprefix(PREFIX)
        if module.name == part or (chosen and part not in chosen):
            continue
        try:
            yield from import_module(f"quality.{module.name}").figures(folder)
        except SetMissing as missing:
            print(f"{part}: passed over, there is no {missing}", file=sys.stderr)


def _print_row(cells: Sequence[str]) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
