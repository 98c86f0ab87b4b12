"""The starter packs that come with Autopilot: configuration to start from, and sample feeds.

A pack is a folder `packs/NAME` with `pack.yaml` (the format of `autopilot apply`, with public
feeds) and `samples/` (invented news for a first look, listed in `sources.yaml`).
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from autopilot.errors import NotFound

DEFAULT_PACK = "energy"


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSource:
    """A sample feed: its file in the pack, and how a specification would list it."""

    file: str
    name: str
    region: str | None = None
    local: bool = False


def pack_names() -> tuple[str, ...]:
    """Return the names of all packs, sorted."""
    return tuple(sorted(pack.name for pack in _packs().iterdir() if _is_pack(pack)))


def pack_text(name: str) -> str:
    """Return a pack's YAML with its comments; raises NotFound listing the packs there are."""
    return (_pack(name) / "pack.yaml").read_text(encoding="utf-8")


def sample_sources(name: str) -> tuple[SampleSource, ...]:
    """Return a pack's sample feeds in the order of its `sources.yaml`."""
    import yaml

    listed: list[dict[str, Any]] = yaml.safe_load(
        (_samples(name) / "sources.yaml").read_text(encoding="utf-8")
    )
    return tuple(SampleSource(**source) for source in listed)


def sample_text(name: str, file: str) -> str:
    """Return one sample feed with its date placeholders; raises NotFound for a file not listed."""
    if file not in {source.file for source in sample_sources(name)}:
        raise NotFound(f"the pack {name} has no sample {file!r}")
    return (_samples(name) / file).read_text(encoding="utf-8")


def _packs() -> Traversable:
    return files("autopilot") / "packs"


def _pack(name: str) -> Traversable:
    if name not in pack_names():
        raise NotFound(
            f"there is no starter pack {name!r}", hint=f"packs: {', '.join(pack_names())}"
        )
    return _packs() / name


def _samples(name: str) -> Traversable:
    return _pack(name) / "samples"


def _is_pack(folder: Traversable) -> bool:
    return folder.is_dir() and (folder / "pack.yaml").is_file()
