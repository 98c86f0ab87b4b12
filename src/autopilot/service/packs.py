"""Packs: what there is to start from, as a person who chooses needs to see it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from autopilot.adapters.packs import pack_names, pack_text
from autopilot.domain.specification import WorkspaceDocument
from autopilot.service.configuration.reading import read_document


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A starter pack: its name, its newsletter's title, sections and cadence, how many feeds it reads."""

    name: str
    title: str
    sections: tuple[str, ...]
    cadence: str
    language: str
    feeds: int


@cache
def list_packs() -> tuple[Pack, ...]:
    """Return all packs by name."""
    return tuple(_pack(name) for name in pack_names())


@cache
def pack_document(name: str) -> WorkspaceDocument:
    """Return a pack's checked document; raises NotFound listing the packs there are."""
    return read_document(pack_text(name))


def _pack(name: str) -> Pack:
    first = pack_document(name).specifications[0]
    return Pack(
        name=name,
        title=first.name,
        sections=tuple(category.name for category in first.categories),
        cadence=first.cadence.value,
        language=first.language,
        feeds=len(first.sources),
    )
