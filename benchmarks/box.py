"""The box: `autopilot up` on SQLite with 1,000 schedules and one visitor, looked at for an hour.

    python -m benchmarks.box --seconds 3600 --json box.json --picture docs/pictures/box.svg

Every schedule is due once an hour and reads the sample feeds over HTTP; the visitor opens another
page every minute. What web process and worker take is noted every 15 s: PSS, so that pages of memory
that both have count once. The browser and the feeds are processes of their own and not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import func, select

from autopilot.adapters.sample_server import SampleServer
from autopilot.service.configuration.applying import apply_document
from autopilot.service.configuration.reading import read_document
from autopilot.settings import load_settings
from autopilot.store.migrate import migrate
from autopilot.store.tables import newsletter_runs
from autopilot.wiring import assemble_app
from benchmarks.web import IS_PAINTED, LISTED, later, mib, served

PACK = "energy"
SPECIFICATIONS = 20
EVERY_SECONDS, PAGE_SECONDS = 15.0, 60.0
LIMIT_MIB = 300


@dataclass(slots=True)
class Curve:
    """Seconds since the start, MiB of both processes, and their CPU seconds; one entry a look."""

    seconds: list[float] = field(default_factory=list)
    mib: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def most(self) -> float:
        """The most that was ever seen, in MiB."""
        return max(self.mib)


def main() -> int:
    """Watch the box, print what it took, and return 1 where that was more than the limit."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="box-") as folder, _feeds() as server:
        environment = {
            "AUTOPILOT_DATABASE_URL": f"sqlite:///{folder}/autopilot.db",
            "AUTOPILOT_DATA_DIR": folder,
            "AUTOPILOT_SECRET_KEY": "of a benchmark, and long enough to be one",
            "AUTOPILOT_ALLOW_HOSTS": server.place,
        }
        _fill(environment, server, options.schedules)
        with served(environment) as (base, process):
            curve = _watch(base, process, options.seconds)
        ended = _ended(environment)
    told = _told(curve, options.schedules, ended)
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    if options.json:
        options.json.write_text(json.dumps(told | {"curve": _points(curve)}) + "\n")
    if options.picture:
        _draw(curve, options.picture)
    return 0 if curve.most <= LIMIT_MIB else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.box", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--schedules", type=int, default=1_000)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--picture", type=Path)
    return parser.parse_args()


@contextmanager
def _feeds() -> Iterator[SampleServer]:
    with SampleServer(PACK, now=lambda: datetime.now(UTC)) as server:
        yield server


def _fill(environment: Mapping[str, str], server: SampleServer, count: int) -> None:
    app = assemble_app(load_settings(environment))
    migrate(app.database)
    document = read_document(json.dumps(_document(server, count)))
    apply_document(app, document, actor="bench@example.org")
    app.close()


def _document(server: SampleServer, count: int) -> dict[str, Any]:
    sources = [{"url": str(source.url), "name": source.name} for source in server.sources]
    return {
        "workspace": "box",
        "name": "Box",
        "timezone": "Europe/Berlin",
        "specifications": [
            {
                "slug": f"letter-{number}",
                "name": f"Letter {number}",
                "categories": [
                    {"id": "grid", "name": "Power grid", "keywords": ["grid", "power", "network"]},
                    {"id": "wind", "name": "Wind and solar", "keywords": ["wind", "solar"]},
                ],
                "sources": sources,
                "channels": [{"type": "archive"}],
                "schedules": [
                    {
                        "name": f"Hourly {each}",
                        "type": "custom",
                        "config": {"cron": f"{each * 60 * SPECIFICATIONS // count} * * * *"},
                    }
                    for each in range(count // SPECIFICATIONS)
                ],
            }
            for number in range(SPECIFICATIONS)
        ],
    }


def _watch(base: str, process: psutil.Process, seconds: float) -> Curve:
    stop, curve, began = threading.Event(), Curve(), time.monotonic()
    with ThreadPoolExecutor(1, "visitor") as pool:
        visitor = pool.submit(_visit, base, stop)
        # A figure without a visitor would be another one.
        while (passed := time.monotonic() - began) < seconds and not visitor.done():
            curve.seconds.append(round(passed, 1))
            curve.mib.append(round(mib(process), 1))
            curve.cpu.append(round(_cpu(process), 1))
            time.sleep(EVERY_SECONDS)
        stop.set()
        visitor.result()
    return curve


def _visit(base: str, stop: threading.Event) -> None:
    """One session, open all the time, that looks at one page after the other."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page()
        page.goto(f"{base}/{LISTED[-1].name}")
        page.wait_for_function(IS_PAINTED)
        number = 0
        while not stop.wait(PAGE_SECONDS):
            later(page, LISTED[number % len(LISTED)].title)
            number += 1
        browser.close()


def _cpu(process: psutil.Process) -> float:
    family = [process, *process.children(recursive=True)]
    return sum(sum(one.cpu_times()[:2]) for one in family)


def _ended(environment: Mapping[str, str]) -> dict[str, int]:
    app = assemble_app(load_settings(environment))
    status = newsletter_runs.c.status
    with app.database.read() as connection:
        rows = connection.execute(select(status, func.count()).group_by(status)).all()
    app.close()
    return {row[0]: row[1] for row in rows}


def _told(curve: Curve, schedules: int, ended: Mapping[str, int]) -> dict[str, Any]:
    return {
        "command": " ".join(["python -m benchmarks.box", *sys.argv[1:]]),
        "schedules": schedules,
        "minutes": round(curve.seconds[-1] / 60),
        "runs": dict(ended),
        "mib_at_the_start": curve.mib[0],
        "mib_at_the_end": curve.mib[-1],
        "mib_most": curve.most,
        "cpu_seconds": curve.cpu[-1],
        "processors": os.cpu_count(),
    }


def _points(curve: Curve) -> list[tuple[float, float, float]]:
    return list(zip(curve.seconds, curve.mib, curve.cpu, strict=True))


def _draw(curve: Curve, path: Path) -> None:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "benchmarks", "font.size": 8})
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(8, 3), layout="constrained")
    axis.plot([seconds / 60 for seconds in curve.seconds], curve.mib, color="#0f766e")
    axis.axhline(LIMIT_MIB, color="#c2410c", linewidth=1, linestyle="--")
    axis.set_ylim(0, LIMIT_MIB * 1.1)
    axis.set_xlabel("minutes")
    axis.set_ylabel("MiB, web process and worker")
    axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


if __name__ == "__main__":
    sys.exit(main())
