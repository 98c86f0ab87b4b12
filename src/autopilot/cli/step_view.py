"""How a run went, for who mends it: its steps, and what it took to get through them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from autopilot.cli import output

if TYPE_CHECKING:
    from autopilot.domain.run import Run
    from autopilot.store.steps import StepRow


def effort_values(run: Run, steps: Sequence[StepRow]) -> dict[str, Any]:
    """Return how a run went as JSON: its own keys, its tries, and a list of its finished steps."""
    from autopilot.domain.instants import iso
    from autopilot.service.report import run_summary

    return run_summary(run) | {
        "reason": run.reason,
        "epoch": run.epoch,
        "deaths": run.deaths,
        "failures": run.failures,
        "retries": run.retries,
        "retry_until": iso(run.retry_until),
        "due_at": iso(run.due_at),
        "lease_until": iso(run.lease_until),
        "steps": [
            {
                "step": row.step.value,
                "in": row.count_in,
                "out": row.count_out,
                "seconds": round(row.seconds, 4),
                "epoch": row.epoch,
                "finished_at": iso(row.finished_at),
            }
            for row in steps
        ],
    }


def show_effort(run: Run, steps: Sequence[StepRow], specification: str) -> None:
    """Print how a run went: its tries, what it waits for, and a table of its finished steps."""
    told = f"{run.status.value.capitalize()}" + (f": {run.reason}" * bool(run.reason))
    output.say(told, style="bold")
    output.say(f"Run           {run.id}")
    output.say(f"Specification {specification}")
    output.say(
        f"Attempts      {run.attempt} (epoch {run.epoch}): {run.failures} failed of"
        f" {run.retries + 1} tries, {run.deaths} worker deaths"
    )
    if run.status == "queued":
        output.say(f"Begins        not before {output.when(run.due_at, run.zone)}")
    if run.lease_until is not None:
        output.say(f"Lease         until {output.when(run.lease_until, run.zone)}")
    if not steps:
        output.say("No step has finished.")
        return
    rows = [
        (row.step.value, row.count_in, row.count_out, f"{row.seconds:.2f} s", row.epoch)
        for row in steps
    ]
    output.show_table(("Step", "In", "Out", "Time", "Epoch"), rows)
