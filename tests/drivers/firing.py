"""A firing: how one driver is made to fire once, with its real component."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from drivers.scene import Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """A driver in the contract.

    `fire` makes it fire once, or more often, and returns when that has ended well: its programs have
    stopped and no run is open. It is called again, and by two threads at once. `needs` names fixtures
    of tests (such as `redis_url`) and the setting by which each is told to the programs.
    """

    name: str
    fire: Callable[[Scene], None]
    needs: Mapping[str, str] = field(default_factory=dict)
