"""Rules for the repository as a whole: what no file may name, how modules look, what locks promise."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from required import missing

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "autopilot"
MODULES = sorted(PACKAGE.rglob("*.py"))
# A migration is one change of the schema in one file, however long, and is never edited again.
MIGRATIONS = PACKAGE / "store" / "migrations" / "versions"

# In parts, so that this file does not name what it forbids.
REGISTRY_HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pypi", "python", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("unpkg", "com"),
        ("jsdelivr", "net"),
        ("deb", "debian", "org"),
        ("ftp", "debian", "org"),
        ("security", "debian", "org"),
        ("apt", "postgresql", "org"),
        ("archive", "ubuntu", "com"),
        ("ports", "ubuntu", "com"),
        ("anaconda", "org"),
        ("anaconda", "com"),
        ("ghcr", "io"),
        ("gcr", "io"),
        ("quay", "io"),
        ("docker", "io"),
        ("hub", "docker", "com"),
        ("pkg", "github", "com"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
        ("rubygems", "org"),
        ("maven", "org"),
        ("maven", "apache", "org"),
    )
)
# A checkout directly under the root, like a container's, has a name that documents may use too.
MACHINE_PATHS = tuple(
    f"{path}/"
    for path, least in ((ROOT, 3), (Path.home().resolve(), 2))
    if len(path.parts) >= least
)

BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}
LONGEST_MODULE = 350
# Modules that are longer on purpose, each with its reason.
LONGER_ON_PURPOSE: dict[str, str] = {}


def forbidden_names(text: str) -> list[str]:
    """Returns the registry hosts and the places on this machine that `text` names."""
    return [*forbidden_pattern().findall(text.lower())]


@functools.cache
def forbidden_pattern() -> re.Pattern[str]:
    hosts = "|".join(re.escape(host) for host in REGISTRY_HOSTS)
    paths = "|".join(re.escape(path.lower()) for path in MACHINE_PATHS)
    return re.compile(rf"(?<![a-z0-9-])(?:{hosts})(?![a-z0-9-])|(?<![a-z0-9_.-])(?:{paths})")


def committed_files() -> Iterator[Path]:
    """Yields every file that is in git or would be with `git add --all`."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        missing("these files are not in a git checkout, or git is not installed")
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            yield ROOT / name


def test_no_committed_file_names_a_registry_host_or_a_place_on_this_machine() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in committed_files()
        for name in forbidden_names(f"{path.name}\n{path.read_text(errors='replace')}")
    }
    assert sorted(found) == []


@pytest.mark.parametrize("name", [*REGISTRY_HOSTS, *MACHINE_PATHS])
def test_a_planted_name_is_found(name: str, tmp_path: Path) -> None:
    planted = tmp_path / "planted.toml"
    planted.write_text(f'index = "https://user@{name.strip("/")}/simple"\nplace = "{name}x"\n')
    assert name.lower() in forbidden_names(planted.read_text())


@pytest.mark.parametrize("host", REGISTRY_HOSTS)
def test_a_planted_subdomain_is_found(host: str) -> None:
    assert forbidden_names(f"https://mirror.{host.upper()}:443/x") == [host]


@pytest.mark.parametrize("text", ["https://example.org/feed.xml", "a1crates.iox", "my-quay.iota"])
def test_ordinary_text_names_nothing_forbidden(text: str) -> None:
    assert forbidden_names(text) == []


def module_names() -> list[str]:
    return [str(path.relative_to(PACKAGE.parent)) for path in MODULES]


def test_no_module_has_a_name_that_says_nothing() -> None:
    banned = [name for name in module_names() if BANNED_NAMES & {*Path(name).with_suffix("").parts}]
    assert banned == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in MODULES
        if not ast.get_docstring(ast.parse(path.read_bytes()))
    ]
    assert silent == []


def test_no_module_grows_too_long() -> None:
    lengths = {
        name: len(path.read_text(encoding="utf-8").splitlines())
        for name, path in zip(module_names(), MODULES, strict=True)
        if path.parent != MIGRATIONS
    }
    assert {
        name: length
        for name, length in lengths.items()
        if length > LONGEST_MODULE and name not in LONGER_ON_PURPOSE
    } == {}
    assert [name for name in LONGER_ON_PURPOSE if lengths.get(name, 0) <= LONGEST_MODULE] == []


def test_imports_point_down_only() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    told = subprocess.run(
        [linter, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stdout + told.stderr


def read_lock(name: str) -> dict[str, list[Version]]:
    """Returns the versions that the lock file allows for each package, by canonical name."""
    pins: dict[str, list[Version]] = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if not line.startswith((" ", "#")):
            requirement = Requirement(line.removesuffix("\\"))
            [pin] = requirement.specifier
            assert pin.operator == "==", line
            pins.setdefault(canonicalize_name(requirement.name), []).append(Version(pin.version))
    return pins


def direct_requirements(*groups: str) -> list[Requirement]:
    """Returns what pyproject.toml asks for: to build and run, and in these dependency groups."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lines = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["postgres"],
    ]
    for group in groups:
        lines += [line for line in project["dependency-groups"][group] if isinstance(line, str)]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize(
    ("lock", "groups"), [("requirements.lock", ()), ("requirements-dev.lock", ("dev",))]
)
def test_the_locks_hold_what_pyproject_asks_for(lock: str, groups: tuple[str, ...]) -> None:
    pins = read_lock(lock)
    apart = [
        str(requirement)
        for requirement in direct_requirements(*groups)
        if not pins.get(canonicalize_name(requirement.name))
        or not all(
            requirement.specifier.contains(version, prereleases=True)
            for version in pins[canonicalize_name(requirement.name)]
        )
    ]
    assert apart == [], "run `make lock`"


def test_both_locks_agree() -> None:
    small, large = read_lock("requirements.lock"), read_lock("requirements-dev.lock")
    assert {name: large.get(name) for name in small} == small, "run `make lock`"


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_pin_has_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"(?m)^-", text)
    entries = re.split(r"(?m)^(?=\S)", text)[1:]
    assert [entry for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}", entry)] == []


@pytest.mark.parametrize("command", ["make demo", "make test"])
def test_the_readme_names_the_two_commands(command: str) -> None:
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")
