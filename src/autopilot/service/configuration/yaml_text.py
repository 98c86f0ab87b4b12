"""YAML text <-> plain values, with the place of each, so that a problem can name its line.

Read as YAML 1.2 reads it: `NO` is Norway and not false, `10:30` is a time and not 630. Size, depth
and aliases are bounded, and a key that stands twice is a problem, not a silent loss.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field

import yaml

from autopilot.errors import DocumentInvalid, Problem

MAX_CHARACTERS = 2_000_000
MAX_VALUES = 200_000  # counted after aliases are followed, so that an alias bomb ends early
MAX_DEPTH = 30
INTEGER = "tag:yaml.org,2002:int"
PLAIN_COLLECTIONS = frozenset({"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})


class _Loader(yaml.SafeLoader):
    """The safe loader with the scalars of YAML 1.2's core schema."""

    def close(self) -> None:
        """Free what the parser holds."""
        self.dispose()


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first)
    )


class _Dumper(yaml.SafeDumper):
    """Quotes text that our reader, or one of YAML 1.1, would take for something else."""


_Dumper.yaml_implicit_resolvers = {
    first: [
        *yaml.SafeDumper.yaml_implicit_resolvers.get(first, ()),
        *_Loader.yaml_implicit_resolvers.get(first, ()),
    ]
    for first in {*yaml.SafeDumper.yaml_implicit_resolvers, *_Loader.yaml_implicit_resolvers}
}


@dataclass(slots=True)
class YamlText:
    """A parsed text: `value` is plain Python, `places` maps a path to its (line, column) from 1."""

    value: object
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: str) -> tuple[int, int] | None:
        """Return where a path stands, or where the nearest thing around it does."""
        while path and path not in self.places:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.places.get(path)


def read_yaml(text: str) -> YamlText:
    """Parse YAML text; raises DocumentInvalid when it is no YAML, too large or too deep."""
    if len(text) > MAX_CHARACTERS:
        raise DocumentInvalid(
            f"The file has {len(text):,} characters; {MAX_CHARACTERS:,} is the most."
        )
    try:
        with closing(_Loader(text)) as loader:
            node = loader.get_single_node()
            reading = _Reading(loader)
            value = None if node is None else reading.value(node, "", 0)
    except yaml.MarkedYAMLError as error:
        raise DocumentInvalid("The file is not valid YAML:", [_syntax(error)]) from error
    except yaml.reader.ReaderError as error:
        raise DocumentInvalid("The file is not valid YAML:", [_unreadable(error, text)]) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DocumentInvalid(
            "The file is not valid YAML:", [Problem(path="", message=str(error))]
        ) from error
    return YamlText(value=value, places=reading.places, problems=reading.problems)


def write_yaml(value: object) -> str:
    """Return plain values as YAML text that `read_yaml` reads back to equal ones."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return text


class _Reading:
    """One walk over the node tree."""

    def __init__(self, loader: _Loader) -> None:
        self._loader = loader
        self._count = 0
        self.places: dict[str, tuple[int, int]] = {}
        self.problems: list[Problem] = []

    def value(self, node: yaml.Node, path: str, depth: int) -> object:
        self._count += 1
        if depth > MAX_DEPTH or self._count > MAX_VALUES:
            raise ValueError(f"nested deeper than {MAX_DEPTH} or more than {MAX_VALUES:,} values")
        self.places.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
        if isinstance(node, yaml.CollectionNode) and node.tag not in PLAIN_COLLECTIONS:
            raise yaml.MarkedYAMLError(
                problem=f"the tag {node.tag} means nothing here", problem_mark=node.start_mark
            )
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, yaml.SequenceNode):
            return [
                self.value(item, f"{path}[{place}]", depth + 1)
                for place, item in enumerate(node.value)
            ]
        return self._scalar(node)

    def _scalar(self, node: yaml.Node) -> object:
        try:
            if node.tag == INTEGER:
                return int(node.value)  # PyYAML reads 010 as YAML 1.1 did, as eight
            scalar: object = self._loader.construct_object(node)
        except (ValueError, LookupError, AttributeError) as error:  # a tag its value does not fit
            raise yaml.MarkedYAMLError(
                problem=f"{str(node.value)[:40]!r} cannot be read as {node.tag.rpartition(':')[2]}",
                problem_mark=node.start_mark,
            ) from error
        return scalar

    def _mapping(self, node: yaml.MappingNode, path: str, depth: int) -> Mapping[str, object]:
        found: dict[str, object] = {}
        for key_node, value_node in node.value:
            key = str(self._loader.construct_object(key_node))
            inner = f"{path}.{key}" if path else key
            if key in found:
                self._twice(key_node, inner)
            self.places[inner] = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            found[key] = self.value(value_node, inner, depth + 1)
        return found

    def _twice(self, node: yaml.Node, path: str) -> None:
        self.problems.append(
            Problem(
                path=path,
                message="this key stands twice; only one can count",
                line=node.start_mark.line + 1,
                column=node.start_mark.column + 1,
            )
        )


def _syntax(error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    return Problem(
        path="",
        message=error.problem or str(error),
        line=mark.line + 1 if mark else None,
        column=mark.column + 1 if mark else None,
    )


def _unreadable(error: yaml.reader.ReaderError, text: str) -> Problem:
    before = text[: error.position]
    return Problem(
        path="",
        message=f"the character U+{error.character:04X} cannot stand in a YAML file",
        line=before.count("\n") + 1,
        column=len(before) - before.rfind("\n"),
    )
