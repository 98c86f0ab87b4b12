"""Run: every case of every measure, round by round, each in a process with a hard time-out.

A round goes through all systems before the next one begins, so that whatever else the machine
does meets them all; ratios are formed inside a round only.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks import document, machine, report
from benchmarks.case import Case, Result
from benchmarks.cases import MEASURES, Size, cases_of, full, quick
from benchmarks.peers import PEERS
from benchmarks.places import ROOT, Places, open_places

SHOWN_ERROR = 160
SKIPPED = "skipped:"
TIMEOUT_SECONDS = 300.0


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what was asked for, print the tables, write what was asked for."""
    arguments = _arguments(argv)
    for number in (signal.SIGINT, signal.SIGTERM):  # also where a shell made us ignore Ctrl-C
        signal.signal(number, signal.default_int_handler)
    if arguments.from_json:
        results, about = _read(arguments.from_json)
    else:
        results, about = _measure(arguments)
    if arguments.json:
        plain = {"about": about, "results": [result.as_json() for result in results]}
        arguments.json.write_text(json.dumps(plain, indent=1) + "\n")
    sys.stdout.write(report.text(results, about) + "\n")
    if arguments.write_docs:
        document.write(results, about)
    return int(any(result.error and not result.error.startswith(SKIPPED) for result in results))


def _read(paths: Sequence[Path]) -> tuple[list[Result], dict[str, str]]:
    """Join what several runs took on one machine; a ratio is never formed across two of them."""
    taken = [json.loads(path.read_text()) for path in paths]
    about = dict(taken[0]["about"])
    for name in ("command", "took", "load"):
        about[name] = "; ".join(dict.fromkeys(one["about"][name] for one in taken))
    results: list[Result] = []
    for each in taken:
        before = max((result.round for result in results), default=0)
        found = [Result.from_json(one) for one in each["results"]]
        results += [replace(result, round=result.round + before) for result in found]
    return results, about


def _measure(arguments: argparse.Namespace) -> tuple[list[Result], dict[str, str]]:
    size = _size(arguments)
    only = arguments.only.split(",") if arguments.only else list(MEASURES)
    wanted = [case for measure in only for case in cases_of(measure, size)]
    peers = set(arguments.peers.split(",")) if arguments.peers else None
    wanted = [case for case in wanted if _is_wanted(case, peers, arguments.stores)]
    started = time.monotonic()
    with open_places({case.store for case in wanted}) as places:
        about = machine.describe(_postgres_version(places))
        about["command"] = "python -m benchmarks " + " ".join(arguments.given)
        about["date"] = time.strftime("%Y-%m-%d", time.gmtime())
        results = Campaign(places, arguments.timeout).run(wanted, size.rounds)
    about["load"] = f"{os.getloadavg()[2]:.1f} (15 minutes before the end)"
    about["took"] = f"{(time.monotonic() - started) / 60:.0f} min"
    return results, about


class Campaign:
    """The cases of one run. Stores of the `rows` and `idle` measures are filled once and kept."""

    def __init__(self, places: Places, timeout: float) -> None:
        self.places = places
        self.timeout = timeout
        self.kept: dict[tuple[str, str, int], Case | str] = {}

    def run(self, wanted: Sequence[Case], rounds: int) -> list[Result]:
        """Return the results of all rounds; a measure is finished before the next begins.

        Ctrl-C ends it early and keeps what was measured.
        """
        results: list[Result] = []
        with suppress(KeyboardInterrupt):
            for measure in dict.fromkeys(case.measure for case in wanted):
                own = [case for case in wanted if case.measure == measure]
                for number in range(1, rounds + 1):
                    for case in own:
                        results.append(self._one(case, number))
        for settled in self.kept.values():
            if isinstance(settled, Case):
                self.places.clear(settled)
        return results

    def _one(self, case: Case, number: int) -> Result:
        result = self._result(case, number)
        told = result.error or ", ".join(
            f"{name} {value:.4g}" for name, value in result.values.items()
        )
        sys.stderr.write(f"round {number}  {report.title(case)}: {told[:SHOWN_ERROR]}\n")
        return result

    def _result(self, case: Case, number: int) -> Result:
        entry = PEERS.get(case.peer)
        if entry and entry.package and find_spec(entry.package.replace("-newsletters", "")) is None:
            return Result(case=case, round=number, error=f"{SKIPPED} not installed")
        if reason := self.places.lacking(case.store):
            return Result(case=case, round=number, error=f"{SKIPPED} {reason}")
        if case.measure == "next_run":
            return self._answer(case, number)
        if case.stored:
            return self._on_kept_store(case, number)
        settled = self.places.settle(case)
        try:
            return self._answer(settled, number)
        finally:
            self.places.clear(settled)

    def _on_kept_store(self, case: Case, number: int) -> Result:
        key = (case.peer, case.store, case.stored)
        if key not in self.kept:
            settled = self.places.settle(case)
            filled = self._answer(settled.like(measure="fill"), number)
            self.kept[key] = filled.error or settled
        found = self.kept[key]
        if isinstance(found, str):
            return Result(case=case, round=number, error=f"filling failed: {found}")
        return self._answer(case.like(address=found.address, broker=found.broker), number)

    def _answer(self, case: Case, number: int) -> Result:
        answer = _ask(case, self.timeout, self.places.folder)
        return Result(
            case=case, round=number, values=answer.get("values", {}), error=answer.get("error")
        )


def _ask(case: Case, timeout: float, folder: Path) -> dict[str, Any]:
    """Run one case in a process group of its own; nothing of it is left when this returns."""
    child = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "benchmarks.child", case.dumps()],
        cwd=ROOT,
        env=_environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        told, complaints = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        return {"error": f"not done after {timeout:.0f} s"}
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    try:
        answer: dict[str, Any] = json.loads(told.strip().rsplit("\n", 1)[-1])
    except ValueError:
        return {"error": f"no answer: {complaints.strip()[-SHOWN_ERROR:]}"}
    return answer


def _environment(folder: Path) -> dict[str, str]:
    """What is left in the folder goes with the run; compiled code is kept there, as an installed
    package keeps it, so that no start measures the compiler.
    """
    own = {"TMPDIR": str(folder), "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | own


def _is_wanted(case: Case, peers: set[str] | None, stores: str | None) -> bool:
    return (peers is None or case.peer in peers) and (
        stores is None or case.store in stores.split(",") or case.measure == "next_run"
    )


def _postgres_version(places: Places) -> str | None:
    if places.postgres is None:
        return None
    import psycopg
    from postgres_server import libpq_address

    with psycopg.connect(libpq_address(places.postgres.url)) as connection:
        found = connection.execute("SHOW server_version").fetchone()
    return str(found[0]).split()[0] if found else None


def _size(arguments: argparse.Namespace) -> Size:
    size = quick() if arguments.quick else full()
    changes = {
        "rounds": arguments.rounds,
        "jobs": arguments.jobs,
        "stored": arguments.stored and _numbers(arguments.stored),
    }
    return size.with_(**{name: value for name, value in changes.items() if value})


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part.replace("_", "")) for part in text.split(","))


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("--quick", action="store_true", help="few jobs, one round: does it all still work?")
    add("--only", help=f"a comma list of {', '.join(MEASURES)}")
    add("--peers", help=f"a comma list of {', '.join(PEERS)}")
    add("--stores", help="a comma list of sqlite-wal, sqlite-truncate, postgresql, redis")
    add("--rounds", type=int, help="how often each case is measured")
    add("--jobs", type=int, help="how many jobs are due in `drain`")
    add("--stored", help="a comma list of store sizes for `rows` and `idle`")
    add("--timeout", type=float, default=TIMEOUT_SECONDS, help="seconds for one case")
    add("--json", type=Path, help="write every figure to this file")
    add("--from-json", type=Path, nargs="+", help="measure nothing: read what --json wrote")
    add("--write-docs", action="store_true", help="write tables and plot of docs/benchmarks.md")
    given = list(sys.argv[1:] if argv is None else argv)
    arguments = parser.parse_args(given)
    unknown: Iterable[str] = set((arguments.only or "").split(",")) - {"", *MEASURES}
    if unknown:
        parser.error(f"no such measure: {', '.join(unknown)}; there are {', '.join(MEASURES)}")
    arguments.given = given
    return arguments
