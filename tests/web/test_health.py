"""/healthz: green while somebody ticks, red when nobody has for too long; /readyz: whether the store
answers and fits. Both name nobody.
"""

from __future__ import annotations

from datetime import timedelta

import httpx2
from web.conftest import clock_of

from autopilot.service.attendance import arrive, leave, note_tick
from autopilot.service.context import App


def test_silence_turns_it_red(web: httpx2.Client, public: App) -> None:
    assert web.get("/healthz").json()["worker"] == "none yet"
    worker = arrive(public)
    note_tick(public, worker)
    leave(public, worker)
    answer = web.get("/healthz")
    assert (answer.status_code, answer.json()["worker"]) == (200, "on")
    clock_of(public).pass_(3 * public.settings.poll_interval + timedelta(seconds=1))
    answer = web.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (503, "late")
    assert "acme" not in answer.text.lower()


def test_a_store_that_does_not_answer_is_said_calmly(web: httpx2.Client, public: App) -> None:
    with public.database.begin() as connection:
        connection.exec_driver_sql(
            f"ALTER TABLE {'autopilot.' * public.database.is_postgres}workers RENAME TO gone"
        )
        connection.exec_driver_sql(
            f"ALTER TABLE {'autopilot.' * public.database.is_postgres}workspaces RENAME TO lost"
        )
    assert web.get("/healthz").status_code == 503
    page = web.get("/s/acme/energy")
    assert page.status_code == 503
    assert "Please try again" in page.text
    assert page.headers["retry-after"] == "30"


def test_a_store_that_answers_and_fits_is_ready(web: httpx2.Client) -> None:
    answer = web.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "store": "ok"})


def test_tables_of_another_version_are_not_ready_and_heal(web: httpx2.Client, public: App) -> None:
    table = f"{'autopilot.' * public.database.is_postgres}alembic_version"

    def become(revision: str) -> None:
        with public.database.begin() as connection:
            connection.exec_driver_sql(f"UPDATE {table} SET version_num = '{revision}'")

    with public.database.read() as connection:
        found = connection.exec_driver_sql(f"SELECT version_num FROM {table}").scalar()
    become("0001")
    answer = web.get("/readyz")
    assert (answer.status_code, answer.json()["store"]) == (503, "other tables")
    become(str(found))
    assert web.get("/readyz").status_code == 200


def test_a_store_that_is_gone_is_not_ready(web: httpx2.Client, public: App) -> None:
    with public.database.begin() as connection:
        connection.exec_driver_sql(
            f"DROP TABLE {'autopilot.' * public.database.is_postgres}alembic_version"
        )
    assert web.get("/readyz").status_code == 503
