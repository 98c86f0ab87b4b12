"""users: accounts are made, changed and removed; roles in workspaces are given and taken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Autopilot = Callable[..., Any]
ANN, BOB = "ann@example.org", "bob@example.org"
PASSWORD = "correct horse battery staple"


@pytest.fixture
def password_file(tmp_path: Path) -> str:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    return str(file)


@pytest.fixture
def ann(autopilot: Autopilot, applied: Path) -> str:
    """The first operator."""
    assert autopilot("users", "add", ANN, "--operator", "--name", "Ann").code == 0
    return ANN


def test_the_first_account_is_an_operators(autopilot: Autopilot, applied: Path) -> None:
    refused = autopilot("users", "add", BOB)
    assert refused.code == 3
    assert "--operator" in refused.err
    made = autopilot("users", "add", "Ann@Example.org", "--operator", "--json").json
    assert (made["email"], made["operator"], made["has_password"]) == (ANN, True, False)
    assert "/setup/" in made["setup_link"]
    assert made["setup_until"]


def test_a_password_comes_from_a_file_and_makes_no_link(
    autopilot: Autopilot, ann: str, password_file: str
) -> None:
    made = autopilot("users", "add", BOB, "--password-file", password_file, "--json").json
    assert made["has_password"] is True
    assert "setup_link" not in made
    assert PASSWORD not in autopilot("users", "list", "--json").out


def test_a_password_that_is_too_short_makes_no_account(
    autopilot: Autopilot, ann: str, tmp_path: Path
) -> None:
    short = tmp_path / "short"
    short.write_text("short")
    assert autopilot("users", "add", BOB, "--password-file", str(short)).code == 2
    assert len(autopilot("users", "list", "--json").json["users"]) == 1
    missing = autopilot("users", "add", BOB, "--password-file", str(tmp_path / "nope"))
    assert missing.code == 1
    assert "nope" in missing.err


def test_roles_are_given_changed_and_taken(autopilot: Autopilot, ann: str) -> None:
    autopilot("users", "add", BOB)

    def of_bob() -> list[dict[str, Any]]:
        users = autopilot("users", "list", "--json").json["users"]
        (bob,) = [user for user in users if user["email"] == BOB]
        return list(bob["workspaces"])

    assert of_bob() == []
    for options, role, sends in (
        (["--role", "editor"], "editor", False),
        (["--role", "viewer", "--send"], "viewer", True),
        (["--role", "admin"], "admin", True),
    ):
        given = autopilot("users", "grant", BOB, "--workspace", "acme", *options, "--json").json
        assert (given["role"], given["may_send"]) == (role, sends)
        assert of_bob() == [{"workspace": "acme", "role": role, "may_send": sends}]
    listed = autopilot("users", "list", "--workspace", "acme", "--json").json["users"]
    assert [user["email"] for user in listed] == [BOB]
    assert autopilot("users", "revoke", BOB, "--workspace", "acme").code == 0
    assert autopilot("users", "revoke", BOB, "--workspace", "acme").code == 3
    assert of_bob() == []


def test_an_account_is_changed_shut_out_and_removed(
    autopilot: Autopilot, ann: str, password_file: str
) -> None:
    autopilot("users", "add", BOB)
    changed = autopilot("users", "update", BOB, "--name", "Bob", "--disable", "--json").json
    assert (changed["name"], changed["disabled"], changed["operator"]) == ("Bob", True, False)
    assert "disabled" in autopilot("users", "list").out
    options = ("--enable", "--password-file", password_file, "--sign-out", "--json")
    changed = autopilot("users", "update", BOB, *options).json
    assert (changed["disabled"], changed["has_password"]) == (False, True)
    assert "/setup/" in autopilot("users", "update", BOB, "--link").out
    assert autopilot("users", "update", BOB).code == 2
    assert autopilot("users", "remove", BOB, "--json").json == {"email": BOB, "removed": True}
    assert autopilot("users", "remove", BOB).code == 3


def test_the_last_operator_stays(autopilot: Autopilot, ann: str) -> None:
    for arguments in (
        ("remove", ANN),
        ("update", ANN, "--no-operator"),
        ("update", ANN, "--disable"),
    ):
        refused = autopilot("users", *arguments)
        assert refused.code == 3
        assert "last operator" in refused.err


@pytest.mark.parametrize("email", ["no address", "ann@", "<ann@example.org>", ""])
def test_what_is_no_address_gets_no_account(autopilot: Autopilot, ann: str, email: str) -> None:
    assert autopilot("users", "add", email).code == 2


def test_nobody_is_listed_where_there_is_nobody(autopilot: Autopilot, applied: Path) -> None:
    assert autopilot("users", "list", "--json").json == {"users": []}
    assert "autopilot users add EMAIL --operator" in autopilot("users", "list").out
