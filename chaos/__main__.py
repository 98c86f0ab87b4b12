"""`python -m chaos`: runs the fault campaign and says what it found; exit 1 on any violation."""

from __future__ import annotations

import argparse
import json
import random
import shlex
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from chaos import mail_report, mails, report, trials
from chaos.campaign import Campaign
from chaos.plan import FAULTS, KILLS, MAIL, PHASES, POSTGRESQL, SQLITE, STORM, Plan

TRIAL_WORKERS = 4
MAILS_EACH_KILL = 50


def main(typed: list[str]) -> int:
    """Run what was asked for and return the exit code: 0 kept, 1 violated."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing is left behind
    asked = _arguments().parse_args(typed)
    names = [SQLITE, POSTGRESQL] if asked.database == "both" else [asked.database]
    seed = random.SystemRandom().randrange(1_000_000) if asked.seed is None else asked.seed
    command = shlex.join(["python", "-m", "chaos", *typed])
    if asked.seed is None:
        command += f" --seed {seed}"
    phases = [(name, phase) for name in names for phase in PHASES[name] if phase in asked.phases]
    told = [_run(asked, _plan(asked, *chosen, seed), command) for chosen in phases]
    if asked.json is not None:
        asked.json.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    return int(any(item["violations"] for item in told))


def _plan(asked: argparse.Namespace, database: str, phase: str, seed: int) -> Plan:
    is_storm = phase == STORM
    faults = {name: getattr(asked, name) for name in FAULTS[database]} if is_storm else {}
    if phase == MAIL:  # more would leave nobody to send
        faults = {KILLS: min(asked.kills, max(10, asked.recipients // MAILS_EACH_KILL))}
    return Plan(
        database=database,
        phase=phase,
        slots=asked.slots,
        faults=faults,
        workers=asked.workers if is_storm else min(asked.workers, TRIAL_WORKERS),
        seed=seed,
        lease_seconds=asked.lease,
        poll_seconds=asked.poll,
        fault_share=0.08 if is_storm else 0.0,
        seconds=asked.seconds,
        wave=min(250, max(40, asked.slots // 4)),
        recipients=asked.recipients,
    )


def _run(asked: argparse.Namespace, plan: Plan, command: str) -> dict[str, Any]:
    if plan.phase == MAIL:
        return _run_mails(asked, plan, command)
    with ExitStack() as stack:
        if plan.phase == STORM:
            outcome = Campaign(plan, stack, tell=_tell).run()
        else:
            outcome = trials.run(plan, stack, tell=_tell)
        if asked.keep is not None:
            _keep(outcome.crew.folder, asked.keep / f"{plan.database}-{plan.phase}")
        told = report.values(outcome, command=command, recovery_limit=asked.recovery_limit)
    report.show(told)
    return told


def _run_mails(asked: argparse.Namespace, plan: Plan, command: str) -> dict[str, Any]:
    with ExitStack() as stack:
        sent = mails.run(plan, stack, tell=_tell)
        if asked.keep is not None:
            _keep(sent.crew.folder, asked.keep / f"{plan.database}-{plan.phase}")
        told = mail_report.values(sent, command=command)
    mail_report.show(told)
    return told


def _keep(folder: Path, target: Path) -> None:
    """Copy journals and logs of the workers before their folder goes."""
    target.mkdir(parents=True, exist_ok=True)
    for file in (*folder.glob("*.log"), *(folder / "journal").glob("*.jsonl")):
        (target / file.name).write_bytes(file.read_bytes())


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--database", choices=[SQLITE, POSTGRESQL, "both"], default="both")
    parser.add_argument("--slots", type=int, default=10_000, help="at least so many slots")
    parser.add_argument(
        "--kills", type=int, default=1_000, help="kill -9, half of it at boundaries"
    )
    parser.add_argument(
        "--recipients", type=int, default=10_000, help="of the mail phase; 50 and more for a kill"
    )
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument(
        "--zombies", type=int, default=200, help="frozen until overtaken, then woken"
    )
    parser.add_argument(
        "--restarts", type=int, default=100, help="PostgreSQL taken down and started"
    )
    parser.add_argument("--cuts", type=int, default=200, help="connections cut, mostly at a COMMIT")
    parser.add_argument(
        "--crowds", type=int, default=10, help="PostgreSQL without a free connection for seconds"
    )
    parser.add_argument(
        "--steps", type=int, default=60, help="wrong clocks on PostgreSQL: must change nothing"
    )
    parser.add_argument("--locks", type=int, default=4, help="SQLite locked for 15 s and more")
    parser.add_argument(
        "--squeezes", type=int, default=20, help="SQLite full or read-only for seconds"
    )
    parser.add_argument(
        "--phases",
        type=_phases,
        default=PHASES[SQLITE],
        help=f"any of {','.join(PHASES[SQLITE])} (default: all; clock, file and disk are on SQLite)",
    )
    parser.add_argument("--lease", type=float, default=2.0, help="seconds")
    parser.add_argument("--poll", type=float, default=1.0, help="seconds")
    parser.add_argument("--seed", type=int, help="of every draw; timing still differs")
    parser.add_argument("--seconds", type=float, help="end the faults of a database after so long")
    parser.add_argument(
        "--recovery-limit", type=float, help="seconds for p99 (default lease + poll + 1)"
    )
    parser.add_argument("--json", type=Path, help="write the reports to this file, too")
    parser.add_argument(
        "--keep", type=Path, help="copy journals and logs of workers to this folder"
    )
    return parser


def _phases(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := set(names) - set(PHASES[SQLITE]):
        raise argparse.ArgumentTypeError(f"there is no phase {', '.join(sorted(unknown))}")
    return names


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
