"""A PostgreSQL as Supabase hands it out: roles for browsers, and rights for them by default."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from postgres_server import Server, libpq_address
from sqlalchemy import make_url

STRANGERS = ("anon", "authenticated")
GIVEN = ("ON TABLES", "ON SEQUENCES", "ON FUNCTIONS")


@contextmanager
def roles(server: Server, *names: str) -> Iterator[None]:
    """Makes roles of the cluster that are not there yet, and removes those it made."""
    with psycopg.connect(libpq_address(server.url), autocommit=True) as connection:
        there = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
        made = [name for name in names if name not in there]
        for name in made:
            run(connection, f"CREATE ROLE {name} NOLOGIN NOINHERIT")
    try:
        yield
    finally:
        with psycopg.connect(libpq_address(server.url), autocommit=True) as connection:
            for name in made:
                run(connection, f"DROP ROLE {name}")


@contextmanager
def generous_database(server: Server) -> Iterator[str]:
    """A database where strangers get every right on whatever is made, by default and everywhere."""
    with roles(server, *STRANGERS, "service_role"):
        url = server.create_database()
        with connected(url) as connection:
            run(connection, "CREATE SCHEMA autopilot")
            run(connection, "GRANT ALL ON SCHEMA autopilot TO PUBLIC, anon, authenticated")
            for where in ("", "IN SCHEMA autopilot"):
                for what in GIVEN:
                    run(
                        connection,
                        f"ALTER DEFAULT PRIVILEGES {where} GRANT ALL {what}"
                        " TO anon, authenticated, service_role",
                    )
        try:
            yield url
        finally:
            server.drop_database(url)


@contextmanager
def connected(url: str, role: str | None = None) -> Iterator[psycopg.Connection[Any]]:
    """A connection that commits each statement, as a role where one is given."""
    with psycopg.connect(libpq_address(make_url(url)), autocommit=True) as connection:
        if role is not None:
            run(connection, f"SET ROLE {role}")
        yield connection


def run(connection: psycopg.Connection[Any], statement: str) -> list[Any]:
    """Runs a statement and returns its rows, if it has any."""
    cursor = connection.execute(statement.encode())
    return cursor.fetchall() if cursor.description else []


def as_role(url: str, role: str) -> str:
    """The address of the same database, where everything is done as another role."""
    made = make_url(url).update_query_dict({"options": f"-c role={role}"})
    return made.render_as_string(hide_password=False)
