"""How .venv comes to be: the script behind every target of the Makefile, with a pretended Python."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "development" / "environment.sh"
TOOLS = ("sh", "basename", "cat", "date", "dirname", "grep", "ln", "mkdir", "rm")

# Answers what the script asks of a Python and writes down what it is told to do.
PRETENDED_PYTHON = """#!/bin/sh
case "$*" in
    *'sys.exit(not'*) exit "${OLD:-0}" ;;
    *ensurepip*) exit "${NO_VENV:-0}" ;;
    '-m virtualenv --version') exit "${NO_VIRTUALENV:-0}" ;;
    '-m venv .venv' | '-m virtualenv --quiet .venv')
        echo "$*" >>told
        mkdir -p .venv/bin
        ln -s "$HERE/python" .venv/bin/python
        echo "#!$(pwd -P)/.venv/bin/python" >.venv/bin/pip ;;
    -I*) exec "$REAL" "$@" ;;
    *' install '*) echo "pip ${*##* install }" >>told; exit "${PIP_FAILS:-0}" ;;
    --version) echo Python 3.11.9 ;;
esac
"""
MADE = "-m venv .venv"
RUN = "pip --require-hashes --requirement requirements.lock"
DEV = "pip --require-hashes --requirement requirements-dev.lock"
SELF = "pip --no-deps --no-build-isolation --editable ."


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A project with nothing in it but the script, and a machine with nothing but its tools."""

    folder: Path
    bin: Path

    def set_up(self, what: str = "run", **machine: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": str(self.bin),
            "PYTHON": str(self.bin / "python"),
            "HERE": str(self.bin),
            "REAL": sys.executable,
        }
        return subprocess.run(
            ["sh", SCRIPT.relative_to(SCRIPT.parent.parent), what],
            cwd=self.folder,
            env=environment | machine,
            capture_output=True,
            text=True,
        )

    def told(self) -> list[str]:
        """Returns and forgets what Python was told to do."""
        log = self.folder / "told"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return lines


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    folder, tools = tmp_path / "project", tmp_path / "bin"
    (folder / "development").mkdir(parents=True)
    shutil.copy(SCRIPT, folder / "development")
    for name in ("pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        (folder / name).write_text(name)
    tools.mkdir()
    for name in TOOLS:
        (tools / name).symlink_to(shutil.which(name) or name)
    (tools / "python").write_text(PRETENDED_PYTHON)
    (tools / "python").chmod(0o755)
    return Checkout(folder=folder, bin=tools)


def test_the_first_time_an_environment_is_made_and_filled(checkout: Checkout) -> None:
    done = checkout.set_up()
    assert done.returncode == 0, done.stderr
    assert checkout.told() == [MADE, RUN, SELF]
    assert "Python 3.11.9" in done.stderr
    assert "ready after" in done.stderr


def test_a_finished_environment_is_left_alone_without_a_word(checkout: Checkout) -> None:
    checkout.set_up("dev")
    assert checkout.told() == [MADE, DEV, SELF]
    for what in ("dev", "run"):
        again = checkout.set_up(what)
        assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert checkout.told() == []


def test_the_tests_packages_join_those_of_the_program(checkout: Checkout) -> None:
    checkout.set_up("run")
    checkout.told()
    checkout.set_up("dev")
    assert checkout.told() == [DEV, SELF]


@pytest.mark.parametrize("name", ["pyproject.toml", "requirements.lock"])
def test_a_changed_file_installs_again(checkout: Checkout, name: str) -> None:
    checkout.set_up("run")
    checkout.told()
    (checkout.folder / name).write_text("changed")
    checkout.set_up("run")
    assert checkout.told() == [RUN, SELF]


def test_an_interrupted_set_up_starts_afresh(checkout: Checkout) -> None:
    checkout.set_up()
    checkout.told()
    # No process has this number: Linux ends at 4194304, others far below.
    (checkout.folder / ".venv" / ".unfinished").write_text("99999999")
    done = checkout.set_up()
    assert "interrupted" in done.stderr
    assert checkout.told() == [MADE, RUN, SELF]


def test_two_set_ups_do_not_meet(checkout: Checkout) -> None:
    checkout.set_up()
    checkout.told()
    (checkout.folder / ".venv" / ".unfinished").write_text(str(os.getpid()))
    done = checkout.set_up()
    assert done.returncode != 0
    assert f"process {os.getpid()}" in done.stderr
    assert checkout.told() == []


def test_packages_that_could_not_be_installed_are_asked_for_again(checkout: Checkout) -> None:
    failed = checkout.set_up(PIP_FAILS="1")
    assert failed.returncode != 0
    assert "pip could not install" in failed.stderr
    checkout.told()
    assert checkout.set_up().returncode == 0
    assert checkout.told() == [MADE, RUN, SELF]


def test_an_environment_whose_python_is_gone_is_replaced(checkout: Checkout) -> None:
    checkout.set_up()
    checkout.told()
    python = checkout.folder / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nonexistent/python")
    assert "replacing" in checkout.set_up().stderr
    assert checkout.told() == [MADE, RUN, SELF]


def test_an_environment_that_was_moved_is_replaced(checkout: Checkout, tmp_path: Path) -> None:
    checkout.set_up()
    checkout.told()
    moved = Checkout(folder=checkout.folder.rename(tmp_path / "moved"), bin=checkout.bin)
    (moved.folder / "requirements.lock").write_text("changed")
    assert "replacing" in moved.set_up().stderr
    assert moved.told() == [MADE, RUN, SELF]


def test_virtualenv_stands_in_for_an_incomplete_venv(checkout: Checkout) -> None:
    assert checkout.set_up(NO_VENV="1").returncode == 0
    assert checkout.told() == ["-m virtualenv --quiet .venv", RUN, SELF]


def test_without_either_the_one_package_to_install_is_named(checkout: Checkout) -> None:
    done = checkout.set_up(NO_VENV="1", NO_VIRTUALENV="1")
    assert done.returncode != 0
    assert "apt install python3-venv" in done.stderr
    assert checkout.told() == []
    assert not (checkout.folder / ".venv").exists()


def test_an_old_python_is_refused_with_the_version_that_is_needed(checkout: Checkout) -> None:
    done = checkout.set_up(OLD="1")
    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in done.stderr
    assert not (checkout.folder / ".venv").exists()
