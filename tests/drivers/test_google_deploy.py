"""The deploy script of Google Cloud, run with a pretended gcloud that writes down what it is told."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autopilot.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "deploy" / "google" / "deploy.sh"
URL = "https://autopilot-tick-123456789012.europe-west1.run.app"
FUNCTION = "autopilot-function@my-project.iam.gserviceaccount.com"
CLOCK = "autopilot-clock@my-project.iam.gserviceaccount.com"

# Knows the project, and of other things only those that are named in THERE.
PRETENDED = """#!{python}
import json, os, pathlib, shutil, sys
words = [word for word in sys.argv[1:] if word not in ("--project=my-project", "--quiet")]
here = pathlib.Path(__file__).parent.parent
with (here / "told").open("a") as log:
    log.write(json.dumps([*words, *(["no project"] if len(words) == len(sys.argv) - 1 else [])]) + "\\n")
source = [word.partition("=")[2] for word in words if word.startswith("--source=")]
if source:
    shutil.copytree(source[0], here / "staged", dirs_exist_ok=True)
if words[:2] == ["projects", "describe"]:
    print("123456789012")
elif words[:3] == ["eventarc", "triggers", "describe"] and len(words) == 6:
    print("projects/my-project/subscriptions/eventarc-1")
elif "describe" in words and words[words.index("describe") + 1] not in os.environ["THERE"].split():
    sys.exit("NOT_FOUND")
"""
NEEDED = "autopilot-database-url autopilot-secret-key"


@dataclass(frozen=True)
class Ran:
    """How the script ended, and every call of gcloud."""

    code: int
    said: str
    calls: Sequence[Sequence[str]]
    staged: Path

    def call(self, *words: str) -> list[str]:
        """The options of the one call that begins like this."""
        (found,) = [call for call in self.calls if tuple(call[: len(words)]) == words]
        return list(found[len(words) :])

    def has(self, *words: str) -> bool:
        return any(tuple(call[: len(words)]) == words for call in self.calls)


def run(folder: Path, way: str, *, there: str = NEEDED, **environ: str) -> Ran:
    tools = folder / "bin"
    tools.mkdir(exist_ok=True)
    gcloud = tools / "gcloud"
    gcloud.write_text(PRETENDED.format(python=sys.executable), encoding="utf-8")
    gcloud.chmod(0o755)
    shutil.rmtree(folder / "staged", ignore_errors=True)
    (folder / "told").unlink(missing_ok=True)
    ended = subprocess.run(
        ["sh", SCRIPT, way],
        env={"PATH": f"{tools}:{os.environ['PATH']}", "THERE": there, "PROJECT": "my-project"}
        | environ,
        capture_output=True,
        text=True,
        timeout=60,
    )
    log = folder / "told"
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    calls = [json.loads(line) for line in lines]
    return Ran(ended.returncode, ended.stdout + ended.stderr, calls, folder / "staged")


def option(words: Sequence[str], name: str) -> str:
    (found,) = [word for word in words if word.startswith(f"--{name}=")]
    return found.partition("=")[2]


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_the_script_can_be_read_by_shells(shell: str) -> None:
    told = subprocess.run([shell, "-n", SCRIPT], capture_output=True, text=True)
    assert (told.returncode, told.stderr) == (0, "")


def test_the_clock_calls_the_address_that_its_token_is_for(tmp_path: Path) -> None:
    ran = run(tmp_path, "http")
    assert ran.code == 0, ran.said
    job = ran.call("scheduler", "jobs", "create", "http", "autopilot-tick")
    assert option(job, "uri") == f"{URL}/"
    assert option(job, "oidc-token-audience") == URL
    assert option(job, "oidc-service-account-email") == CLOCK
    assert option(job, "schedule") == "* * * * *"
    assert option(job, "attempt-deadline") == "600s"
    assert json.loads(option(job, "message-body")) == {"seconds": 240}
    assert all("no project" not in call for call in ran.calls)


def test_the_function_takes_that_token_and_no_other(tmp_path: Path) -> None:
    ran = run(tmp_path, "http", MAIL_FROM="Acme, Inc <news@example.org>")
    words = ran.call("run", "deploy", "autopilot-tick")
    variables = option(words, "set-env-vars")
    assert variables.startswith("^|^")
    given = dict(it.split("=", 1) for it in variables.removeprefix("^|^").split("|"))
    database = {"AUTOPILOT_DATABASE_URL": "postgresql://autopilot@db.example.org/autopilot"}
    settings = load_settings(given | database)
    assert settings.tick_oidc_issuer == "https://accounts.google.com"
    assert settings.tick_oidc_audience == URL
    assert settings.tick_oidc_service_account == CLOCK
    assert settings.mail_from == "Acme, Inc <news@example.org>"
    assert "--allow-unauthenticated" in words  # the token is checked by the function itself
    assert option(words, "ingress") == "internal"
    assert option(words, "function") == "tick_http"
    assert option(words, "service-account") == FUNCTION
    assert (option(words, "timeout"), option(words, "concurrency")) == ("600", "1")
    assert option(words, "max-instances") == "2"


def test_secrets_come_from_secret_manager_and_only_the_function_may_read_them(
    tmp_path: Path,
) -> None:
    ran = run(tmp_path, "http", there=f"{NEEDED} autopilot-smtp-url")
    assert option(ran.call("run", "deploy", "autopilot-tick"), "set-secrets").split(",") == [
        "AUTOPILOT_DATABASE_URL=autopilot-database-url:latest",
        "AUTOPILOT_SECRET_KEY=autopilot-secret-key:latest",
        "AUTOPILOT_SMTP_URL=autopilot-smtp-url:latest",
    ]
    for name in ("autopilot-database-url", "autopilot-secret-key", "autopilot-smtp-url"):
        words = ran.call("secrets", "add-iam-policy-binding", name)
        assert option(words, "member") == f"serviceAccount:{FUNCTION}"
        assert option(words, "role") == "roles/secretmanager.secretAccessor"
    assert not ran.has("secrets", "add-iam-policy-binding", "autopilot-openai-api-key")


def test_a_secret_that_is_missing_stops_it_before_anything_is_deployed(tmp_path: Path) -> None:
    ran = run(tmp_path, "http", there="autopilot-database-url")
    assert ran.code == 1
    assert "There is no secret autopilot-secret-key in my-project" in ran.said
    assert not ran.has("run")
    assert not ran.has("scheduler")


@pytest.mark.parametrize(
    ("way", "project", "told"),
    [("http", "", "Set PROJECT"), ("cron", "my-project", "Say http or event")],
)
def test_what_is_not_said_is_asked_for(tmp_path: Path, way: str, project: str, told: str) -> None:
    ran = run(tmp_path, way, PROJECT=project)
    assert ran.code == 1
    assert told in ran.said
    assert ran.calls == []


def test_run_again_it_changes_what_is_there(tmp_path: Path) -> None:
    ran = run(tmp_path, "http", there=f"{NEEDED} {FUNCTION} {CLOCK} autopilot-tick")
    assert ran.code == 0, ran.said
    assert not ran.has("iam", "service-accounts", "create")
    assert ran.has("scheduler", "jobs", "update", "http", "autopilot-tick")
    assert not ran.has("scheduler", "jobs", "create")


def test_events_come_from_a_topic_and_only_the_trigger_may_call(tmp_path: Path) -> None:
    ran = run(tmp_path, "event")
    assert ran.code == 0, ran.said
    words = ran.call("run", "deploy", "autopilot-event")
    assert "--no-allow-unauthenticated" in words
    assert option(words, "function") == "tick_event"
    assert "TICK_OIDC" not in option(words, "set-env-vars")
    binding = ran.call("run", "services", "add-iam-policy-binding", "autopilot-event")
    assert (option(binding, "role"), option(binding, "member")) == (
        "roles/run.invoker",
        f"serviceAccount:{CLOCK}",
    )
    trigger = ran.call("eventarc", "triggers", "create", "autopilot-event")
    assert option(trigger, "destination-run-service") == "autopilot-event"
    assert option(trigger, "transport-topic") == "projects/my-project/topics/autopilot-tick"
    assert option(trigger, "service-account") == CLOCK
    subscription = "projects/my-project/subscriptions/eventarc-1"
    deadline = ran.call("pubsub", "subscriptions", "update", subscription)
    assert option(deadline, "ack-deadline") == "600"
    job = ran.call("scheduler", "jobs", "create", "pubsub", "autopilot-event")
    assert option(job, "topic") == "autopilot-tick"


def test_what_is_built_is_this_program_with_the_versions_of_the_lock(tmp_path: Path) -> None:
    staged = run(tmp_path, "http").staged
    assert (staged / "main.py").read_text() == (ROOT / "deploy/google/main.py").read_text()
    assert (staged / "project/src/autopilot/drivers/on_google.py").exists()
    assert not list(staged.rglob("__pycache__"))
    wanted = (staged / "requirements.txt").read_text().splitlines()
    assert wanted == ["-c constraints.txt", "./project[postgres,openai,dkim,gcp]"]
    lines = (staged / "constraints.txt").read_text().splitlines()
    pinned = {canonicalize_name(Requirement(line).name) for line in lines}
    for name in ("sqlalchemy", "psycopg", "openai", "dkimpy", "functions-framework", "lxml"):
        assert name in pinned
