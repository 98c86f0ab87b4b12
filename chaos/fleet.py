"""`python -m chaos.fleet`: a Celery fleet on Redis and PostgreSQL under kills, held to the same promises.

Its workers are killed with -9 one after the other, and Redis is restarted empty, while waves of slots
fall due. Afterwards every slot must have exactly one run with its end. `--polling` does the same with
polling workers and without Redis, to compare how many runs a second both make.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shlex
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import autopilot
from chaos import store, verdict
from chaos.fleet_crew import FleetCrew
from chaos.plan import POSTGRESQL, Outcome, Plan
from chaos.stage import Stage

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from redis_server import RedisServer  # type: ignore[import-not-found]

LOOK_SECONDS = 0.1
PLANNING_SECONDS = 3.0  # until somebody has surely planned a new wave
SETTLE_SECONDS = 240.0
DRAIN_SECONDS = 60.0
SAVING_TRIES = 5
TOLD_EVERY_SECONDS = 15.0
ROWS_SHOWN = 20


class FleetCampaign:
    """Holds what the campaign needs to know; `run` does it all."""

    def __init__(self, asked: argparse.Namespace, plan: Plan, stack: ExitStack) -> None:
        self.plan, self._asked = plan, asked
        self.stage = Stage(plan, stack)
        environment = self.stage.environment
        self.redis: RedisServer | None = None
        if not asked.polling:
            self.redis = RedisServer()
            stack.callback(self._stop_redis)
            environment["AUTOPILOT_CELERY_BROKER"] = self.redis.url
        self.crew = FleetCrew(
            folder=self.stage.folder,
            environment=environment,
            size=asked.workers,
            polling=asked.polling,
            rng=self.stage.rng,
        )
        stack.callback(self.crew.close)
        self.restarts = 0
        self.seconds_at_work = 0.0
        self._saving: subprocess.Popen[bytes] | None = None
        self._tries = 0
        self._count_from = 0.0
        self._kill_at = 0.0
        self._ended_at_kill = 0

    def run(self) -> Outcome:
        """Wave after wave under kills until so many slots have ended; then let it settle and stop."""
        self.crew.look()
        began = time.monotonic()
        self._storm(began)
        until = datetime.now(UTC)
        _tell("the faults are over; waiting until every slot has ended")
        deadline = time.monotonic() + SETTLE_SECONDS
        while store.open_until(self.stage.database, until) and time.monotonic() < deadline:
            self.crew.look()
            time.sleep(LOOK_SECONDS)
        self.seconds_at_work = time.monotonic() - began
        codes = self.crew.stop(DRAIN_SECONDS)
        outcome = self.stage.outcome(until, faults=self._faults(), broken=self.crew.ended)
        outcome.stop_codes = codes
        return outcome

    def _storm(self, began: float) -> None:
        told, self._kill_at = began, began + self._asked.kill_every
        while True:
            states = store.run_states(self.stage.database)
            ended = sum(count for state, count in states.items() if state not in store.OPEN)
            if ended >= self.plan.slots and self._saving is None and self._is_done():
                return
            self._feed(states, ended)
            self._cause(ended)
            self.crew.look()
            if time.monotonic() - told > TOLD_EVERY_SECONDS:
                told = time.monotonic()
                _tell(f"{told - began:4.0f} s: {dict(states)}; {dict(self._faults())}")
            time.sleep(LOOK_SECONDS)

    def _is_done(self) -> bool:
        is_killed = self.crew.kills.total() >= self._asked.least_kills
        return is_killed and (self.redis is None or self.restarts >= self._asked.redis_restarts)

    def _feed(self, states: Counter[str], ended: int) -> None:
        """Save the next wave before the last one is worked off."""
        if self._saving is not None:
            if self._saving.poll() is None:
                return
            if self._saving.returncode:
                self._tries += 1
                if self._tries > SAVING_TRIES:
                    raise RuntimeError("A wave could not be saved; see above.")
                self._saving = self.stage.save()
                return
            self._saving, self._tries = None, 0
            self._count_from = time.monotonic() + PLANNING_SECONDS
        going = sum(states[state] for state in store.OPEN)
        enough = ended + going >= self.plan.slots and self._is_done()
        if time.monotonic() < self._count_from or going >= self.plan.wave or enough:
            return
        self.stage.write_wave(self.plan.wave)
        self._saving = self.stage.save()

    def _cause(self, ended: int) -> None:
        """Kill whenever it is time and something was done since: where workers take long to start,
        nothing would ever be. Restart the broker in step with the work.
        """
        if time.monotonic() >= self._kill_at and ended > self._ended_at_kill:
            self._kill_at = time.monotonic() + self._asked.kill_every
            self._ended_at_kill = ended
            self.crew.kill()
        wanted = self._asked.redis_restarts
        share = min(1.0, ended / self.plan.slots)
        if self.redis is not None and self.restarts < min(wanted, int(share * (wanted + 1))):
            self.restarts += 1
            self.redis.stop()
            time.sleep(self.stage.rng.uniform(0, 2))
            self.redis.start()

    def _faults(self) -> Counter[str]:
        restarts = Counter({"Redis restarted, empty": self.restarts} if self.restarts else {})
        return self.crew.kills + restarts

    def _stop_redis(self) -> None:
        if self.redis is not None:
            self.redis.stop()


def main(typed: list[str]) -> int:
    """Run what was asked for and return the exit code: 0 kept, 1 violated."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing is left behind
    asked = _arguments().parse_args(typed)
    seed = random.SystemRandom().randrange(1_000_000) if asked.seed is None else asked.seed
    plan = Plan(
        database=POSTGRESQL,
        phase="polling" if asked.polling else "fleet",
        slots=asked.slots,
        faults={},
        workers=0,  # the stage has none of its own
        seed=seed,
        wave=min(250, max(20, asked.slots // 4)),
        lease_seconds=asked.lease,
        poll_seconds=asked.poll,
        fault_share=asked.feed_faults,
    )
    with ExitStack() as stack:
        campaign = FleetCampaign(asked, plan, stack)
        outcome = campaign.run()
        told = _values(campaign, outcome, shlex.join(["python", "-m", "chaos.fleet", *typed]))
    _show(told)
    if asked.json is not None:
        asked.json.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    return int(bool(told["violations"]))


def _values(campaign: FleetCampaign, outcome: Outcome, command: str) -> dict[str, Any]:
    held = verdict.read(outcome)
    broken = verdict.violations(outcome, held)
    seconds, words = campaign.seconds_at_work, Counter[str]()
    for word in campaign.crew.words():
        count = word.get("count")
        if word.get("action") == "hand out" and isinstance(count, int):
            words["runs handed out"] += count
        if word.get("action") == "execute" and "error" not in word and "run_id" in word:
            words["messages whose run was not to be had"] += 1
    return {
        "command": command,
        "at": outcome.until.isoformat(timespec="seconds"),
        "autopilot": autopilot.__version__,
        "seed": outcome.plan.seed,
        "workers": {"kind": outcome.plan.phase, "at_once": campaign.crew.size},
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "load_average_at_the_end": [round(load, 1) for load in os.getloadavg()],
        "seconds": round(seconds, 1),
        "slots_promised": len(outcome.promised(outcome.until)),
        "runs": {state: of.total() for state, of in verdict.reasons(held).items()},
        "issues": len(held.issues),
        "runs_a_second": round(len(held.rows) / seconds, 2),
        "issues_a_second": round(len(held.issues) / seconds, 2),
        "most_attempts": max((row.run.attempt for row in held.rows), default=0),
        "faults": dict(outcome.faults.most_common()),
        "messages": dict(words),
        "violations": {name: rows for name, rows in broken.items() if rows},
        "kept": [name for name, rows in broken.items() if not rows],
    }


def _show(told: dict[str, Any]) -> None:
    lines = [f"== {told['command']}, seed {told['seed']}, {told['seconds']} s"]
    for name in ("workers", "runs", "faults", "messages"):
        lines.append(f"{name}: " + ", ".join(f"{key} {it}" for key, it in told[name].items()))
    lines.append(
        f"{told['slots_promised']} slots, {told['issues']} issues;"
        f" {told['runs_a_second']} runs/s, {told['issues_a_second']} issues/s"
    )
    lines += [f"0 {name}" for name in told["kept"]]
    for name, rows in told["violations"].items():
        lines += [f"VIOLATED: {len(rows)} {name}", *(f"    {row}" for row in rows[:ROWS_SHOWN])]
    lines.append("FAILED" if told["violations"] else "KEPT: every promise above")
    sys.stdout.write("\n".join(lines) + "\n")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m chaos.fleet", description=__doc__)
    add: Callable[..., Any] = parser.add_argument
    add("--slots", type=int, default=10_000, help="at least so many slots")
    add("--workers", type=int, default=4)
    add("--kill-every", type=float, default=5.0, help="seconds between two kill -9")
    add("--least-kills", type=int, default=0, help="go on until there were so many")
    add("--redis-restarts", type=int, default=5, help="Redis stopped and started, empty")
    add("--polling", action="store_true", help="polling workers and no Redis, to compare")
    add("--lease", type=float, default=5.0, help="seconds")
    add("--poll", type=float, default=1.0, help="seconds")
    add("--feed-faults", type=float, default=0.0, help="share of feed answers that are faults")
    add("--seed", type=int, help="of every draw; timing still differs")
    add("--json", type=Path, help="write the report to this file, too")
    return parser


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
