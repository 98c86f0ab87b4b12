"""Supabase's Edge Function lets nobody in without its caller's secret, and says what it lacks."""

from __future__ import annotations

from pathlib import Path

from acceptance.processes import free_port
from drivers.firing_edge_function import CALLER, SECRET, call, of_pg_cron

NOBODY = f"http://127.0.0.1:{free_port()}/tick"


def test_who_is_let_in(tmp_path: Path) -> None:
    environ = {
        "AUTOPILOT_TICK_URL": NOBODY,
        "AUTOPILOT_TICK_SECRET": SECRET,
        "TICK_CALLER_SECRET": CALLER,
    }
    asked = [of_pg_cron(wrong) for wrong in ("", SECRET, CALLER[:-1], CALLER + "0")]
    asked += [{"method": "POST", "headers": {}}, {"method": "GET", "headers": {}}, of_pg_cron()]
    answered = call(tmp_path, environ, *asked)
    assert [status for status, _ in answered] == [401] * 5 + [405, 502]
    assert answered[-1][1] == {"detail": "The tick endpoint did not answer."}
    assert CALLER not in str(answered)


def test_nobody_is_let_in_before_it_is_set_up(tmp_path: Path) -> None:
    for environ in ({}, {"AUTOPILOT_TICK_URL": NOBODY, "AUTOPILOT_TICK_SECRET": SECRET}):
        ((status, body),) = call(tmp_path, environ, of_pg_cron(""))
        assert status == 500
        assert "TICK_CALLER_SECRET" in body["detail"]
