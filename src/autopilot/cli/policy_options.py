"""A schedule's policies from the options people type: --policy KEY=VALUE and --no-policy KEY."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Annotated, Any

import typer

from autopilot.errors import InputRefused, Problem

Policy = Annotated[
    list[str] | None,
    typer.Option(
        "--policy", metavar="KEY=VALUE", help="What to do when things go otherwise: retries=5."
    ),
]
NoPolicy = Annotated[
    list[str] | None,
    typer.Option("--no-policy", metavar="KEY", help="Back to this policy's default."),
]

EXAMPLE = "--policy catch_up=all --policy retries=5"


def read_policies(given: Sequence[str] | None, dropped: Sequence[str] | None) -> dict[str, Any]:
    """Return the policies that were typed, as JSON; None stands for one to take away.

    Raises InputRefused with every problem at once.
    """
    problems: list[Problem] = []
    policies: dict[str, Any] = {}
    for text in given or ():
        key, equals, value = text.partition("=")
        key = key.strip().replace("-", "_")
        if not equals:
            problems.append(_problem("--policy", f"{text!r} has no =", example=EXAMPLE))
        elif key in policies:
            problems.append(_problem("--policy", f"{key!r} is given twice"))
        else:
            policies[key] = value.strip()
    problems += _unknown("--policy", policies)
    read = dict(_read(policies, problems))
    for key in (name.strip().replace("-", "_") for name in dropped or ()):
        problems += _unknown("--no-policy", [key])
        if key in policies:
            problems.append(_problem("--no-policy", f"{key!r} is given with --policy too"))
        read[key] = None
    if problems:
        raise InputRefused("The schedule's policies cannot be used:", problems)
    return read


def _read(policies: dict[str, str], problems: list[Problem]) -> Iterator[tuple[str, Any]]:
    from autopilot.domain.policies import Policies
    from autopilot.domain.policy_faults import plain, policy_problems

    for key, text in policies.items():
        if key not in Policies.model_fields:
            continue
        wrong = list(policy_problems({key: text}))
        for item in wrong:
            problems.append(
                _problem(
                    f"--policy {key}",
                    f"{text!r} cannot be used",
                    allowed=item.allowed,
                    example=f"--policy {key}={plain(Policies.model_fields[key].default)}",
                )
            )
        if not wrong:
            read = Policies.model_validate({key: text})
            yield key, read.model_dump(mode="json", include={key})[key]


def _unknown(option: str, keys: Sequence[str] | dict[str, str]) -> Iterator[Problem]:
    from autopilot.domain.policies import Policies

    known = list(Policies.model_fields)
    for key in keys:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            yield _problem(option, f"{key!r} is no policy{meant}", allowed=", ".join(known))


def _problem(
    path: str, message: str, *, allowed: str | None = None, example: str | None = None
) -> Problem:
    return Problem(path=path, message=message, allowed=allowed, example=example)
