"""tokens: a key of a program is made, shown once, listed and ended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Autopilot = Callable[..., Any]


@pytest.mark.parametrize(
    ("options", "role", "sends"),
    [
        (["--role", "viewer"], "viewer", False),
        (["--role", "editor"], "editor", False),
        (["--role", "admin"], "admin", True),
        (["--role", "editor", "--send"], "editor", True),
        (["--role", "admin", "--no-send"], "admin", False),
    ],
    ids=lambda it: " ".join(it) if isinstance(it, list) else None,
)
def test_a_token_has_the_role_asked_for_and_sends_where_an_admin_would(
    autopilot: Autopilot, applied: Path, options: list[str], role: str, sends: bool
) -> None:
    made = autopilot("tokens", "create", "ci", "--workspace", "acme", *options, "--json").json
    assert (made["role"], made["may_send"], made["workspace"]) == (role, sends, "acme")
    assert made["token"].startswith("ap_")
    assert len(made["token"]) >= 46  # 256 bits


def test_the_token_is_shown_once(autopilot: Autopilot, applied: Path) -> None:
    made = autopilot("tokens", "create", "ci", "--role", "viewer")
    (secret,) = [line for line in made.out.splitlines() if line.startswith("ap_")]
    listed = autopilot("tokens", "list")
    assert "ci" in listed.out
    assert secret not in listed.out + autopilot("tokens", "list", "--json").out
    assert secret.encode() not in Path("../data/autopilot.db").read_bytes()


def test_a_revoked_token_is_listed_as_such_and_its_name_is_free_again(
    autopilot: Autopilot, applied: Path
) -> None:
    autopilot("tokens", "create", "ci", "--role", "viewer")
    again = autopilot("tokens", "create", "ci", "--role", "viewer")
    assert (again.code, "Revoke it first" in again.err) == (3, True)
    assert autopilot("tokens", "revoke", "ci", "--json").json["revoked"] is True
    assert autopilot("tokens", "revoke", "ci").code == 3
    assert autopilot("tokens", "create", "ci", "--role", "editor").code == 0
    listed = autopilot("tokens", "list", "--json").json["tokens"]
    assert sorted((it["role"], it["status"]) for it in listed) == [
        ("editor", "good"),
        ("viewer", "revoked"),
    ]


def test_the_end_of_a_token_is_of_the_workspaces_zone(autopilot: Autopilot, applied: Path) -> None:
    options = ("--role", "viewer", "--expires", "2126-11-30T09:00", "--json")
    assert (
        autopilot("tokens", "create", "a", *options)
        .json["expires_at"]
        .startswith("2126-11-30T08:00:00")
    )


@pytest.mark.parametrize(
    "options",
    [
        ["--role", "owner"],
        ["--role", "viewer", "--expires", "2020-01-01"],
        ["--role", "viewer", "--expires", "soon"],
        [],
    ],
    ids=" ".join,
)
def test_a_token_that_makes_no_sense_is_refused(
    autopilot: Autopilot, applied: Path, options: list[str]
) -> None:
    assert autopilot("tokens", "create", "ci", *options).code == 2
    assert autopilot("tokens", "list", "--json").json == {"tokens": []}


def test_a_token_needs_a_workspace_that_is_there(autopilot: Autopilot, applied: Path) -> None:
    assert autopilot("tokens", "create", "a", "--role", "viewer", "--workspace", "no").code == 3
