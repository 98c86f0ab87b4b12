"""Identities in a file: each stands once, and what is named exists. Found on what was written, so
that they are told even where other parts of the file are wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autopilot.errors import Problem
from autopilot.service.configuration.plain import entry, listed


def disagreements(value: object) -> Iterator[Problem]:
    """Yield a problem for each identity given twice and each name of something not listed."""
    specifications = listed(value, "specifications")
    yield from _repeated(specifications, "specifications", "slug")
    for place, specification in enumerate(specifications):
        where = f"specifications[{place}]"
        for key, identity in (
            ("categories", "id"),
            ("regions", "id"),
            ("sources", "url"),
            ("schedules", "name"),
        ):
            yield from _repeated(listed(specification, key), f"{where}.{key}", identity)
        yield from _unlisted_regions(specification, where)
        yield from _unlisted_overrides(specification, where)


def _repeated(items: Sequence[object], where: str, identity: str) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for place, item in enumerate(items):
        name = entry(item, identity)
        if not isinstance(name, str):
            continue
        name = name.strip()
        if name in seen:
            yield Problem(
                path=f"{where}[{place}].{identity}",
                message=f"{name!r} stands here and in {where}[{seen[name]}]; "
                f"the {identity} is an identity and must differ",
            )
        seen.setdefault(name, place)


def _unlisted_regions(specification: object, where: str) -> Iterator[Problem]:
    known = _names(specification, "regions")
    for place, source in enumerate(listed(specification, "sources")):
        region = entry(source, "region")
        if isinstance(region, str) and region not in known:
            yield _unlisted(f"{where}.sources[{place}].region", region, known, "regions")


def _unlisted_overrides(specification: object, where: str) -> Iterator[Problem]:
    for place, schedule in enumerate(listed(specification, "schedules")):
        for noun in ("categories", "regions"):
            known = _names(specification, noun)
            for name in listed(schedule, f"{noun}_override"):
                if isinstance(name, str) and name not in known:
                    path = f"{where}.schedules[{place}].{noun}_override"
                    yield _unlisted(path, name, known, noun)


def _names(specification: object, key: str) -> list[str]:
    return [str(entry(item, "id")) for item in listed(specification, key)]


def _unlisted(path: str, name: str, known: list[str], noun: str) -> Problem:
    return Problem(
        path=path,
        message=f"{name!r} is not among the {noun} of this specification",
        allowed=", ".join(known) or f"nothing yet: list some {noun} first",
    )
