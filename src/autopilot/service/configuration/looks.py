"""Looks: whether each template a file names is one of ours, or one of its own that can be drawn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from autopilot.domain.specification import DEFAULT_TEMPLATE, WorkspaceDocument
from autopilot.errors import Problem


def unusable_templates(document: WorkspaceDocument, data_dir: Path) -> Iterator[Problem]:
    """Yield a problem for each template that is unknown, unreadable, or breaks when it is drawn."""
    for place, specification in enumerate(document.specifications):
        yield from unusable_template(
            specification.template, data_dir, f"specifications[{place}].template"
        )


def unusable_template(name: str, data_dir: Path, path: str) -> Iterator[Problem]:
    """Yield such a problem for one template, named at `path`."""
    if name == DEFAULT_TEMPLATE:
        return
    if told := _fault(name, data_dir):
        yield Problem(
            path=path,
            message=told,
            allowed="briefing, magazine, standard, or an own one in the data folder",
            example=DEFAULT_TEMPLATE,
        )


def _fault(name: str, data_dir: Path) -> str:
    # Late: most files name no template, and drawing one brings the whole renderer.
    from autopilot.pipeline.render import TEMPLATES, template_fault
    from autopilot.service.edition import template_file

    if name in TEMPLATES:
        return ""
    file = template_file(data_dir, name)
    try:
        return template_fault(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return f"there is no template {name!r}, and no file {file}"
    except (OSError, UnicodeDecodeError) as error:
        return f"the template {file} cannot be read: {error}"
