"""Supabase's web names alone stop every command, and say which connection string to copy."""

from __future__ import annotations

import pytest

from autopilot.errors import SettingsInvalid
from autopilot.service.doctor import examine
from autopilot.service.findings import Level
from autopilot.settings import load_settings
from autopilot.settings.supabase import is_transaction_pooler, project_of
from autopilot.wiring import now

WEB = {"SUPABASE_URL": "https://abcdefghijkl.supabase.co", "SUPABASE_ANON_KEY": "eyJhbGciOi.secret"}


@pytest.mark.parametrize("names", [["SUPABASE_URL"], ["SUPABASE_ANON_KEY"], list(WEB)])
def test_web_names_alone_are_refused(names: list[str]) -> None:
    with pytest.raises(SettingsInvalid) as told:
        load_settings({name: WEB[name] for name in names})
    (problem,) = told.value.problems
    assert problem.path == "AUTOPILOT_DATABASE_URL"
    assert f"and {names[0]} is" in problem.message
    assert 'click Connect, take the connection string of "Session pooler"' in problem.message
    project = "abcdefghijkl" if "SUPABASE_URL" in names else "PROJECT"
    assert f"postgres.{project}:PASSWORD@" in str(problem.example)
    assert WEB["SUPABASE_ANON_KEY"] not in str(told.value)


@pytest.mark.parametrize("name", ["AUTOPILOT_DATABASE_URL", "DATABASE_URL"])
def test_with_a_database_they_are_left_alone(name: str) -> None:
    url = "postgresql://u:p@aws-0-eu-central-1.pooler.supabase.com:5432/postgres"
    assert "pooler" in load_settings(WEB | {name: url}).database_url


def test_doctor_tells_it_as_well() -> None:
    found = [each for each in examine(WEB, now()) if each.level is Level.ERROR]
    assert "Session pooler" in found[0].message


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u@aws-0-x.pooler.supabase.com:6543/postgres", True),
        ("postgresql://u@h/x?pgbouncer=true", True),
        ("postgresql://u@aws-0-x.pooler.supabase.com:5432/postgres", False),
        ("postgresql://u:6543@h:5432/x", False),
    ],
)
def test_a_transaction_pooler_is_known_by_its_address(url: str, expected: bool) -> None:
    assert is_transaction_pooler(url) is expected


def test_a_project_is_known_by_its_address() -> None:
    assert project_of("https://abc123.supabase.co/") == "abc123"
    assert project_of("https://example.org") is None
