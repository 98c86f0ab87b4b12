"""Write requirements-worker.lock: the part of requirements.lock that a worker needs, hashes and all.

A worker shows no pages, so the web framework of the web app and what builds the package stay away. What
depends on what is read from the packages that are installed here:

    python development/worker_lock.py            writes the file
    python development/worker_lock.py --check    ends with 1 where the file is another
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
WHOLE, PART = ROOT / "requirements.lock", ROOT / "requirements-worker.lock"
EXTRAS = ("postgres", "openai", "dkim")
HEAD = "# Written by development/worker_lock.py from requirements.lock: what a worker needs.\n"


def part_of_the_lock() -> str:
    """Return what the file has to be."""
    entries = _entries(WHOLE.read_text(encoding="utf-8"))
    needed = _closure(_asked_for(), entries)
    return HEAD + "".join(text for name, text in entries.items() if name in needed)


def _entries(lock: str) -> Mapping[str, str]:
    """The entries of a lock by canonical name; one with several versions is one entry."""
    found: dict[str, str] = {}
    for text in re.split(r"(?m)^(?=[A-Za-z0-9])", lock)[1:]:
        name = canonicalize_name(re.split(r"[=\[; ]", text, maxsplit=1)[0])
        found[name] = found.get(name, "") + text
    return found


def _asked_for() -> Iterator[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = list(project["dependencies"])
    for extra in EXTRAS:
        lines += project["optional-dependencies"][extra]
    return map(Requirement, lines)


def _closure(asked: Iterable[Requirement], entries: Mapping[str, str]) -> set[str]:
    """All that is asked for, and what that asks for, on whatever system."""
    needed: set[str] = set()
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = list(asked)
    while waiting:
        wanted = waiting.pop()
        name, extras = canonicalize_name(wanted.name), frozenset(wanted.extras)
        if name not in entries or (name, extras) in seen:
            continue
        seen.add((name, extras))
        needed.add(name)
        waiting += _asked_by(name, extras)
    return needed


def _asked_by(name: str, extras: frozenset[str]) -> Iterator[Requirement]:
    try:
        lines = requires(name) or []
    except PackageNotFoundError:  # one for another system: the lock names it, this machine has none
        return
    for requirement in map(Requirement, lines):
        if _is_of(requirement, extras):
            yield requirement


def _is_of(requirement: Requirement, extras: frozenset[str]) -> bool:
    """Whether it belongs to what was asked for; which system it is for is left to the installer."""
    named = re.findall(r"extra\s*==\s*[\"']([^\"']+)", str(requirement.marker or ""))
    asked = {canonicalize_name(extra) for extra in extras}
    return not named or any(canonicalize_name(extra) in asked for extra in named)


def main() -> int:
    """Write or check the file."""
    wanted = part_of_the_lock()
    if "--check" not in sys.argv[1:]:
        PART.write_text(wanted, encoding="utf-8")
        return 0
    if PART.exists() and PART.read_text(encoding="utf-8") == wanted:
        return 0
    sys.stderr.write("requirements-worker.lock is old: python development/worker_lock.py\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
