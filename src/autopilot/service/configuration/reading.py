"""A configuration file -> a checked WorkspaceDocument, or every problem in it at once."""

from __future__ import annotations

import difflib
import inspect
import typing
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pydantic import BaseModel, ValidationError

from autopilot.domain.document import known_zone
from autopilot.domain.recurrence.rules import parse_rule
from autopilot.domain.specification import DISAGREEMENT, WorkspaceDocument
from autopilot.errors import DocumentInvalid, Problem, RuleInvalid
from autopilot.service.configuration.identities import disagreements
from autopilot.service.configuration.plain import entry, listed
from autopilot.service.configuration.yaml_text import YamlText, read_yaml

# What a key accepts and an example that works, for messages about it.
ACCEPTED: Mapping[str, tuple[str, str]] = {
    "workspace": ("lower-case letters, digits and hyphens", "workspace: acme"),
    "slug": ("lower-case letters, digits and hyphens", "slug: energy-weekly"),
    "name": ("1 to 200 characters", "name: Energy Weekly"),
    "timezone": ("an IANA time zone", "timezone: Europe/Berlin"),
    "color": ("six hexadecimal digits", 'color: "#0f766e"'),
    "language": ("a language code", "language: en"),
    "cadence": ("daily, weekly, monthly", "cadence: weekly"),
    "writer": ("auto, extractive, openai", "writer: auto"),
    "url": ("an absolute http or https address", 'url: "https://example.org/feed.xml"'),
    "region": ("the id of a region of this specification", "region: DE"),
    "local": ("true, false", "local: true"),
    "enabled": ("true, false", "enabled: false"),
    "keywords": ("a list of words or phrases", "keywords: [grid, heat pump]"),
    "categories": (
        "a list with at least one category",
        "categories: [{id: grid, name: Power grid, keywords: [grid]}]",
    ),
    "sources": ("a list of feeds", 'sources: [{url: "https://example.org/feed.xml"}]'),
    "schedules": (
        "a list of schedules",
        'schedules: [{name: Monday nine, type: weekly, config: {days: [mon], times: ["09:00"]}}]',
    ),
    "type": ("daily, weekly, monthly, custom", "type: weekly"),
    "config": ("the keys of its type", 'config: {days: [mon], times: ["09:00"]}'),
    "min_stories": ("0 to 50", "min_stories: 1"),
    "max_stories": ("1 to 50", "max_stories: 5"),
}


def read_document(text: str) -> WorkspaceDocument:
    """Return the checked document; raises DocumentInvalid with every problem and its place."""
    document, problems = checked(read_yaml(text))
    if problems or document is None:
        raise DocumentInvalid(
            f"The file has {len(problems)} problem{'s' * (len(problems) != 1)}; nothing was applied:",
            sorted(problems, key=lambda item: (item.line or 0, item.column or 0)),
            hint="Mend them and apply the file again.",
        )
    return document


def checked(parsed: YamlText) -> tuple[WorkspaceDocument | None, list[Problem]]:
    """Return the document, or None, and every problem of it."""
    problems = list(parsed.problems)
    document: WorkspaceDocument | None = None
    faults: list[typing.Any] = []
    try:
        document = WorkspaceDocument.model_validate(parsed.value)
    except ValidationError as error:
        faults = error.errors()
    problems += [_problem(item, parsed) for item in _own_faults(faults)]
    told = (*disagreements(parsed.value), *_rule_problems(parsed.value))
    problems += [_placed(problem, parsed) for problem in told]
    if document is None and not problems:  # what disagrees and is named nowhere else
        problems = [_problem(item, parsed) for item in faults]
    return document, problems


def _own_faults(errors: Sequence[typing.Any]) -> Iterator[typing.Any]:
    """The errors that are not told better elsewhere.

    A list whose items are wrong is also "too short", and disagreements are named place by place.
    """
    at_or_below = Counter(
        item["loc"][:length] for item in errors for length in range(len(item["loc"]) + 1)
    )
    for item in errors:
        inner = at_or_below[item["loc"]] > 1
        if item["type"] != DISAGREEMENT and not (item["type"] == "too_short" and inner):
            yield item


def _problem(error: typing.Any, parsed: YamlText) -> Problem:
    """One pydantic error as a sentence for a person."""
    loc: Sequence[str | int] = error["loc"]
    path = _path(loc)
    key = next((str(part) for part in reversed(loc) if isinstance(part, str)), "")
    if error["type"] == "extra_forbidden":
        return _placed(_unknown_key(loc, path, key), parsed)
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "missing":
        message = "is missing"
    elif error["type"] in {"model_type", "model_attributes_type", "dict_type"}:
        message = "must be a mapping of keys to values"
    elif error["type"] == "tuple_type":
        message = "must be a list"
    elif error["type"] == "string_pattern_mismatch":
        message = f"{error['input']!r} does not have the right form"
    elif error["type"] == "string_type":
        message = f"{error['input']!r} must be text; put it in quotes"
    allowed, example = ACCEPTED.get(key, (None, None))
    return _placed(Problem(path=path, message=message, allowed=allowed, example=example), parsed)


def _unknown_key(loc: Sequence[str | int], path: str, key: str) -> Problem:
    known = sorted(_model_at(loc[:-1]).model_fields)
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    meant = f"; did you mean {near[0]!r}?" if near else ""
    return Problem(path=path, message=f"unknown key{meant}", allowed=", ".join(known))


def _model_at(loc: Sequence[str | int]) -> type[BaseModel]:
    """The document model that a location lies in."""
    model: type[BaseModel] = WorkspaceDocument
    for part in loc:
        if isinstance(part, str) and part in model.model_fields:
            found = next(_models(model.model_fields[part].annotation), None)
            model = found or model
    return model


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in typing.get_args(annotation):
        yield from _models(inner)


def _rule_problems(value: object) -> Iterator[Problem]:
    """What is wrong with the rules, found even where other parts of the file are wrong too."""
    zone = _zone(entry(value, "timezone"), "UTC")
    for place, specification in enumerate(listed(value, "specifications")):
        for number, schedule in enumerate(listed(specification, "schedules")):
            kind, config = entry(schedule, "type"), entry(schedule, "config")
            if not isinstance(kind, str) or not isinstance(config, Mapping):
                continue  # told already by the document's own check
            try:
                parse_rule(kind, config, _zone(entry(schedule, "timezone"), zone))
            except RuleInvalid as error:
                where = f"specifications[{place}].schedules[{number}]"
                for problem in error.problems:
                    yield replace(problem, path=f"{where}.{problem.path}")


def _zone(name: object, otherwise: str) -> str:
    try:
        return known_zone(name) if isinstance(name, str) else otherwise
    except ValueError:
        return otherwise  # told already by the document's own check


def _path(loc: Sequence[str | int]) -> str:
    path = ""
    for part in loc:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def _placed(problem: Problem, parsed: YamlText) -> Problem:
    place = parsed.place(problem.path)
    return problem if place is None else replace(problem, line=place[0], column=place[1])
