"""A Dockerfile read, and replayed without Docker: each stage is an overlay over this machine's own root.

What a RUN writes lands in the stage's folder and nowhere else; COPY takes from a folder that holds what the
build is given; a CMD runs as the stage's user, on a root that cannot be written to. Python is this machine's.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

KNOWN = {
    "ARG", "FROM", "ENV", "WORKDIR", "COPY", "RUN", "USER", "EXPOSE", "HEALTHCHECK", "CMD",
}  # fmt: skip
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# How this machine's pip finds packages; an image has its own.
PIP = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_CERT", "PIP_DEFAULT_TIMEOUT")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
OVERLAY = """
set -e
mount -t overlay overlay -o "lowerdir=/,upperdir=$STAGE/root,workdir=$STAGE/work" "$STAGE/seen"
if [ -n "$READ_ONLY" ]; then
    mkdir -p "$READ_ONLY"
    mount -o remount,ro "$STAGE/seen"
    mount --bind "$READ_ONLY" "$STAGE/seen/data"
fi
mount --rbind /proc "$STAGE/seen/proc"
mount --rbind /dev "$STAGE/seen/dev"
mount -t tmpfs tmpfs "$STAGE/seen/tmp"
exec chroot --userspec="$AS" "$STAGE/seen" env -i --chdir="$IN" "$@"
"""


@dataclass(frozen=True)
class Step:
    """One instruction: its word and what follows it."""

    word: str
    rest: str


@dataclass
class Stage:
    """One FROM and what follows, with what it comes to at its end."""

    name: str
    base: str
    steps: list[Step] = field(default_factory=list)
    environ: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    user: str = "0:0"
    ports: list[int] = field(default_factory=list)
    command: Sequence[str] = ()
    health: Sequence[str] = ()


def steps_of(text: str) -> Iterator[Step]:
    """The instructions of a Dockerfile; comments stand on lines of their own."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(" ")
            assert word in KNOWN, f"{word} is not replayed"
            yield Step(word, rest.strip())


def stages_of(text: str) -> dict[str, Stage]:
    """The stages in order, each with what it inherits."""
    stages: dict[str, Stage] = {}
    arguments: dict[str, str] = {}
    for step in steps_of(text):
        if step.word == "ARG":
            name, _, value = step.rest.partition("=")
            arguments[name] = value
        elif step.word == "FROM":
            base, said, name = step.rest.split()
            assert said == "AS"
            base = re.sub(r"\$\{(\w+)\}", lambda found: arguments[found[1]], base)
            stages[name] = _begun(name, base, stages.get(base))
        else:
            _note(next(reversed(stages.values())), step)
    return stages


def _begun(name: str, base: str, before: Stage | None) -> Stage:
    if before is None:
        return Stage(name, base, environ={"PATH": PATH})
    return Stage(name, base, environ=dict(before.environ), folder=before.folder, user=before.user)


def _note(stage: Stage, step: Step) -> None:
    stage.steps.append(step)
    match step.word:
        case "ENV":
            for pair in shlex.split(step.rest):
                name, _, value = pair.partition("=")
                stage.environ[name] = value.replace("$PATH", stage.environ["PATH"])
        case "WORKDIR":
            stage.folder = step.rest
        case "USER":
            stage.user = step.rest
        case "EXPOSE":
            stage.ports.append(int(step.rest))
        case "CMD":
            stage.command = json.loads(step.rest)  # exec form, or it is no JSON
        case "HEALTHCHECK":
            stage.health = json.loads(step.rest.partition("CMD ")[2])


def copied(step: Step) -> tuple[str | None, list[str], str]:
    """Of a COPY: the stage it takes from or None, what, and where to."""
    words = step.rest.split()
    source = words.pop(0).removeprefix("--from=") if words[0].startswith("--from=") else None
    return source, words[:-1], words[-1]


def is_given(name: str, ignore: str) -> bool:
    """Whether a .dockerignore lets the build see a file: the last line that fits decides."""
    given = True
    for line in ignore.splitlines():
        pattern = line.strip()
        if pattern and not pattern.startswith("#"):
            said = pattern.removeprefix("!").removeprefix("**/")
            parts = [name, *map(str, Path(name).parents)]
            tails = [name, Path(name).name] if "**/" in pattern else parts
            tails += list(Path(name).parts) if "**/" in pattern else []
            if any(fnmatch.fnmatch(part, said) for part in tails):
                given = pattern.startswith("!")
    return given


class Replay:
    """The stages of one Dockerfile as folders; `context` is what the build is given."""

    def __init__(self, stages: Mapping[str, Stage], context: Path, folder: Path) -> None:
        self._stages, self._context, self._folder = stages, context, folder
        self._built: set[str] = set()

    def root(self, stage: str) -> Path:
        """What this stage wrote, as a tree."""
        return self._folder / stage / "root"

    def build(self, name: str) -> None:
        """Go through a stage, after those that it needs."""
        if name in self._built:
            return
        stage = self._stages[name]
        place = self._folder / name
        for part in ("work", "seen"):
            (place / part).mkdir(parents=True)
        if stage.base in self._stages:
            self.build(stage.base)
            shutil.copytree(self.root(stage.base), self.root(name), symlinks=True)
            _own_alike(self.root(stage.base), self.root(name))
        else:
            self._begin(self.root(name))
        self._go_through(stage)
        self._built.add(name)

    def _begin(self, root: Path) -> None:
        """What a Python image has: `python` in the path, for every user."""
        programs = root / "usr" / "local" / "bin"
        programs.mkdir(parents=True)
        python = Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}").resolve()
        # No link: an environment made by one would look for its library beside the link.
        (programs / "python").write_text(f'#!/bin/sh\nexec {python} "$@"\n')
        (programs / "python").chmod(0o755)
        for part in reversed(python.parents):  # may lie in a home that is shut to others
            if part != Path("/"):
                there = root / part.relative_to("/")
                there.mkdir(exist_ok=True)
                there.chmod(0o755)

    def _go_through(self, stage: Stage) -> None:
        folder = "/"
        for step in stage.steps:
            if step.word == "WORKDIR":
                folder = step.rest
                (self.root(stage.name) / folder.lstrip("/")).mkdir(parents=True, exist_ok=True)
            elif step.word == "COPY":
                self._copy(stage, step, folder)
            elif step.word == "RUN":
                self._run(stage, step.rest, folder)

    def _copy(self, stage: Stage, step: Step, folder: str) -> None:
        source, names, target = copied(step)
        if source is not None:
            self.build(source)
        base = self._context if source is None else self.root(source)
        to = self.root(stage.name) / os.path.normpath(
            f"{folder}/{target}" if target[0] != "/" else target
        ).lstrip("/")
        for name in names:
            what = base / name.lstrip("/")
            if what.is_dir():
                # Links where both lie here: a stage that is done is not written to any more.
                how = shutil.copy2 if source is None else os.link
                shutil.copytree(what, to, symlinks=True, dirs_exist_ok=True, copy_function=how)
            else:
                to.mkdir(parents=True, exist_ok=True)
                shutil.copy(what, to)

    def _run(self, stage: Stage, line: str, folder: str) -> None:
        environ = (
            stage.environ
            | {"HOME": "/root"}
            | {name: os.environ[name] for name in (*PIP, *PROXIES) if name in os.environ}
        )
        environ.pop("PIP_NO_CACHE_DIR", None)  # this machine's own cache may be used
        environ["PIP_COMPILE"] = "0"  # a third of the time, and the programs are the same without
        with self.started(stage, ["bash", "-c", line], environ=environ, folder=folder) as running:
            told, _ = running.communicate(timeout=600)
        assert running.returncode == 0, f"RUN {line}\n{told[-4_000:]}"

    @contextmanager
    def started(
        self,
        stage: Stage,
        command: Sequence[str],
        *,
        environ: Mapping[str, str],
        folder: str | None = None,
        data: Path | None = None,
    ) -> Iterator[subprocess.Popen[str]]:
        """Start a program in a stage; with `data` as a container runs: as its user, its root shut, and
        only that folder, seen as /data, to write to. No process is left behind.
        """
        place = self._folder / stage.name
        settings = {
            "STAGE": str(place),
            "READ_ONLY": "" if data is None else str(data),
            "AS": "0:0" if data is None else stage.user,
            "IN": stage.folder if folder is None else folder,
            "PATH": PATH,
        }
        pairs = [f"{name}={value}" for name, value in environ.items()]
        running = subprocess.Popen(
            ["unshare", "--mount", "bash", "-c", OVERLAY, "bash", *pairs, *command],
            env=settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield running
        finally:
            running.kill()
            running.communicate()


def _own_alike(before: Path, after: Path) -> None:
    """Give copies the owners of their originals, which `copytree` leaves out."""
    for path in (before, *before.rglob("*")):
        owner = path.lstat()
        os.chown(
            after / path.relative_to(before), owner.st_uid, owner.st_gid, follow_symlinks=False
        )
