"""The Lambda function under AWS's own runtime client, against a Runtime API of the test's own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from drivers.conftest import SetScene
from drivers.runtime_api import HANDLER, RuntimeApi, container, running_api
from drivers.scene import Scene
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autopilot.settings import load_settings

DOCKERFILE = Path(__file__).resolve().parents[2] / "deploy" / "aws" / "Dockerfile"
PASSWORD = "s3cret-of-the-database"
NOWHERE = f"postgresql://autopilot:{PASSWORD}@127.0.0.1:9/autopilot"


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    with running_api() as running:
        yield running


def start_that_fails(api: RuntimeApi, scene: Scene, **settings: str) -> tuple[Any, str]:
    """Starts a container that cannot start; returns what it told AWS, and its log."""
    ended = subprocess.run(
        [sys.executable, "-m", "awslambdaric", HANDLER],
        env={**os.environ, **scene.environment, "AWS_LAMBDA_RUNTIME_API": api.address, **settings},
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert ended.returncode == 1
    return api.answer().error, ended.stdout + ended.stderr


def test_a_warm_container_makes_one_pass_for_each_invocation(
    set_scene: SetScene, api: RuntimeApi
) -> None:
    scene = set_scene(schedules=2)
    event = {"source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": {}}
    with container(scene, api):
        first, second = api.invoke(event), api.invoke("not an object")
    assert first.error is second.error is None
    assert [run["status"] for run in first.value["runs"]] == ["succeeded"] * 2
    assert (first.value["left"], second.value["left"], second.value["runs"]) == (0, 0, [])


@pytest.mark.parametrize("seconds", [2.0, 8.0])
def test_what_does_not_fit_into_the_time_stays_queued_and_is_told(
    set_scene: SetScene, api: RuntimeApi, seconds: float
) -> None:
    scene = set_scene(schedules=3)
    with container(scene, api):
        short = api.invoke(seconds=seconds)
        assert short.error is None
        assert (short.value["runs"], short.value["left"]) == ([], 3)
        enough = api.invoke(seconds=120)
    assert [run["status"] for run in enough.value["runs"]] == ["succeeded"] * 3
    assert enough.value["left"] == 0


def test_when_time_runs_out_the_step_in_hand_ends_and_its_run_waits_for_the_next_call(
    set_scene: SetScene, api: RuntimeApi
) -> None:
    scene = set_scene(delay_seconds=14.0)
    with container(scene, api):
        cut = api.invoke(seconds=18.5)  # begins for 8.5, stops after 13.5
        assert cut.error is None
        assert [run["status"] for run in cut.value["runs"]] == ["queued"]
        assert cut.value["left"] == 1
        after = api.invoke()
    assert [run["status"] for run in after.value["runs"]] == ["succeeded"]


def test_a_fault_of_the_store_is_told_to_aws_in_a_sentence_without_a_trace(
    set_scene: SetScene, api: RuntimeApi
) -> None:
    scene = set_scene()
    prefix = "autopilot." * scene.app.database.is_postgres
    with container(scene, api):
        assert api.invoke().error is None
        with scene.app.database.begin() as connection:
            connection.exec_driver_sql(f"ALTER TABLE {prefix}workers RENAME TO gone")
        failed = api.invoke().error
        with scene.app.database.begin() as connection:
            connection.exec_driver_sql(f"ALTER TABLE {prefix}gone RENAME TO workers")
        assert api.invoke().error is None
    assert failed is not None
    assert (failed["errorType"], failed["stackTrace"]) == ("SchemaMismatch", [])
    assert failed["errorMessage"] == (
        "The store has no tables yet, or older ones. Run: autopilot migrate"
    )


def test_a_broken_setting_is_an_error_of_the_start_and_names_the_variable(
    set_scene: SetScene, api: RuntimeApi
) -> None:
    error, log = start_that_fails(api, set_scene(), AUTOPILOT_LEASE_SECONDS="soon")
    assert (error["errorType"], error["stackTrace"]) == ("SettingsInvalid", [])
    assert "AUTOPILOT_LEASE_SECONDS: 'soon' is not a number of seconds" in error["errorMessage"]
    assert 'File "' not in log


def test_a_store_that_is_not_there_is_an_error_of_the_start_and_keeps_its_password(
    set_scene: SetScene, api: RuntimeApi
) -> None:
    error, log = start_that_fails(api, set_scene(), AUTOPILOT_DATABASE_URL=NOWHERE)
    assert error["errorType"] == "StoreUnavailable"
    assert PASSWORD not in json.dumps(error) + log


def test_on_lambda_a_store_on_the_containers_disk_is_refused(
    set_scene: SetScene, api: RuntimeApi
) -> None:
    error, _ = start_that_fails(
        api, set_scene(), AWS_LAMBDA_FUNCTION_NAME="autopilot", AUTOPILOT_DATABASE_URL=""
    )
    assert error["errorType"] == "SettingsInvalid"
    assert "AUTOPILOT_DATABASE_URL" in error["errorMessage"]
    assert "AWS Lambda" in error["errorMessage"]


def test_with_postgresql_nothing_is_written_to_disk(set_scene: SetScene, api: RuntimeApi) -> None:
    scene = set_scene()
    if not scene.app.database.is_postgres:
        pytest.skip("a store of SQLite is a file")
    nowhere = {**scene.environment, "AUTOPILOT_DATA_DIR": "/proc/autopilot"}
    assert load_settings(nowhere).artifacts == "database"
    cloud = replace(scene, environment={**nowhere, "AWS_LAMBDA_FUNCTION_NAME": "autopilot"})
    with container(cloud, api):
        answered = api.invoke()
    assert answered.error is None
    assert [run["status"] for run in answered.value["runs"]] == ["succeeded"]


def test_the_image_starts_the_function_as_these_tests_do() -> None:
    told = DOCKERFILE.read_text(encoding="utf-8")
    words = [json.loads(line) for line in re.findall(r"^(?:ENTRYPOINT|CMD) (.*)$", told, re.M)]
    assert words == [["python", "-m", "awslambdaric"], [HANDLER]]


def test_the_image_has_the_versions_of_the_lock(tmp_path: Path) -> None:
    told = DOCKERFILE.read_text(encoding="utf-8")
    (line,) = re.findall(r"^RUN (sed .*)$", told, re.M)
    shutil.copy(DOCKERFILE.parents[2] / "requirements-dev.lock", tmp_path)
    subprocess.run(["sh", "-c", line], cwd=tmp_path, check=True)
    pins = (tmp_path / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {canonicalize_name(Requirement(pin).name) for pin in pins}
    assert {"sqlalchemy", "psycopg", "openai", "dkimpy", "awslambdaric"} <= pinned
