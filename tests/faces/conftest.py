"""The command line as tests use it: each call is one command in a data folder of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog

from autopilot.adapters.sample_server import SampleServer
from autopilot.cli.app import run
from autopilot.service import context
from autopilot.wiring import now

CONFIGURATION = """\
workspace: acme
name: Acme Research
timezone: Europe/Berlin
specifications:
  - slug: energy-weekly
    name: Energy Weekly
    cadence: weekly
    categories:
      - {{id: grid, name: Power grid, keywords: [grid operator, converter station, interconnector]}}
      - {{id: solar, name: Solar, keywords: [solar panel, photovoltaic]}}
    regions:
      - {{id: DE, name: Germany}}
      - {{id: GB, name: United Kingdom}}
    sources:{sources}
    schedules:
      - {{name: Monday nine, type: weekly, config: {{days: [mon], times: ["09:00"]}}}}
"""


@dataclass(frozen=True)
class Ended:
    """One command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as the one JSON value it must be."""
        return json.loads(self.out)


Autopilot = Callable[..., Ended]


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A data folder and a working folder for one test, and logging as it was afterwards."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("AUTOPILOT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("AUTOPILOT_DEBUG", raising=False)
    yield
    structlog.reset_defaults()
    context._current.clear()


@pytest.fixture
def autopilot(capsys: pytest.CaptureFixture[str]) -> Autopilot:
    """Runs one command in this process and returns how it ended."""

    def call(*arguments: str) -> Ended:
        capsys.readouterr()
        code = run(arguments)
        told = capsys.readouterr()
        assert "Traceback" not in told.out + told.err
        return Ended(code=code, out=told.out, err=told.err)

    return call


@pytest.fixture
def feeds(monkeypatch: pytest.MonkeyPatch) -> Iterator[SampleServer]:
    """The energy pack's sample feeds on loopback, let through the guard."""
    with SampleServer("energy", now=now) as server:
        monkeypatch.setenv("AUTOPILOT_ALLOW_HOSTS", server.place)
        yield server


@pytest.fixture
def configuration(feeds: SampleServer) -> Path:
    """A configuration file with two local feeds that answer and one that does not."""
    listed = [f"http://{feeds.place}/{name}" for name in ("grid-wire.xml", "brightwatt.xml", "no")]
    return written(listed)


def written(urls: list[str]) -> Path:
    """Writes newsletter.yaml with these sources into the working folder."""
    sources = "".join(f'\n      - {{url: "{url}"}}' for url in urls) or " []"
    path = Path("newsletter.yaml")
    path.write_text(CONFIGURATION.format(sources=sources), encoding="utf-8")
    return path


@pytest.fixture
def applied(autopilot: Autopilot, configuration: Path) -> Path:
    """The configuration file, applied."""
    assert autopilot("apply", str(configuration)).code == 0
    return configuration
