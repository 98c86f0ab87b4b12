"""Rocketry's environment and its clock: what the contract does not ask."""

from __future__ import annotations

import subprocess
import sys

import pytest
from drivers.conftest import SetScene
from drivers.firing_rocketry import with_command
from drivers.rocketry_home import CLOCK, rocketry_python
from drivers.scene import Scene, until

from autopilot.store.tables import newsletter_runs


@pytest.fixture
def scene(set_scene: SetScene) -> Scene:
    return with_command(set_scene(delay_seconds=4.0))


def test_the_environment_has_pydantic_1_and_no_autopilot() -> None:
    told = subprocess.run(
        [rocketry_python(), "-c", "import pydantic; print(pydantic.VERSION); import autopilot"],
        capture_output=True,
        text=True,
    )
    assert told.stdout.startswith("1.")
    assert "No module named 'autopilot'" in told.stderr
    assert sys.executable != rocketry_python()


def test_stopped_in_the_middle_it_ends_well_and_the_run_waits_for_the_next_tick(
    scene: Scene,
) -> None:
    with scene.process(rocketry_python(), str(CLOCK)):
        until(lambda: statuses(scene) == ["running"])
    assert statuses(scene) == ["queued"]


def test_it_goes_on_after_a_tick_that_failed(set_scene: SetScene) -> None:
    scene = with_command(set_scene())
    more = {"AUTOPILOT_ROCKETRY_EVERY": "2 seconds", "AUTOPILOT_LEASE_SECONDS": "soon"}
    broken = Scene(environment={**scene.environment, **more}, folder=scene.folder, app=scene.app)
    with broken.process(rocketry_python(), str(CLOCK)):
        until(lambda: said(broken).count("AUTOPILOT_LEASE_SECONDS") >= 2)
    assert statuses(scene) == []


def statuses(scene: Scene) -> list[str]:
    with scene.app.database.read() as connection:
        return [run.status for run in connection.execute(newsletter_runs.select())]


def said(scene: Scene) -> str:
    logs = scene.folder.glob("process-*.log")
    return "".join(log.read_text(encoding="utf-8", errors="replace") for log in logs)
