"""deliveries: who got an issue, who did not and why; send again what a person wants sent again."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autopilot.cli import output
from autopilot.cli.opening import actor, opened
from autopilot.cli.options import Json, Workspace

if TYPE_CHECKING:
    from autopilot.domain.delivery import Delivery
    from autopilot.service.context import App
    from autopilot.store.issues import IssueRow

app = typer.Typer(
    help="See who got an issue; send again what did not arrive.", no_args_is_help=True
)
Spec = Annotated[
    str | None, typer.Argument(metavar="[SPEC]", help="Its last issue that has gone out.")
]
OfRun = Annotated[str | None, typer.Option("--run", metavar="RUN", help="The issue of this run.")]
OfIssue = Annotated[
    str | None, typer.Option("--issue", metavar="ISSUE", help="The first digits of its id.")
]


class Where(StrEnum):
    """The statuses a delivery can have."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"


@app.command("list")
def list_(
    spec: Spec = None,
    run: OfRun = None,
    issue: OfIssue = None,
    status: Annotated[
        Where | None, typer.Option("--status", help="Only those with this status.")
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=100_000, help="How many to list.")
    ] = 50,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """List who an issue went to, over which channel, and how that ended."""
    from autopilot.domain.delivery import DeliveryStatus
    from autopilot.service.redelivery import issue_to_see
    from autopilot.store.deliveries import count_by_issue, list_deliveries

    with opened() as opening:
        found = issue_to_see(opening, specification=spec, run=run, issue=issue, workspace=workspace)
        with opening.database.read() as connection:
            rows = list_deliveries(
                connection,
                issue_id=found.id,
                statuses=[DeliveryStatus(status.value)] if status else (),
                limit=limit,
            )
            counts = count_by_issue(connection, [found.id])[found.id]
        slug = _slug(opening, found)
    by_status = {each.value: count for each, count in counts.by_status.items()}
    if as_json:
        values = [delivery_values(row) for row in rows]
        output.show_json(_head(found, slug) | {"counts": by_status, "deliveries": values})
        return
    output.say(f"{found.subject} ({slug}): {found.status.replace('_', ' ')}", style="bold")
    output.say(told(by_status))
    _show(rows)
    if counts.total and len(rows) == limit:
        output.say(f"The first {limit}; more with --limit.")
    failed, unknown = by_status.get("failed", 0), by_status.get("unknown", 0)
    short = str(found.id)[:8]
    if failed:
        output.next_steps(f"autopilot deliveries retry --issue {short}")
    elif unknown:
        output.next_steps(f"autopilot deliveries retry --issue {short} --unknown")
    else:
        output.next_steps(f"autopilot runs show {str(found.run_id)[:8]}")


@app.command()
def retry(
    spec: Spec = None,
    run: OfRun = None,
    issue: OfIssue = None,
    unknown: Annotated[
        bool,
        typer.Option("--unknown", help="Also those that may have arrived: the same mail again."),
    ] = False,
    address: Annotated[
        str | None, typer.Option("--address", metavar="ADDRESS", help="Only to this address.")
    ] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Send again what failed; end the pause of a channel that works again."""
    from autopilot.service.redelivery import issue_to_see, retry_deliveries

    with opened() as opening:
        found = issue_to_see(opening, specification=spec, run=run, issue=issue, workspace=workspace)
        done = retry_deliveries(opening, found, unknown=unknown, address=address, actor=actor())
        slug = _slug(opening, found)
    counted = {"again": done.again, "at_once": done.at_once, "new": done.new}
    if as_json:
        output.show_json(_head(found, slug) | counted)
        return
    if not done.total:
        output.say("Nothing to send again.")
        output.next_steps(f"autopilot deliveries list --issue {str(found.id)[:8]}")
        return
    output.say(
        f"Leaving now: {done.again} again, {done.at_once} that waited, {done.new} new.",
        style="bold",
    )
    output.next_steps("autopilot tick   # or leave it to a worker: autopilot status")


def delivery_values(row: Delivery) -> dict[str, Any]:
    """Return a delivery as JSON."""
    from autopilot.domain.instants import iso

    return {
        "delivery_id": str(row.id),
        "channel": row.channel,
        "address": row.address,
        "name": row.name,
        "status": row.status.value,
        "due_at": iso(row.due_at),
        "failures": row.failures,
        "reason": row.reason,
        "response": row.response,
        "ended_at": iso(row.ended_at),
    }


def told(counts: dict[str, int]) -> str:
    """Return counts in words: "211 of 214 sent, 2 failed, 1 unknown"."""
    if not counts:
        return "It had nobody to go to."
    rest = [f"{count} {status}" for status, count in counts.items() if status != "sent"]
    return ", ".join([f"{counts.get('sent', 0)} of {sum(counts.values())} sent", *rest])


def _head(found: IssueRow, slug: str) -> dict[str, Any]:
    return {
        "issue_id": str(found.id),
        "run_id": str(found.run_id),
        "specification": slug,
        "subject": found.subject,
        "issue_status": found.status,
    }


def _slug(opening: App, found: IssueRow) -> str:
    from autopilot.service.status import specification_slugs

    return specification_slugs(opening).get(found.specification_id, "unknown")


def _show(rows: Sequence[Delivery]) -> None:
    if not rows:
        return
    cells = [
        (row.channel.partition(":")[0], row.address, row.status.value, _why(row)) for row in rows
    ]
    output.show_table(("Channel", "To", "Status", "Why"), cells, whole=("Channel", "Status"))


def _why(row: Delivery) -> str:
    return output.shortened(row.reason or row.response or "", 200)
