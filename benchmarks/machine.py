"""Machine: where figures come from - processor, memory, versions of everything measured."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.peers import PEERS

ALSO = ("sqlalchemy", "psycopg", "cronsim", "croniter", "python-dateutil", "redis", "tzdata")


def describe(postgres: str | None) -> dict[str, str]:
    """Return what a reader needs to judge the figures, by name."""
    return {
        "processor": f"{os.cpu_count()} x {_processor()}",
        "memory": f"{_memory_gib():.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "PostgreSQL": postgres or "none",
        "Redis": _redis(),
        **packages(),
    }


def packages() -> dict[str, str]:
    """Return the installed version of every package measured or used."""
    names = [entry.package for entry in PEERS.values() if entry.package]
    found = {}
    for name in dict.fromkeys([*names, *ALSO]):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _redis() -> str:
    program = shutil.which("redis-server")
    if program is None:
        return "none"
    asked = [program, "--version"]
    told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout  # noqa: S603
    return told.split("v=", 1)[1].split()[0]
