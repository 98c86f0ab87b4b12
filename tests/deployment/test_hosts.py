"""The files of hosts: start lines that the program understands, settings there are, ports that agree."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from deployment.facts import ROOT, SETTINGS, are_settings, installs_a_file_there_is, understands
from deployment.image import stages_of

from autopilot.errors import SettingsInvalid
from autopilot.settings import load_settings

STAGES = stages_of((ROOT / "Dockerfile").read_text(encoding="utf-8"))


def yaml_of(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["railway.json", "deploy/railway/worker.json"])
def test_railway(name: str) -> None:
    told = json.loads((ROOT / name).read_text(encoding="utf-8"))
    assert (ROOT / told["build"]["dockerfilePath"]).exists()
    deploy = told["deploy"]
    for line in (deploy["startCommand"], *deploy.get("preDeployCommand", ())):
        understands(line)
    assert deploy["healthcheckPath"] == "/healthz"
    assert not any(step.word == "VOLUME" for stage in STAGES.values() for step in stage.steps)


@pytest.mark.parametrize("name", ["render.yaml", "deploy/render/worker.yaml"])
def test_render(name: str) -> None:
    (service,) = yaml_of(name)["services"]
    understands(service["startCommand"])
    installs_a_file_there_is(service["buildCommand"])
    assert service["healthCheckPath"] == "/healthz"
    variables = {item["key"]: item for item in service["envVars"]}
    are_settings(variables)
    for item in variables.values():
        assert len(item.keys() & {"value", "sync", "generateValue"}) == 1, item
    if disk := service.get("disk"):
        assert variables["AUTOPILOT_DATA_DIR"]["value"] == disk["mountPath"]


def test_digitalocean() -> None:
    told = yaml_of(".do/app.yaml")
    (service,) = told["services"]
    arguments = understands(service["run_command"])
    assert arguments[-2:] == ["--host", "0.0.0.0"]
    assert service["health_check"]["http_path"] == "/healthz"
    values = {item["key"]: item["value"] for item in service["envs"]}
    are_settings(values)
    assert int(values["PORT"]) == service["http_port"]
    (database,) = told["databases"]
    assert values["AUTOPILOT_DATABASE_URL"] == f"${{{database['name']}.DATABASE_URL}}"
    with pytest.raises(SettingsInvalid, match="placeholder"):  # nobody deploys with ours
        load_settings({"AUTOPILOT_SECRET_KEY": values["AUTOPILOT_SECRET_KEY"]})


def test_the_procfile() -> None:
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    commands = dict(line.split(": ", 1) for line in lines)
    assert set(commands) == {"release", "web", "worker"}
    for command in commands.values():
        understands(command)


def test_requirements_of_hosts_that_know_one_file() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in lines if not line.startswith("#")]
    installs_a_file_there_is(line)


# Compose: read as the program would; `docker compose config` where there is one.


def test_compose_starts_what_there_is() -> None:
    told = yaml_of("compose.yaml")
    services = told["services"]
    assert set(services) == {"database", "migrate", "worker", "web"}
    for name in ("migrate", "worker", "web"):
        service = services[name]
        understands(service["command"])
        stage = STAGES[service["build"]["target"]]
        are_settings(service["environment"])
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        for volume in service["volumes"]:
            assert volume.split(":")[1] == stage.folder
    assert services["worker"]["depends_on"] == services["web"]["depends_on"]


def test_compose_opens_on_this_machine_alone_at_the_images_port() -> None:
    (port,) = yaml_of("compose.yaml")["services"]["web"]["ports"]
    address, _, inside = port.rsplit(":", 2)
    assert address == "127.0.0.1"
    assert [int(inside)] == STAGES["app"].ports
    assert "ports" not in yaml_of("compose.yaml")["services"]["database"]


def test_compose_keeps_secrets_in_files() -> None:
    told = yaml_of("compose.yaml")
    environ = told["services"]["web"]["environment"]
    files = {value.removeprefix("/run/secrets/") for name, value in environ.items() if name.endswith("_FILE")}  # fmt: skip
    assert files == set(told["services"]["web"]["secrets"])
    assert files <= set(told["secrets"])
    given = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    assert "PASSWORD:" not in given


@pytest.mark.skipif(os.name != "posix", reason="a script for sh")
def test_the_secrets_of_compose_are_made_once(tmp_path: Path) -> None:
    script = tmp_path / "secrets.sh"
    shutil.copy(ROOT / "deploy" / "compose" / "secrets.sh", script)

    def made() -> dict[str, str]:
        subprocess.run(["sh", script], check=True, capture_output=True)
        return {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}

    first = made()
    told = yaml_of("compose.yaml")["secrets"]
    assert set(first) == {Path(secret["file"]).name for secret in told.values()}
    assert first["database_password"] in first["database_url"]
    settings = load_settings(
        {
            "AUTOPILOT_DATABASE_URL_FILE": str(tmp_path / "secrets" / "database_url"),
            "AUTOPILOT_SECRET_KEY_FILE": str(tmp_path / "secrets" / "secret_key"),
        }
    )
    assert settings.database_url.startswith("postgresql+psycopg://autopilot:")
    assert made() == first
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0


def test_compose_as_docker_reads_it() -> None:
    if subprocess.run(["docker", "compose", "version"], capture_output=True).returncode != 0:
        pytest.skip("no `docker compose` here; the file was read by the tests above")
    told = subprocess.run(
        ["docker", "compose", "config", "--quiet"],
        cwd=ROOT,
        env=os.environ | {"AUTOPILOT_ADMIN_EMAIL": "ann@example.org"},
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stderr


def test_settings_are_told_from_what_is_none() -> None:
    assert {"AUTOPILOT_SECRET_KEY_FILE", "DATABASE_URL"} <= SETTINGS
    with pytest.raises(AssertionError):
        are_settings(["AUTOPILOT_NO_SUCH_THING"])
    with pytest.raises(Exception, match="no command"):
        understands("autopilot wroker")
