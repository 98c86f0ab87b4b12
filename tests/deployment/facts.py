"""What deployment files may say, by the program itself: its commands, its settings, its addresses."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from pathlib import Path

from faces.test_docs import parse

from autopilot.settings import VARIABLES

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {variable.name for variable in VARIABLES} | {"DATABASE_URL", "PORT"}
SETTINGS |= {f"{name}_FILE" for name in SETTINGS}
OURS = re.compile(r"^(AUTOPILOT_|OPENAI_|DATABASE_URL)")


def understands(command: str | Iterable[str]) -> list[str]:
    """The arguments of a start line, which the program or a file of the root must understand."""
    words = shlex.split(command) if isinstance(command, str) else list(command)
    while "=" in words[0]:
        del words[0]
    if words[:2] == ["python", "autopilot_worker.py"]:
        assert (ROOT / "autopilot_worker.py").exists()
        words[:2] = ["autopilot", "worker"]
    if words[:3] == ["python", "-m", "autopilot"]:
        words[:3] = ["autopilot"]
    program, *arguments = words
    assert Path(program).name == "autopilot", command
    parse(arguments, complete=True)
    return arguments


def are_settings(names: Iterable[str]) -> None:
    """Every name that looks like one of ours is one."""
    assert {name for name in names if OURS.match(name)} - SETTINGS == set()


def installs_a_file_there_is(command: str) -> None:
    """A build line names requirement files that exist."""
    named = re.findall(r"-r (\S+)", command)
    assert named
    for name in named:
        assert (ROOT / name).exists(), name
