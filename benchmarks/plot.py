"""Plot: the same figures as one picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.case import OURS, POSTGRESQL, REFERENCE, SQLITE_WAL, Case
from benchmarks.figures import Figures
from benchmarks.goals import STORE_NAMES
from benchmarks.peers import PEERS

COLOURS = {OURS: "#0f766e", REFERENCE: "#9ca3af"}
OTHERS = "#cbd5e1"
LINES = ("#c2410c", "#7c3aed", "#2563eb", "#ca8a04", "#be185d", "#4d7c0f")


def draw(figures: Figures, path: Path) -> None:
    """Write the picture: drain, lateness and cost against stored rows on both kinds of store."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "benchmarks", "font.size": 8})
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, 3, figsize=(13, 7.5), layout="constrained")
    for row, store in zip(axes, (SQLITE_WAL, POSTGRESQL), strict=True):
        _bars(row[0], figures, "drain", "seconds", store, "drain: seconds")
        _bars(row[1], figures, "lateness", "p99", store, "lateness: p99, seconds")
        _lines(row[2], figures, store)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    pyplot.close(figure)


def _bars(axis: Any, figures: Figures, measure: str, name: str, store: str, label: str) -> None:
    bars = []
    for case in figures.cases(measure):
        spread = figures.spread(case, name)
        if case.family == store and spread is not None:
            bars.append((spread.median, _label(case), case.peer))
    if not bars:
        axis.set_axis_off()
        return
    bars.sort(reverse=True)
    colours = [COLOURS.get(peer, OTHERS) for _value, _name, peer in bars]
    drawn = axis.barh(
        [name for _value, name, _peer in bars], [value for value, *_ in bars], color=colours
    )
    axis.bar_label(drawn, fmt="%.3g", padding=3)
    axis.set_xscale("log")
    axis.xaxis.set_minor_formatter("")
    axis.margins(x=0.25)
    axis.set_title(f"{label}, {STORE_NAMES[store]}")
    axis.spines[["top", "right"]].set_visible(False)


def _lines(axis: Any, figures: Figures, store: str) -> None:
    cases = [case for case in figures.cases("rows") if case.store == store]
    if not cases:
        axis.set_axis_off()
        return
    fresh = iter(LINES)
    for peer in dict.fromkeys(case.peer for case in cases):
        own = [case for case in cases if case.peer == peer]
        points = [(case.stored, figures.spread(case, "seconds")) for case in own]
        known = [(stored, spread.median) for stored, spread in points if spread is not None]
        if not known:
            continue
        colour = COLOURS.get(peer) or next(fresh)
        axis.plot(*zip(*known, strict=True), marker="o", color=colour, label=PEERS[peer].label)
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.yaxis.set_minor_formatter("")
    axis.set_xlabel("schedules in the store")
    due = max(case.count for case in cases)
    axis.set_title(f"seconds for {due} due jobs, {STORE_NAMES[store]}")
    axis.grid(visible=True, alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend()


def _label(case: Case) -> str:
    return PEERS[case.peer].label + (", Redis" if case.store == "redis" else "")
