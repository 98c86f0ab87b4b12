"""The report of a campaign: figures for people, the same as JSON for programs."""

from __future__ import annotations

import os
import platform
import sys
from typing import Any

import autopilot
from chaos import verdict
from chaos.plan import STORM, Outcome
from chaos.recovery import Recoveries, quantile, recoveries

ROWS_SHOWN = 20
NOBODY = Recoveries(seconds=[], in_outages=[], slowest=[])


def values(outcome: Outcome, *, command: str, recovery_limit: float | None) -> dict[str, Any]:
    """Return everything worth telling; `violations` is empty when every promise was kept."""
    held = verdict.read(outcome)
    plan, crew, zombies = outcome.plan, outcome.crew, outcome.zombies
    broken = verdict.violations(outcome, held)
    is_storm = plan.phase == STORM  # in a trial nobody dies in peace
    times = recoveries(outcome, held) if is_storm else NOBODY
    limit = recovery_limit or plan.lease_seconds + plan.poll_seconds + 1
    p99 = quantile(times.seconds, 0.99)
    if is_storm:
        broken["recoveries over the limit"] = (
            [f"p99 {p99:.2f} s is over {limit:g} s", *times.slowest] if p99 and p99 > limit else []
        )
    return {
        "command": command,
        "at": outcome.until.isoformat(timespec="seconds"),
        "autopilot": autopilot.__version__,
        "seed": plan.seed,
        "database": plan.database,
        "phase": plan.phase,
        "python": platform.python_version(),
        "seconds": round(outcome.seconds),
        "processors": os.cpu_count(),
        "load_average_at_the_end": [round(load, 1) for load in os.getloadavg()],
        "stopped_by_time_limit": outcome.cut_short,
        "slots_promised": len(outcome.promised(outcome.until)),
        "schedules": len(held.schedules),
        "runs": {state: dict(told.most_common()) for state, told in verdict.reasons(held).items()},
        "issues": len(held.issues),
        "most_attempts": max((row.run.attempt for row in held.rows), default=0),
        "kills": len(crew.deaths),
        "kills_with_a_run_in_hand": len(times.seconds) + len(times.in_outages),
        "killed_at": dict(crew.places.most_common()),
        "zombies_overtaken": zombies.overtaken,
        "zombies_learned_by": dict(zombies.how_they_learned),
        "frozen_but_not_overtaken": dict(zombies.not_overtaken),
        "faults": dict(outcome.faults.most_common()),
        "what_was_done": list(outcome.told),
        "feed_answers": dict(outcome.served.most_common()),
        "workers": {
            "at_once": plan.workers,
            "started": crew.started,
            "turned_away": crew.turned_away,
        },
        "lease_seconds": plan.lease_seconds,
        "poll_seconds": plan.poll_seconds,
        "recovery_seconds": {
            "count": len(times.seconds),
            "p50": quantile(times.seconds, 0.5),
            "p99": p99,
            "most": quantile(times.seconds, 1),
            "limit": limit,
        },
        "recovery_seconds_in_outages": {
            "count": len(times.in_outages),
            "p50": quantile(times.in_outages, 0.5),
            "p99": quantile(times.in_outages, 0.99),
            "most": quantile(times.in_outages, 1),
        },
        "violations": {name: rows for name, rows in broken.items() if rows},
        "kept": [name for name, rows in broken.items() if not rows],
    }


def show(told: dict[str, Any]) -> None:
    """Print a report for people."""
    sys.stdout.write("\n".join(_lines(told)) + "\n")
    sys.stdout.flush()


def _lines(told: dict[str, Any]) -> list[str]:
    ran = ", ".join(f"{sum(of.values())} {state}" for state, of in told["runs"].items())
    lines = [
        f"== {told['database']}, {told['phase']}, seed {told['seed']}, {told['seconds']} s: {told['command']}",
        f"on {told['processors']} processors, load average {told['load_average_at_the_end']}",
        f"slots promised {told['slots_promised']} by {told['schedules']} schedules; runs: {ran}",
        f"faults: {_faults(told)}",
    ]
    if told["phase"] == STORM:
        times, limit = told["recovery_seconds"], told["recovery_seconds"]["limit"]
        lines.append(f"recovery {_times(times)}, limit {limit:g} s")
        lines.append(f"recovery in outages {_times(told['recovery_seconds_in_outages'])}")
    lines += [f"  {line}" for line in told["what_was_done"]]
    for name in ("killed_at", "zombies_learned_by", "frozen_but_not_overtaken"):
        lines += _table(name, told[name])
    for name in ("faults", "feed_answers"):
        lines += _table(name, told[name])
    for state, of in told["runs"].items():
        lines += _table(f"runs {state}", of)
    lines += [f"0 {name}" for name in told["kept"]]
    for name, rows in told["violations"].items():
        lines.append(f"VIOLATED: {len(rows)} {name}")
        lines += [f"    {row}" for row in rows[:ROWS_SHOWN]]
    if told["stopped_by_time_limit"]:
        lines.append("The time limit ended this campaign before every quota was met.")
    lines.append("FAILED" if told["violations"] else "KEPT: every promise above")
    return lines


def _faults(told: dict[str, Any]) -> str:
    return (
        f"{told['kills']} kills ({told['kills_with_a_run_in_hand']} broke a run),"
        f" {told['zombies_overtaken']} zombies,"
        f" {sum(told['faults'].values())} others;"
        f" {told['workers']['started']} workers were started,"
        f" {told['workers']['turned_away']} found the store away"
    )


def _table(name: str, counts: dict[str, int]) -> list[str]:
    return [
        f"{name.replace('_', ' ')}:",
        *(f"  {n:6} {what}" for what, n in counts.items()),
    ] * bool(counts)


def _times(found: dict[str, Any]) -> str:
    if not found["count"]:
        return "(none)"
    told = ", ".join(f"{name} {found[name]:.2f} s" for name in ("p50", "p99", "most"))
    return f"of {found['count']} runs: {told}"
