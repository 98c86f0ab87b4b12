"""Options that several commands share, so that they are spelled and explained alike."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[
    bool, typer.Option("--json", help="Print JSON on standard output, and nothing else there.")
]
Workspace = Annotated[
    str | None,
    typer.Option(
        "--workspace", "-w", metavar="SLUG", help="Which workspace, if there are several."
    ),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Write the HTML page and the text part here."),
]


def listed(text: str | None) -> list[str] | None:
    """Return the parts of a comma list, or None when the option was not given."""
    return None if text is None else [part.strip() for part in text.split(",") if part.strip()]
