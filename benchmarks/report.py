"""Report: the tables of a run, in Markdown; the same on the screen and in the document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from benchmarks.case import Case, Result
from benchmarks.figures import Figures, Spread
from benchmarks.goals import STORE_NAMES, Goal, goals
from benchmarks.newsroom import FASTFEEDPARSER
from benchmarks.newsroom import LABELS as NEWSROOM_LABELS
from benchmarks.next_run import LABELS, RULES
from benchmarks.peers import PEERS

SHOWN_ERROR = 60
Row = Sequence[str]


def text(results: Iterable[Result], about: Mapping[str, str]) -> str:
    """Return everything there is to read."""
    parts = sections(Figures(results), about)
    return "\n\n".join(f"## {name}\n\n{part}" for name, part in parts.items())


def sections(figures: Figures, about: Mapping[str, str]) -> dict[str, str]:
    """Return the tables by name; those of measures that were not taken are left out."""
    made = {name: make(figures) for name, make in TABLES.items() if figures.cases(name)}
    measures = ", ".join(f"{name} {count}" for name, count in figures.rounds_of().items())
    return {"about": _about({**about, "rounds": measures}), "goals": _goals(goals(figures)), **made}


def title(case: Case) -> str:
    """Return a case in a few words."""
    parts = [case.measure, case.peer, "" if case.store == "none" else case.store]
    parts += [f"{case.stored:,} stored" * bool(case.stored)]
    what = "lines" if case.measure == "delivery" else "workers"
    parts += [f"{case.workers} {what}" * (case.workers > 1)]
    parts += [f"{case.octets:,} octets" * bool(case.octets)]
    return " ".join(part for part in parts if part)


def table(head: Row, rows: Iterable[Row]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def number(value: float) -> str:
    """Return three digits that matter, without an exponent."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 else f"{value:.5f}"


def _spread(spread: Spread | None) -> str:
    if spread is None:
        return ""
    if spread.least == spread.most:
        return number(spread.median)
    return f"{number(spread.median)} ({number(spread.least)} to {number(spread.most)})"


def _median(spread: Spread | None, scale: float = 1.0) -> str:
    return "" if spread is None else number(spread.median * scale)


def _name(case: Case) -> str:
    return PEERS[case.peer].label


def _failed(figures: Figures, case: Case, name: str) -> str | None:
    """Why a case has no figure, short enough for a cell; None when it has one."""
    if figures.spread(case, name) is not None:
        return None
    return (figures.error(case) or "nothing")[:SHOWN_ERROR].replace("|", "/").replace("\n", " ")


def _about(about: Mapping[str, str]) -> str:
    return table(("what", "value"), [(name, f"`{value}`") for name, value in about.items()])


def _goals(found: Iterable[Goal]) -> str:
    rows = []
    for goal in found:
        unit = f" {goal.unit}".rstrip()
        measured = "" if goal.measured is None else number(goal.measured) + unit
        cells = (str(goal.number), goal.text, f"at most {number(goal.limit)}{unit}")
        rows.append((*cells, measured, goal.verdict))
    return table(("goal", "figure", "limit", "measured", "verdict"), rows)


def _ranked(figures: Figures, measure: str, name: str) -> list[Case]:
    """Cases store by store, the quickest first, those without a figure last."""

    def rank(case: Case) -> tuple[int, float]:
        spread = figures.spread(case, name)
        place = [*STORE_NAMES].index(case.family)
        return place, float("inf") if spread is None else spread.median

    return sorted(figures.cases(measure), key=rank)


def _drain(figures: Figures) -> str:
    rows = []
    for case in _ranked(figures, "drain", "seconds"):
        failed = _failed(figures, case, "seconds")
        rows.append(
            (
                STORE_NAMES[case.store],
                _name(case),
                "yes" if PEERS[case.peer].schedules else "no",
                failed or _spread(figures.spread(case, "seconds")),
                _median(figures.spread(case, "per_second")),
                _spread(figures.against_reference(case, "seconds")),
            )
        )
    jobs = max(case.count for case in figures.cases("drain"))
    head = ("store", "system", "schedules", f"seconds for {jobs:,}", "jobs/s", "x reference")
    return table(head, rows)


def _lateness(figures: Figures) -> str:
    rows = []
    for case in _ranked(figures, "lateness", "p99"):
        failed = _failed(figures, case, "p99")
        rows.append(
            (
                STORE_NAMES[case.store],
                _name(case),
                _median(figures.spread(case, "p50")),
                failed or _spread(figures.spread(case, "p99")),
                _spread(figures.against_reference(case, "p99")),
            )
        )
    return table(("store", "system", "median s", "p99 s", "p99 x reference"), rows)


def _by_stored(figures: Figures, measure: str, name: str, scale: float) -> list[list[str]]:
    """One row for each system and store, one column for each number of stored rows."""
    cases = figures.cases(measure)
    sizes = sorted({case.stored for case in cases})
    rows = []
    for peer, store in dict.fromkeys((case.peer, case.store) for case in cases):
        found = [figures.find(measure, peer, store, stored=size) for size in sizes]
        spreads = [figures.spread(case, name) for case in found]
        if any(spreads):
            cells = [_median(spread, scale) for spread in spreads]
            rows.append([STORE_NAMES[store], PEERS[peer].label, *cells])
    return sorted(rows, key=lambda row: [*STORE_NAMES.values()].index(row[0]))


def _rows(figures: Figures) -> str:
    cases = figures.cases("rows")
    sizes = [f"{size:,}" for size in sorted({case.stored for case in cases})]
    due = max(case.count for case in cases)
    head = ("store", "system", *(f"{size} stored" for size in sizes))
    worked = table(head, _by_stored(figures, "rows", "seconds", 1.0))
    polled = table(head, _by_stored(figures, "rows", "poll_seconds", 1000.0))
    return f"Seconds for {due} due jobs:\n\n{worked}\n\nMilliseconds for a look:\n\n{polled}"


def _idle(figures: Figures) -> str:
    rows = []
    for case in sorted(
        figures.cases("idle"), key=lambda case: ([*STORE_NAMES].index(case.store), case.stored)
    ):
        failed = _failed(figures, case, "rss_mib")
        rows.append(
            (
                STORE_NAMES[case.store],
                _name(case),
                f"{case.stored:,}",
                failed or _spread(figures.spread(case, "rss_mib")),
                _spread(figures.spread(case, "cpu_seconds_a_minute")),
                _spread(figures.spread(case, "ready_seconds")),
            )
        )
    head = ("store", "system", "stored", "RSS, MiB", "CPU s a minute", "ready after s")
    return table(head, rows)


def _next_run(figures: Figures) -> str:
    rows = []
    for case in figures.cases("next_run"):
        failed = _failed(figures, case, "daily_us")
        cells = [_median(figures.spread(case, f"{rule}_us")) for rule in RULES]
        unlike = _median(figures.spread(case, "unlike"))
        rows.append((LABELS[case.peer], *cells, failed or unlike))
    head = ("system", *(f"{rule}, us" for rule in RULES), "answers unlike Autopilot's")
    return table(head, rows)


def _newsroom(figures: Figures) -> str:
    rows = []
    for case in figures.cases("newsroom"):
        failed = _failed(figures, case, "cpu_seconds") if case.peer != FASTFEEDPARSER else ""
        cells = [
            _median(figures.spread(case, name))
            for name in ("cpu_seconds", "clean_entries", "raw_entries", "choose_seconds", "page_ms")
        ]
        rows.append((NEWSROOM_LABELS.get(case.peer, case.peer), failed or cells[0], *cells[1:]))
    head = (
        "system",
        "CPU seconds, start to end",
        "entries/s, clean text",
        "entries/s, as they come",
        "CPU seconds, choosing alone",
        "CPU ms, a page of 30 stories",
    )
    return table(head, rows)


def _delivery(figures: Figures) -> str:
    rows = []
    for case in figures.cases("delivery"):
        failed = _failed(figures, case, "seconds")
        rows.append(
            (
                STORE_NAMES[case.store],
                _median(figures.spread(case, "content_octets")),
                str(case.workers),
                failed or _median(figures.spread(case, "per_second")),
                _median(figures.spread(case, "bare_per_second")),
                _spread(figures.spread(case, "of_loop")),
            )
        )
    head = (
        "store",
        "octets of a mail",
        "connections",
        "mails/s",
        "mails/s, bare loop",
        "time x bare loop",
    )
    return table(head, rows)


def _once(figures: Figures) -> str:
    rows = []
    for case in figures.cases("once"):
        failed = _failed(figures, case, "seconds")
        repeats = figures.spread(case, "repeats")
        losses = figures.spread(case, "losses")
        rows.append(
            (
                STORE_NAMES[case.store],
                _name(case),
                str(case.workers),
                f"{case.count:,}",
                failed or number(repeats.most if repeats else 0),
                number(losses.most) if losses else "",
                _median(figures.spread(case, "seconds")),
            )
        )
    head = ("store", "system", "workers", "due", "repeats (most)", "losses (most)", "seconds")
    return table(head, rows)


def _web(figures: Figures) -> str:
    """One row for a page or address, one column for each store."""
    cases = figures.cases("web")
    names = list(dict.fromkeys(name for case in cases for name in figures.names(case)))
    units = {"first": "s", "later": "s", "read": "ms", "box_mib": "MiB"}
    rows = []
    for name in names:
        cells = [_spread(figures.spread(case, name)) for case in cases]
        kind, _, what = name.partition(" ")
        told = f"memory, {what}" if kind == "box_mib" else name
        rows.append((f"{told}, {units[kind]}", *cells))
    return table(("what", *(STORE_NAMES[case.store] for case in cases)), rows)


TABLES: dict[str, Callable[[Figures], str]] = {
    "drain": _drain,
    "lateness": _lateness,
    "rows": _rows,
    "idle": _idle,
    "next_run": _next_run,
    "once": _once,
    "newsroom": _newsroom,
    "delivery": _delivery,
    "web": _web,
}
