"""Output: lines, tables and JSON, with or without a terminal, never wider than there is room.

Standard output is for the answer; progress, complaints and logs go to standard error. What came
from outside (titles, names, reasons) is shown without characters that steer a terminal.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

# C0 and C1 controls but for newline and tab, and the marks that turn the reading direction.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def clean(text: object) -> str:
    """Return a text without control characters and direction marks."""
    return _STEERING.sub("", str(text))


def shortened(text: object, width: int) -> str:
    """Return a text as one line of at most `width` characters."""
    line = " ".join(clean(text).split())
    return line if len(line) <= width else f"{line[: width - 1]}…"


def show_json(value: object, *, lines: bool = False) -> None:
    """Print a value as JSON; with `lines` on one line, as programs read a stream."""
    encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower()
    text = json.dumps(
        value, indent=None if lines else 2, ensure_ascii=not encoding.startswith("utf")
    )
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def say(text: str = "", *, style: str | None = None) -> None:
    """Print a line for people; it is never broken, so that a path or address can be copied."""
    _line(_console(), text, style)


def complain(text: str, *, style: str | None = None) -> None:
    """Print a line on standard error."""
    _line(_console(stderr=True), text, style)


def warn(texts: Iterable[str]) -> None:
    """Print each text as a warning."""
    for text in texts:
        say(f"Warning: {text}", style="yellow")


def next_steps(*commands: str) -> None:
    """Print what to type next, one command a line."""
    say()
    for place, command in enumerate(commands):
        say(f"{'Next:' if place == 0 else '  or:'} {command}", style="bold" if place == 0 else None)


def show_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    title: str | None = None,
    whole: Sequence[str] = (),
) -> None:
    """Print rows under their column names; columns in `whole` are never broken, others fold."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=title and Text(title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False
    )
    for name in columns:
        table.add_column(name, overflow="fold", no_wrap=name in whole)
    for row in rows:
        table.add_row(*(Text("" if cell is None else clean(cell)) for cell in row))
    _console().print(table)


def when(moment: datetime, zone: str) -> str:
    """Return an instant as people of a zone read it, with the zone named."""
    from autopilot.domain.recurrence.civil_time import zone_of

    return f"{moment.astimezone(zone_of(zone).info):%a %Y-%m-%d %H:%M} {zone}"


def has_terminal() -> bool:
    """Whether somebody watches standard error, so that progress is worth showing."""
    return sys.stderr.isatty()


def _line(console: Console, text: str, style: str | None) -> None:
    from rich.text import Text

    console.print(Text(clean(text), style=style or ""), soft_wrap=True)


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)
