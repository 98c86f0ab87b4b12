"""Drafts: what somebody is typing into the form, kept until it is saved or thrown away.

A draft is plain values, since what is typed need not be right yet. It outlives reruns, other pages
and refused saves; only its owner's session has it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from autopilot.domain.specification import Specification, SpecificationDocument
from autopilot.errors import DocumentInvalid, Problem
from autopilot.service.configuration.changes import differences
from autopilot.service.specifying import check_specification

MARK = "#"  # what tells one item of a list from another, however they are moved; never saved
NEW = "new"
LISTS = ("categories", "regions", "sources", "channels")
_marks = count(1)

Values = dict[str, Any]
Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bound:
    """A field of the form: the item and key it writes, and how its value is written there."""

    item: Item
    name: str
    kept: Callable[[Any], Any]


@dataclass(slots=True)
class Draft:
    """One specification being edited. `saved` is what the form was opened with ({} for a new one),
    `seen` its fingerprint; `told` are problems of the last refused save.
    """

    key: str
    values: Values
    saved: Values
    seen: str | None = None
    bound: dict[str, Bound] = field(default_factory=dict)
    told: tuple[Problem, ...] = ()
    locked: bool = False
    theirs: Values | None = None  # what somebody else saved meanwhile
    their_fingerprint: str | None = None

    @property
    def is_new(self) -> bool:
        """Whether nothing of it is stored yet."""
        return self.seen is None

    @property
    def categories(self) -> list[Item]:
        """The categories, in reading order."""
        return self.items("categories")

    @property
    def regions(self) -> list[Item]:
        """The regions."""
        return self.items("regions")

    @property
    def sources(self) -> list[Item]:
        """The sources."""
        return self.items("sources")

    def items(self, name: str) -> list[Item]:
        """Return a list of the document that can be changed in place."""
        found: list[Item] = self.values.setdefault(name, [])
        return found

    def part(self, name: str) -> Item:
        """Return a mapping of the document (voice, rules) that can be changed in place."""
        found: Item = self.values.setdefault(name, {})
        return found

    def plain(self) -> Values:
        """Return the values as they would be saved."""
        return unmarked(self.values)

    def changes(self) -> tuple[str, ...]:
        """Return a sentence for each key that differs from what was opened."""
        return () if self.is_new else sentences(self.saved, self.plain())

    @property
    def is_changed(self) -> bool:
        """Whether there is something to save."""
        return self.is_new or bool(self.changes())

    def checked(self) -> tuple[SpecificationDocument | None, tuple[Problem, ...]]:
        """Return the document, or None and everything that is wrong with it."""
        try:
            return check_specification(self.plain()), ()
        except DocumentInvalid as error:
            return None, error.problems

    def put(self, values: Values) -> None:
        """Take other values for all of it; the form shows them."""
        self.values = marked(values)

    def rebase(self) -> None:
        """Go on from what somebody else saved: keys changed here stay, all others become theirs."""
        if self.theirs is None:
            return
        mine = self.plain()
        changed = {key for key in mine if mine[key] != self.saved.get(key)}
        merged = self.theirs | {key: mine[key] for key in changed}
        self.saved, self.seen = self.theirs, self.their_fingerprint
        self.theirs = self.their_fingerprint = None
        self.put(merged)


def opened(key: str, document: SpecificationDocument, seen: str) -> Draft:
    """Return the draft of a stored specification."""
    values = complete(document.model_dump(mode="json", exclude={"schedules"}))
    return Draft(key=key, values=marked(values), saved=values, seen=seen)


def begun(values: Values, key: str) -> Draft:
    """Return the draft of a new specification."""
    return Draft(key=key, values=marked(complete(values)), saved={})


def complete(values: Values) -> Values:
    """Return values with every key of a specification, and every part of them filled up."""
    from autopilot.domain.editorial import Rules, Voice

    defaults: Values = {
        name: field.get_default(call_default_factory=True)
        for name, field in Specification.model_fields.items()
        if not field.is_required()
    }
    plain = json.loads(json.dumps(defaults, default=_plain))
    whole: Values = plain | deepcopy(values)
    whole["voice"] = Voice().model_dump(mode="json") | (whole.get("voice") or {})
    whole["rules"] = Rules().model_dump(mode="json") | (whole.get("rules") or {})
    return {name: whole[name] for name in Specification.model_fields if name in whole}


def marked(values: Values) -> Values:
    """Return values whose listed items each have a mark of their own."""
    found = deepcopy(values)
    for name in LISTS:
        found[name] = [{**item, MARK: item.get(MARK) or new_mark()} for item in found.get(name, [])]
    return found


def unmarked(values: Values) -> Values:
    """Return values as they are saved."""
    found = {
        name: [_bare(item) for item in value] if name in LISTS else deepcopy(value)
        for name, value in values.items()
    }
    return {name: value for name, value in found.items() if name != MARK}


def new_mark() -> int:
    """Return a mark that no other item of this process has."""
    return next(_marks)


def sentences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a sentence for each key whose value changes."""
    return differences(_listed(before), _listed(after))


def problems_at(problems: Sequence[Problem], path: str) -> Iterator[Problem]:
    """Yield the problems of one field or of anything inside of it."""
    for problem in problems:
        rest = problem.path.removeprefix(path)
        if problem.path.startswith(path) and (not rest or rest[0] in ".["):
            yield problem


def _listed(values: Mapping[str, Any]) -> Values:
    """Sources by their addresses, so that a sentence can name those that come and go."""
    return {
        key: [{"id": it.get("url", ""), **it} for it in value] if key == "sources" else value
        for key, value in values.items()
    }


def _bare(item: Any) -> Any:
    return {key: deepcopy(value) for key, value in item.items() if key != MARK}


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else str(value)
