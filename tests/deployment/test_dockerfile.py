"""The Dockerfile: what it says agrees with the program, and every RUN and CMD of it works.

No image registry can be reached from here, so `docker build` is not run: the replay stands in for it.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from acceptance.processes import answers, free_port, until
from deployment.image import Replay, Stage, copied, is_given, stages_of
from faces.test_docs import parse
from required import EVERYTHING_REQUIRED, missing

ROOT = Path(__file__).resolve().parents[2]
IGNORE = (ROOT / ".dockerignore").read_text(encoding="utf-8")
STAGES = stages_of((ROOT / "Dockerfile").read_text(encoding="utf-8"))
TARGETS = ("worker", "app")
PASSWORD = "correct horse battery staple"
PATIENCE_SECONDS = 90


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_runs_as_nobody_in_particular_by_a_command_there_is(name: str) -> None:
    stage = STAGES[name]
    assert stage.user == "10001:10001"
    program, *arguments = stage.command
    assert program == "autopilot"
    parse(arguments, complete=True)
    assert stage.environ["AUTOPILOT_DATA_DIR"] == stage.folder == "/data"


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_is_asked_for_its_health_where_it_listens(name: str) -> None:
    stage = STAGES[name]
    assert stage.ports == [int(stage.environ["PORT"])]
    assert stage.health[0] == "python"
    assert "/healthz" in stage.health[-1]


def test_the_last_stage_is_everything_for_hosts_that_know_no_targets() -> None:
    assert list(STAGES)[-1] == "app"
    assert {stage.base for stage in STAGES.values()} - set(STAGES) == {"python:3.12-slim"}


def test_the_build_is_given_what_it_copies_and_no_secret() -> None:
    for stage in STAGES.values():
        for step in stage.steps:
            if step.word == "COPY" and (it := copied(step))[0] is None:
                for name in it[1]:
                    assert (ROOT / name).exists(), name
                    assert is_given(name, IGNORE), name
    for name in (".env", ".git", "docs", "autopilot.db", "deploy/compose/secrets/secret_key"):
        assert not is_given(name, IGNORE), name
    assert is_given("src/autopilot/errors.py", IGNORE)
    assert not is_given("src/autopilot/__pycache__/errors.pyc", IGNORE)


def test_a_worker_installs_its_part_of_the_lock() -> None:
    told = subprocess.run(
        [sys.executable, ROOT / "development" / "worker_lock.py", "--check"],
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stderr
    part = (ROOT / "requirements-worker.lock").read_text(encoding="utf-8")
    assert "\npsycopg==" in part
    for heavy in ("streamlit", "pandas", "pyarrow", "hatchling"):
        assert f"\n{heavy}==" not in part


# The replay: a minute, most of it unpacking packages. Where everything is required, CI that is, it runs.


@pytest.fixture
def replay(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    if os.environ.get(EVERYTHING_REQUIRED) != "1":
        pytest.skip(f"a minute of installing: {EVERYTHING_REQUIRED}=1 runs it, as CI does")
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        missing("replaying the Dockerfile needs root and `unshare`")
    folder = tmp_path_factory.mktemp("image")
    folder.chmod(0o755)
    for parent in folder.parents[:2]:
        parent.chmod(0o755)
    context = folder / "context"
    context.mkdir()
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if is_given(name, IGNORE) and (ROOT / name).is_file():
            (context / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, context / name)
    made = Replay(STAGES, context, folder)
    for target in TARGETS:
        made.build(target)
    return made


@contextmanager
def running(
    replay: Replay, name: str, data: Path, **environ: str
) -> Iterator[tuple[subprocess.Popen[str], str, Mapping[str, str]]]:
    """Starts the CMD of a target as a container does: its user, a root that cannot be written to."""
    stage: Stage = STAGES[name]
    data.mkdir()
    os.chown(data, *map(int, stage.user.split(":")))
    given = stage.environ | {"PORT": str(free_port())} | environ
    with replay.started(stage, stage.command, environ=given, data=data) as process:
        yield process, f"http://127.0.0.1:{given['PORT']}", given


def is_healthy(replay: Replay, name: str, environ: Mapping[str, str], data: Path) -> bool:
    """Whether the HEALTHCHECK of a target says so."""
    stage = STAGES[name]
    with replay.started(stage, stage.health, environ=environ, data=data) as asked:
        asked.communicate(timeout=PATIENCE_SECONDS)
        return asked.returncode == 0


def ended(process: subprocess.Popen[str]) -> str:
    process.send_signal(signal.SIGTERM)
    told, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, told
    assert "Traceback" not in told
    return told


def test_every_run_and_cmd_of_it_works(replay: Replay, tmp_path: Path) -> None:
    """One test, since what it needs takes a minute to make and tests are spread over processes."""
    for number, works in enumerate(
        (
            the_worker_works_is_healthy_and_ends_at_a_signal,
            the_app_serves_everything_behind_a_login,
            the_app_does_not_start_without_a_login,
        )
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        works(replay, folder)


def the_worker_works_is_healthy_and_ends_at_a_signal(replay: Replay, tmp_path: Path) -> None:
    assert not list(
        replay.root("worker").glob("opt/autopilot/lib/python3*/site-packages/streamlit")
    )
    with running(replay, "worker", tmp_path / "data") as (process, base, environ):
        until(lambda: answers(f"{base}/healthz"))
        assert is_healthy(replay, "worker", environ, tmp_path / "data")
        told = ended(process)
    assert '"action": "stop"' in told  # the signal reached it, and the log is JSON
    assert not is_healthy(replay, "worker", environ, tmp_path / "data")
    assert (tmp_path / "data" / "autopilot.db").stat().st_uid == 10001


def the_app_serves_everything_behind_a_login(replay: Replay, tmp_path: Path) -> None:
    admin = {"AUTOPILOT_ADMIN_EMAIL": "ann@example.org", "AUTOPILOT_ADMIN_PASSWORD": PASSWORD}
    with running(replay, "app", tmp_path / "data", **admin) as (process, base, environ):
        until(lambda: answers(f"{base}/healthz"))
        assert httpx2.get(f"{base}/", trust_env=False).headers["location"] == "/login"
        until(lambda: is_healthy(replay, "app", environ, tmp_path / "data"))
        ended(process)


def the_app_does_not_start_without_a_login(replay: Replay, tmp_path: Path) -> None:
    with running(replay, "app", tmp_path / "data") as (process, _, _):
        told, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 2
    assert "AUTOPILOT_ADMIN_EMAIL" in told
