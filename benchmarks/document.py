"""Document: puts the tables of a run between the markers of docs/benchmarks.md, and draws the plot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from benchmarks.case import Result
from benchmarks.figures import Figures
from benchmarks.plot import draw
from benchmarks.report import sections

DOCS = Path(__file__).parents[1] / "docs"
DOCUMENT = DOCS / "benchmarks.md"
PICTURE = DOCS / "pictures" / "benchmarks.svg"


def write(results: Iterable[Result], about: Mapping[str, str]) -> None:
    """Replace every table that this run has figures for; the words around them stay."""
    figures = Figures(results)
    text = DOCUMENT.read_text(encoding="utf-8")
    for name, part in sections(figures, about).items():
        text = put(text, name, part)
    DOCUMENT.write_text(text, encoding="utf-8")
    draw(figures, PICTURE)


def put(text: str, name: str, part: str) -> str:
    """Return the text with one part between its markers; raises LookupError when there are none."""
    opening, closing = f"<!-- benchmarks:{name} -->", f"<!-- /benchmarks:{name} -->"
    pattern = re.compile(f"{re.escape(opening)}.*?{re.escape(closing)}", re.DOTALL)
    if not pattern.search(text):
        raise LookupError(f"docs/benchmarks.md has no place for {name}: put {opening} {closing} in")
    return pattern.sub(lambda _found: f"{opening}\n\n{part}\n\n{closing}", text)
