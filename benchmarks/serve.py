"""Serve: a worker that works until it is killed; other measures watch it from outside."""

from __future__ import annotations

from benchmarks.case import Case
from benchmarks.marker import open_markers
from benchmarks.peers import open_peer


def measure(case: Case) -> dict[str, float]:
    """Work without end."""
    open_markers(case.like(count=0))
    open_peer(case).work()
    raise RuntimeError("the worker ended by itself")
