"""Delivery: one issue to many readers, every row durable before and after its mail.

Beside it a bare loop of aiosmtplib over one connection, which sends the same bytes to the same
server and writes nothing down; half of it before and half after, so that both meet the same
machine. The server is a process of its own.
"""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from sqlalchemy import insert

from autopilot.domain.delivery import Delivery
from autopilot.domain.specification import Brand, Specification
from autopilot.service.context import App
from autopilot.service.deliver import deliver
from autopilot.service.links import PLACEHOLDER
from autopilot.service.mail_copies import Copies
from autopilot.service.sending import start_sending
from autopilot.settings import LogFormat, load_settings
from autopilot.store import deliveries, issues, specifications, workspaces
from autopilot.store.migrate import migrate
from autopilot.store.tables import newsletter_runs
from autopilot.wiring import assemble_app, configure_logging
from benchmarks.case import Case

LINE = "The grid operator plans another line from the coast to the south. "


def measure(case: Case) -> dict[str, float]:
    """Return seconds of a sender with `workers` connections and of the bare loop, for `count` mails."""
    configure_logging(LogFormat.JSON, level=logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="delivery-") as folder, _server() as port:
        app = _app(case, Path(folder), port)
        migrate(app.database)
        first = _prepared(app, case)
        content = Copies(app).mail(first).content
        half = max(1, case.count // 2)
        bare = asyncio.run(_bare(port, content, half))
        started = time.perf_counter()
        ended = deliver(app)
        seconds = time.perf_counter() - started
        bare += asyncio.run(_bare(port, content, case.count - half or 1))
        if ended != case.count:
            raise RuntimeError(f"{ended} of {case.count} deliveries ended")
        app.close()
    return {
        "seconds": seconds,
        "bare_seconds": bare,
        "per_second": case.count / seconds,
        "bare_per_second": case.count / bare,
        "of_loop": seconds / bare,
        "content_octets": len(content),
    }


async def _bare(port: int, content: bytes, count: int) -> float:
    import aiosmtplib

    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, use_tls=False, start_tls=False)
    await client.connect()
    started = time.perf_counter()
    for number in range(count):
        await client.sendmail("news@example.org", [f"reader{number}@example.org"], content)
    seconds = time.perf_counter() - started
    await client.quit()
    return seconds


@contextmanager
def _server() -> Iterator[int]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.mail_sink"], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait(10)


def _app(case: Case, folder: Path, port: int) -> App:
    journal = {"AUTOPILOT_SQLITE_JOURNAL": case.journal} if case.is_sqlite else {}
    environment = {
        "AUTOPILOT_DATABASE_URL": case.url,
        "AUTOPILOT_DATA_DIR": str(folder),
        "AUTOPILOT_SMTP_URL": f"smtp://127.0.0.1:{port}?tls=none",
        "AUTOPILOT_MAIL_FROM": "News <news@example.org>",
        "AUTOPILOT_PUBLIC_URL": "https://news.example.org",
        "AUTOPILOT_SECRET_KEY": "of a benchmark, and long enough to be one",
        "AUTOPILOT_MAIL_CONNECTIONS": str(case.workers),
    }
    return assemble_app(load_settings(environment | journal))


def _prepared(app: App, case: Case) -> Delivery:
    """Store an issue of the size asked for with its deliveries, and return one of them."""
    now = datetime.now(UTC)
    page = LINE * (case.octets // 2 // len(LINE) + 1)
    html = app.artifacts.put(f"<p>{page}</p><a href='{PLACEHOLDER}'>x</a>".encode(), "text/html")
    text = app.artifacts.put(f"{page}\n{PLACEHOLDER}\n".encode(), "text/plain")
    owner = workspaces.Workspace(
        id=uuid4(), slug="bench", name="Bench", timezone="UTC", brand=Brand()
    )
    readers = [f"reader{number}@example.org" for number in range(case.count)]
    document = Specification.model_validate(
        {
            "slug": "bench",
            "name": "Bench",
            "categories": [{"id": "grid", "name": "Grid"}],
            "channels": [{"type": "email", "recipients": readers}],
        }
    )
    row = specifications.SpecificationRow(
        id=uuid4(), workspace_id=owner.id, slug="bench", status="active", document=document
    )
    issue = issues.IssueRow(
        id=uuid4(),
        workspace_id=owner.id,
        specification_id=row.id,
        run_id=uuid4(),
        scheduled_for=None,
        status="approved",
        subject="The grid operator plans another line",
        preheader="",
        writer="extractive",
        html_sha256=html,
        text_sha256=text,
        created_at=now,
    )
    with app.database.begin() as connection:
        workspaces.add_workspace(connection, owner)
        specifications.add_specification(connection, row)
        connection.execute(
            insert(newsletter_runs).values(
                id=issue.run_id,
                workspace_id=owner.id,
                specification_id=row.id,
                trigger="manual",
                zone="UTC",
                window_start=now - timedelta(days=7),
                window_end=now,
                due_at=now,
                status="succeeded",
                finished_at=now,
                created_by="bench",
            )
        )
        issues.add_issue(connection, issue, [])
        start_sending(connection, app, issue, now=now)
        return deliveries.list_deliveries(connection, issue_id=issue.id, limit=1)[0]
