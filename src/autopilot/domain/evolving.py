"""Evolving: a frozen value with some of its fields changed, where thousands of them change at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

T = TypeVar("T")
_set = object.__setattr__  # a frozen value's own way out, which its __init__ takes too


def evolve(value: T, **changes: object) -> T:
    """Return a copy with these fields changed, as `dataclasses.replace` does in three times the time.

    For dataclasses with slots whose fields are all given to `__init__`, and which check nothing there.
    """
    kind: Any = type(value)
    read, writers = _parts(kind)
    copy: T = object.__new__(kind)
    for write, content in zip(writers, read(value), strict=True):
        write(copy, content)
    for name, content in changes.items():
        _set(copy, name, content)
    return copy


@cache
def _parts(kind: Any) -> tuple[Callable[[Any], Any], Sequence[Callable[[Any, Any], None]]]:
    names = [field.name for field in fields(kind)]
    return attrgetter(*names), [getattr(kind, name).__set__ for name in names]
