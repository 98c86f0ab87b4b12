"""A backup of either database comes back on either, whole, or is refused and nothing changes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from service.conftest import MONDAY_NINE, SUNDAY, Clock, apply, document
from service.feeds import Feeds
from sqlalchemy import insert, select
from store.rows import put

from autopilot.adapters.artifacts import FolderArtifacts
from autopilot.errors import ArtifactLost, AutopilotError, BackupUnusable, Conflict
from autopilot.service.attendance import arrive
from autopilot.service.backup.drill import drill
from autopilot.service.backup.making import make_backup
from autopilot.service.backup.restoring import check_backup, restore
from autopilot.service.context import App
from autopilot.service.sending_guard import allow_sending, may_send
from autopilot.service.tick import tick
from autopilot.settings import load_settings
from autopilot.store import dump
from autopilot.store.artifacts import DatabaseArtifacts
from autopilot.store.tables import metadata
from autopilot.wiring import open_store

NewStore = Callable[[str], str]
KEY = "a key of the tests, long enough to be one"


@contextmanager
def place(url: str, folder: Path, clock: Clock, **environ: str) -> Iterator[App]:
    """What a machine has: a store, a data folder of its own, the key."""
    given = {
        "AUTOPILOT_DATA_DIR": str(folder),
        "AUTOPILOT_DATABASE_URL": url,
        "AUTOPILOT_SECRET_KEY": KEY,
    }
    settings = load_settings({name: value for name, value in (given | environ).items() if value})
    store = open_store(settings)
    artifacts: Any = FolderArtifacts(folder / "artifacts")
    if store.is_postgres:
        artifacts = DatabaseArtifacts(store)
    outgoing: Any = None
    app = App(
        settings=settings, database=store, artifacts=artifacts, outgoing=outgoing, clock=clock
    )
    try:
        yield app
    finally:
        app.close()


def rows(app: App) -> dict[str, list[list[Any]]]:
    """Everything that a dump holds, in an order that does not depend on the database."""
    with app.database.read() as connection:
        return {
            table.name: sorted(dump.rows_of(connection, table), key=repr)
            for table in dump.dumped_tables()
        }


@pytest.fixture
def full(energy: App, feeds: Feeds, clock: Clock) -> App:
    """A store with an issue, and with rows of every kind that were hard to write."""
    clock.now = MONDAY_NINE
    (run,) = tick(energy, now=MONDAY_NINE).runs
    assert run.status == "succeeded"
    may_send(energy)
    with energy.database.begin() as connection:
        tables = metadata.tables
        issue = connection.execute(select(tables["issues"])).first()
        assert issue is not None
        own = {"workspace_id": issue.workspace_id, "specification_id": issue.specification_id}
        subscriber = own | {"id": uuid4(), "email": "Zoë@exämple.org", "mailbox": "zoë@exämple.org"}
        state = {"status": "active", "source": "import", "confirmed_at": MONDAY_NINE}
        connection.execute(insert(tables["subscribers"]).values(subscriber | state))
        delivery = own | {"id": uuid4(), "issue_id": issue.id, "channel": "email", "address": "a"}
        sent = {"target": "a", "status": "sent", "due_at": SUNDAY, "ended_at": MONDAY_NINE}
        connection.execute(insert(tables["deliveries"]).values(delivery | sent))
        put(connection, "audit_log", workspace_id=None, detail={"a": [1, 2.5, None, "ü\u2028"]})
    return energy


@pytest.fixture
def backup(full: App, tmp_path: Path, clock: Clock) -> Path:
    file = tmp_path / "it.backup"
    with place(full.settings.database_url, tmp_path / "data", clock) as app:
        made = make_backup(app, file)
    assert made.artifacts == 3
    assert not made.lost
    return file


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_store_comes_back_whole_on_either_database(
    full: App, backup: Path, new_store: NewStore, tmp_path: Path, clock: Clock, engine: str
) -> None:
    with place(new_store(engine), tmp_path / "other", clock) as other:
        restored = restore(other, backup, actor="cli:ann")
        before, after = rows(full), rows(other)
        extra = after["audit_log"][:]
        after["audit_log"] = [row for row in extra if "store.restored" not in row]
        assert len(extra) == len(after["audit_log"]) + 1
        assert after == before
        assert restored.rows["issues"] == 1
        for line in before["issues"]:
            columns = metadata.tables["issues"].columns.keys()
            for name in ("html_sha256", "text_sha256", "draft_sha256"):
                sha = line[columns.index(name)]
                assert other.artifacts.get(sha) == full.artifacts.get(sha)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_restored_store_does_not_send_and_goes_on_making_issues(
    backup: Path, new_store: NewStore, tmp_path: Path, clock: Clock, engine: str
) -> None:
    with place(new_store(engine), tmp_path / "other", clock) as other:
        restore(other, backup, actor="cli:ann")
        told = may_send(other)
        assert told is not None
        assert "it was restored from a backup of 2026-11-23T08:00:00Z" in told
        allow_sending(other, actor="cli:ann")
        assert may_send(other) is None
        tick(replace(other), now=MONDAY_NINE)  # its triggers, rules and slots work


def test_a_store_with_rows_is_refused_unless_forced(full: App, backup: Path, clock: Clock) -> None:
    keyed = replace(full, settings=full.settings.model_copy(update={"secret_key": _key()}))
    with full.database.begin() as connection:
        put(connection, "audit_log", id=uuid4(), workspace_id=None)
    before = rows(full)
    with pytest.raises(Conflict, match="not empty"):
        restore(keyed, backup, actor="cli:ann")
    assert rows(full) == before
    restore(keyed, backup, actor="cli:ann", force=True)
    assert len(rows(full)["audit_log"]) == len(before["audit_log"])  # one went, one line came


def _key() -> Any:
    from pydantic import SecretStr

    return SecretStr(KEY)


def test_a_store_that_somebody_works_on_is_refused(
    backup: Path, new_store: NewStore, tmp_path: Path, clock: Clock
) -> None:
    with place(new_store("sqlite"), tmp_path / "other", clock) as other:
        arrive(other)
        with pytest.raises(Conflict, match="Somebody works on this store"):
            restore(other, backup, actor="cli:ann")
        restore(other, backup, actor="cli:ann", force=True)


def test_a_damaged_file_changes_nothing(full: App, backup: Path, clock: Clock) -> None:
    keyed = replace(full, settings=full.settings.model_copy(update={"secret_key": _key()}))
    before, whole = rows(full), backup.read_bytes()
    broken = bytearray(whole)
    broken[len(whole) // 2] ^= 8
    for content in (whole[: len(whole) // 2], whole[:-1], bytes(broken), whole + b"x", b""):
        backup.write_bytes(content)
        for verb in (
            lambda: check_backup(keyed, backup),
            lambda: drill(keyed, backup),
            lambda: restore(keyed, backup, actor="cli:ann", force=True),
        ):
            with pytest.raises(BackupUnusable):
                verb()
    assert rows(full) == before
    assert may_send(full) is None


def test_another_key_or_none_opens_nothing(
    backup: Path, new_store: NewStore, tmp_path: Path, clock: Clock
) -> None:
    url = new_store("sqlite")
    with place(
        url,
        tmp_path / "other",
        clock,
        AUTOPILOT_SECRET_KEY="another key, and long enough to be one too",
    ) as other:
        with pytest.raises(BackupUnusable, match="cannot be opened with this secret key"):
            restore(other, backup, actor="cli:ann")
        with other.database.read() as connection:
            assert dump.is_empty(connection)
    with place(url, tmp_path / "none", clock, AUTOPILOT_SECRET_KEY="") as keyless:
        with pytest.raises(BackupUnusable, match="There is no secret key here"):
            check_backup(keyless, backup)
        assert not (tmp_path / "none" / "secret.key").exists()


def test_the_key_and_the_content_are_not_to_be_read_in_it(full: App, backup: Path) -> None:
    content = backup.read_bytes()
    for secret in (KEY.encode(), b"acme", b"Grid operator", b"CREATE TABLE", b"sha256"):
        assert secret not in content
    assert not [name for name in os.listdir(full.settings.data_dir) if "backup" in name]


def test_a_drill_says_what_it_found_and_touches_nothing(
    full: App, backup: Path, tmp_path: Path, clock: Clock
) -> None:
    before = rows(full)
    with place(full.settings.database_url, tmp_path / "data", clock) as app:
        found = drill(app, backup)
    assert found.problems == ()
    assert found.contents.rows["issue_stories"] > 0
    assert rows(full) == before
    assert not list((tmp_path / "data").glob(".backup-*"))


def test_content_that_the_store_had_lost_is_told_and_does_not_keep_the_rest_back(
    full: App, tmp_path: Path, clock: Clock
) -> None:
    class Leaky:
        def get(self, sha256: str) -> bytes:
            if sha256 == lost:
                raise ArtifactLost("gone")
            return full.artifacts.get(sha256)

    with full.database.read() as connection:
        lost = next(
            name for name, column in dump.referred_artifacts(connection) if "html" in column
        )
    with place(full.settings.database_url, tmp_path / "data", clock) as app:
        leaky: Any = Leaky()
        made = make_backup(replace(app, artifacts=leaky), tmp_path / "b")
        assert made.lost == (lost,)
        assert drill(app, tmp_path / "b").problems == (
            f"the content {lost[:12]} (html) was lost before the backup was made",
        )


def test_only_a_backup_is_written_over(
    full: App, backup: Path, tmp_path: Path, clock: Clock
) -> None:
    with place(full.settings.database_url, tmp_path / "data", clock) as app:
        before = backup.read_bytes()
        make_backup(app, backup)
        assert backup.read_bytes() != before
        (tmp_path / "letter.txt").write_text("dear")
        for wrong in (tmp_path / "letter.txt", tmp_path):
            with pytest.raises(Conflict, match="is no backup"):
                make_backup(app, wrong)
        assert (tmp_path / "letter.txt").read_text() == "dear"


def test_a_backup_under_a_writing_load_is_of_one_moment(
    app: App, new_app: Callable[..., App], new_store: NewStore, tmp_path: Path, clock: Clock
) -> None:
    """Writers move money between two rows; every backup must see the same sum."""
    apply(app, document("https://example.org/feed"))
    lines = metadata.tables["audit_log"]
    ids = [uuid4() for _ in range(2_000)]
    with app.database.begin() as connection:
        for one in ids:
            put(connection, "audit_log", id=one, workspace_id=None, detail={"amount": 100})
    stop, moves, errors = threading.Event(), [0], []

    def write(seed: int) -> None:
        writer = new_app()
        try:
            while not stop.is_set():
                with writer.database.begin() as connection:
                    pair = [ids[(seed + moves[0]) % 2_000], ids[(seed * 7 + moves[0] * 13) % 2_000]]
                    if pair[0] == pair[1]:
                        moves[0] += 1
                        continue
                    for one, change in zip(sorted(pair), (1, -1), strict=True):
                        query = select(lines.c.detail).where(lines.c.id == one).with_for_update()
                        detail = connection.scalar(query)
                        amount = {"amount": detail["amount"] + change}
                        connection.execute(
                            lines.update().where(lines.c.id == one).values(detail=amount)
                        )
                moves[0] += 1
        except AutopilotError as error:
            errors.append(error)

    writers = [threading.Thread(target=write, args=(seed,)) for seed in (1, 2)]
    for writer in writers:
        writer.start()
    try:
        files = []
        with place(app.settings.database_url, tmp_path / "data", clock) as source:
            for number in range(4):
                before = moves[0]
                files.append(tmp_path / f"{number}.backup")
                make_backup(source, files[-1])
                while moves[0] == before and not errors:
                    stop.wait(0.01)
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert not errors
    for number, file in enumerate(files):
        with place(new_store("sqlite"), tmp_path / f"other-{number}", clock) as other:
            restore(other, file, actor="cli:ann")
            amounts = [row[-1]["amount"] for row in rows(other)["audit_log"] if "amount" in row[-1]]
            assert len(amounts) == 2_000
            assert sum(amounts) == 200_000


def test_what_processes_that_died_left_is_removed_after_a_day(
    full: App, tmp_path: Path, clock: Clock
) -> None:
    old, young = tmp_path / "data" / ".backup-old", tmp_path / "data" / ".backup-young"
    for folder in (old, young):
        folder.mkdir(parents=True)
    os.utime(old, (1, 1))
    with place(full.settings.database_url, tmp_path / "data", clock) as app:
        make_backup(app, tmp_path / "b")
    assert not old.exists()
    assert young.exists()
