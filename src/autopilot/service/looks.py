"""Looks: the templates that a newsletter can have - ours, and those in the data folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autopilot.service.edition import template_file

_ENDING = ".html.j2"
MOST = 200


def template_names() -> Sequence[str]:
    """Return the names of the templates that come with Autopilot, the usual one first."""
    from autopilot.domain.specification import DEFAULT_TEMPLATE
    from autopilot.pipeline.render import TEMPLATES

    return sorted(TEMPLATES, key=lambda name: (name != DEFAULT_TEMPLATE, name))


def own_templates(data_dir: Path) -> Sequence[str]:
    """Return the names of the workspace's own templates; none where there is no folder of them."""
    folder = template_file(data_dir, "any").parent
    if not folder.is_dir():
        return ()
    found = sorted(file.name.removesuffix(_ENDING) for file in folder.glob(f"*{_ENDING}"))
    return [name for name in found if name not in template_names()][:MOST]
