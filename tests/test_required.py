"""What happens to a test whose machine lacks something."""

from __future__ import annotations

import pytest
from required import EVERYTHING_REQUIRED, missing


def test_a_missing_thing_skips_the_test_on_a_developers_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(EVERYTHING_REQUIRED, raising=False)
    with pytest.raises(pytest.skip.Exception, match="no browser"):
        missing("no browser")


def test_a_missing_thing_fails_the_test_where_everything_is_required(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(EVERYTHING_REQUIRED, "1")
    with pytest.raises(pytest.fail.Exception, match="no browser"):
        missing("no browser")
