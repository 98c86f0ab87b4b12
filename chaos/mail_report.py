"""The verdict of a mail phase: the relay's own log against the ledger, recipient by recipient."""

from __future__ import annotations

import os
import platform
import sys
from collections import Counter, defaultdict
from typing import Any

from sqlalchemy import select

import autopilot
from autopilot.store.tables import deliveries, issues
from chaos import store
from chaos.mail_sink import AFTER_DATA, AFTER_DOT
from chaos.mails import LINES, Sent

ROWS_SHOWN = 20


def values(sent: Sent, *, command: str) -> dict[str, Any]:
    """Return everything worth telling; `violations` is empty when every promise was kept."""
    rows, made = store.ask(
        sent.stage.database,
        lambda connection: (
            connection.execute(select(deliveries)).all(),
            connection.execute(select(issues)).all(),
        ),
    )
    taken: dict[str, list[str]] = defaultdict(list)
    met: dict[str, str] = {}
    for line in sent.log:
        if line["event"] == "taken":
            taken[line["recipient"]].append(line["id"])
        else:
            met[line["recipient"]] = line["fault"]
    broken = _violations(sent, rows, made, taken, met)
    unknown = {row.address for row in rows if row.status == "unknown"}
    crew, plan = sent.crew, sent.plan
    return {
        "command": command,
        "at": sent.until.isoformat(timespec="seconds"),
        "autopilot": autopilot.__version__,
        "seed": plan.seed,
        "database": plan.database,
        "phase": plan.phase,
        "python": platform.python_version(),
        "seconds": round(sent.stage.passed),
        "processors": os.cpu_count(),
        "load_average_at_the_end": [round(load, 1) for load in os.getloadavg()],
        "recipients": plan.recipients,
        "issues": len(made),
        "issue_status": [issue.status for issue in made],
        "deliveries": dict(Counter(row.status for row in rows).most_common()),
        "taken_by_the_relay": sum(map(len, taken.values())),
        "unknown_and_taken": len(unknown & set(taken)),
        "unknown_and_not_taken": len(unknown - set(taken)),
        "kills": len(crew.deaths),
        "killed_at": dict(crew.places.most_common()),
        "zombies": sent.zombies,
        "connections_cut": sent.cuts,
        "faults_of_the_relay": dict(Counter(met.values()).most_common()),
        "workers": {"at_once": plan.workers, "started": crew.started, "lines_each": LINES},
        "lease_seconds": plan.lease_seconds,
        "violations": {name: found for name, found in broken.items() if found},
        "kept": [name for name, found in broken.items() if not found],
    }


def _violations(
    sent: Sent, rows: list[Any], made: list[Any], taken: dict[str, list[str]], met: dict[str, str]
) -> dict[str, list[str]]:
    by_address = {row.address: row for row in rows}
    wanted = [f"reader-{number}@example.org" for number in range(sent.plan.recipients)]
    lost_by_relay = sum(fault in (AFTER_DATA, AFTER_DOT) for fault in met.values())
    unknown = [row for row in rows if row.status == "unknown"]
    # A worker has one content under way for each of its connections when it dies; a frozen or
    # cut one loses as many at most.
    most = (len(sent.crew.deaths) + sent.zombies + sent.cuts) * LINES + lost_by_relay
    return {
        "readers who got the issue twice": [
            f"{address}: {len(ids)} times" for address, ids in taken.items() if len(ids) > 1
        ],
        "readers without a mail and without a word": [
            f"{address}: {by_address[address].status if address in by_address else 'no row'}"
            for address in wanted
            if address not in taken
            and (address not in by_address or by_address[address].status != "unknown")
        ],
        "mails called sent that no relay took": [
            row.address for row in rows if row.status == "sent" and row.address not in taken
        ],
        "more unknown than were under way": (
            [f"{len(unknown)} unknown, {most} may be"] if len(unknown) > most else []
        ),
        "unknown with nothing to explain it": [
            f"{row.address}: {row.reason}"
            for row in unknown
            if "sender died" not in row.reason
            and met.get(row.address) not in (AFTER_DATA, AFTER_DOT)
        ],
        "mails with another Message-ID": [
            f"{address}: {ids}"
            for address, ids in taken.items()
            if any(found != f"<{by_address[address].id}@example.org>" for found in ids)
        ],
        "rows without an end": [
            f"{row.address}: {row.status}"
            for row in rows
            if row.ended_at is None or row.owner_token is not None
        ],
        "issues without their outcome": [
            f"{issue.id}: {issue.status}"
            for issue in made
            if issue.status not in ("sent", "partly_sent")
        ],
        "issues but one": [] if len(made) == 1 else [f"{len(made)} issues"],
        "workers that ended by themselves": [
            f"pid {pid}: exit code {code}" for pid, code in sent.crew.exits
        ],
        "workers that did not stop well": [
            f"pid {pid}: exit code {code}" for pid, code in sent.stop_codes.items() if code != 0
        ],
    }


def show(told: dict[str, Any]) -> None:
    """Print a report for people."""
    sys.stdout.write("\n".join(_lines(told)) + "\n")
    sys.stdout.flush()


def _lines(told: dict[str, Any]) -> list[str]:
    head = (
        f"== {told['database']}, mail, seed {told['seed']}, {told['seconds']} s: {told['command']}"
    )
    counts = ", ".join(f"{count} {status}" for status, count in told["deliveries"].items())
    lines = [
        head,
        f"on {told['processors']} processors, load average {told['load_average_at_the_end']}",
        f"{told['recipients']} readers; {told['taken_by_the_relay']} mails taken; rows: {counts}",
        f"unknown: {told['unknown_and_taken']} arrived, {told['unknown_and_not_taken']} did not",
        f"{told['kills']} kills, {told['zombies']} zombies, {told['connections_cut']} cuts",
        f"{told['workers']['started']} workers were started",
    ]
    for name in ("killed_at", "faults_of_the_relay"):
        lines += [f"{name.replace('_', ' ')}:"]
        lines += [f"  {count:6} {what}" for what, count in told[name].items()]
    lines += [f"0 {name}" for name in told["kept"]]
    for name, rows in told["violations"].items():
        lines.append(f"VIOLATED: {len(rows)} {name}")
        lines += [f"    {row}" for row in rows[:ROWS_SHOWN]]
    lines.append("FAILED" if told["violations"] else "KEPT: every promise above")
    return lines
