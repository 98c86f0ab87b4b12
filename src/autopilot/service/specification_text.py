"""One specification as YAML text, and back: what a form shows, and what it takes from a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autopilot.domain.specification import Specification
from autopilot.errors import DocumentInvalid, Problem
from autopilot.service.configuration.plain import entry, listed
from autopilot.service.configuration.yaml_text import read_yaml, write_yaml
from autopilot.service.specifying import check_specification

MAX_BYTES = 8_000_000


def specification_yaml(values: Mapping[str, Any]) -> str:
    """Return values of a specification as YAML, in the order people write them; what is empty or a
    default is left out. The values need not be right.
    """
    told = {name: values[name] for name in Specification.model_fields if name in values}
    return write_yaml(_without_defaults(told, Specification))


def read_specification(content: bytes, *, slug: str) -> dict[str, Any]:
    """Return the values of the one specification a file holds, or of the one with this slug.

    Its schedules are left out. Raises DocumentInvalid with every problem, and for what is no YAML in
    UTF-8, too large, or no specification.
    """
    found = read_yaml(_text(content))
    if found.problems:
        raise DocumentInvalid("The file cannot be used:", found.problems)
    inside = listed(found.value, "specifications")
    chosen = next((it for it in inside if entry(it, "slug") == slug), None)
    chosen = chosen or (inside[0] if len(inside) == 1 else None if inside else found.value)
    if not isinstance(chosen, dict) or not chosen.keys() & set(Specification.model_fields):
        told = (
            "holds no specification" if not inside else f"holds none with the short name {slug!r}"
        )
        raise DocumentInvalid("The file cannot be used:", [Problem(path="", message=told)])
    document = check_specification({k: it for k, it in chosen.items() if k != "schedules"})
    return document.model_dump(mode="json", exclude={"schedules"})


def _text(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise DocumentInvalid(f"The file is larger than {MAX_BYTES:,} bytes.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentInvalid(
            f"The file is not UTF-8 text: byte {error.start + 1} cannot be read.",
            hint="Save it as UTF-8 and try again.",
        ) from error


def _without_defaults(values: Mapping[str, Any], model: type[Specification]) -> dict[str, Any]:
    defaults = {
        name: field.get_default(call_default_factory=True)
        for name, field in model.model_fields.items()
        if not field.is_required()
    }
    always = {"language", "cadence"}
    return {
        name: _bare(value)
        for name, value in values.items()
        if name in always or name not in defaults or not _is_default(value, defaults[name])
    }


def _is_default(value: Any, default: Any) -> bool:
    plain = default.model_dump(mode="json") if hasattr(default, "model_dump") else default
    plain = list(plain) if isinstance(plain, tuple) else plain
    return bool(value == plain) or value == {}


def _bare(value: Any) -> Any:
    """Without keys inside of it that hold nothing; 0 and false say something."""
    if isinstance(value, Mapping):
        return {key: _bare(it) for key, it in value.items() if it not in (None, "", [], ())}
    if isinstance(value, list | tuple):
        return [_bare(item) for item in value]
    return value
