"""Doctor's look at the machine: versions, who may read the data folder and secrets, names, disks."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import stat
import threading
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from autopilot import __version__
from autopilot.service import findings
from autopilot.service.findings import Finding
from autopilot.settings import VARIABLES, Settings

NAMES_SECONDS = 5.0
LOW_BYTES = 1_000_000_000
SECRET = frozenset(
    {
        "AUTOPILOT_DATABASE_URL",
        "AUTOPILOT_DATABASE_DIRECT_URL",
        "AUTOPILOT_SMTP_URL",
        "AUTOPILOT_DKIM_KEY",
        "AUTOPILOT_SECRET_KEY",
        "AUTOPILOT_NOTICE_WEBHOOK_SECRET",
        "AUTOPILOT_TICK_SECRET",
        "AUTOPILOT_OIDC_CLIENT_SECRET",
        "AUTOPILOT_ADMIN_PASSWORD",
        "OPENAI_API_KEY",
    }
)
OF_A_CONTAINER = "/run/secrets/"  # mounted for one container; its mode says nothing


def version_finding() -> Finding:
    """Return which Autopilot this is."""
    return Finding(check="autopilot", message=f"version {__version__}")


def full_text_finding() -> Finding | None:
    """Return what is wrong where SQLite was built without full-text search, None where it has it."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE temp.looked USING fts5(words)")
    except sqlite3.OperationalError:
        return findings.error(
            "sqlite",
            f"SQLite {sqlite3.sqlite_version} was built without FTS5: its tables cannot be made",
            "Use a Python whose SQLite has FTS5 (Debian's and python.org's have), or PostgreSQL.",
        )
    finally:
        connection.close()
    return None


def access_findings(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Return who else may read the data folder, the database file and the files of secrets."""
    if os.name != "posix":
        return
    yield from _folder(settings.data_dir)
    file = _database_file(settings)
    # A folder of our own keeps others away from what is in it.
    if file is not None and _open_to_others(file) and _open_to_others(file.parent):
        told = f"{file} can be read by everybody here ({_mode(file)})"
        yield findings.warning("data folder", told, f"Make it yours alone: chmod 600 {file}")
    for variable in VARIABLES:
        named = environ.get(f"{variable.name}_FILE", "").strip()
        if variable.name in SECRET and named and not named.startswith(OF_A_CONTAINER):
            yield from _secret_file(variable.name, Path(named))


def disk_findings(settings: Settings) -> Iterator[Finding]:
    """Return whether the database's disk is nearly full, where it is not the data folder's."""
    file = _database_file(settings)
    folder = None if file is None else _nearest(file.parent)
    if folder is None or _same_disk(folder, _nearest(settings.data_dir)):
        return
    free = shutil.disk_usage(folder).free
    if free < LOW_BYTES:
        told = f"{free / 1e9:.1f} GB free for the database in {folder}"
        yield findings.warning("disk", told, "Free some space, or move the database.")


def name_findings(settings: Settings) -> Iterator[Finding]:
    """Return which of the servers that are set up cannot be found by their names."""
    hosts = sorted(_hosts(settings))
    unknown = [host for host in hosts if not _is_known(host)]
    if unknown:
        yield findings.error(
            "dns",
            f"no address is known for {', '.join(unknown)}",
            "Check the spelling, then the name servers of this machine (/etc/resolv.conf).",
        )
    elif hosts:
        yield Finding(check="dns", message=f"addresses are known for {', '.join(hosts)}")


def _folder(folder: Path) -> Iterator[Finding]:
    if not folder.is_dir():
        return
    if folder.stat().st_uid != os.geteuid() and os.geteuid() != 0:
        told = f"{folder} belongs to another user"
        yield findings.warning("data folder", told, "Run Autopilot as its owner, or chown it.")
    if folder.stat().st_mode & stat.S_IWOTH and not folder.stat().st_mode & stat.S_ISVTX:
        told = f"everybody here may put files into {folder} ({_mode(folder)})"
        yield findings.error("data folder", told, f"Make it yours alone: chmod 700 {folder}")


def _secret_file(name: str, file: Path) -> Iterator[Finding]:
    if file.is_file() and _open_to_others(file):
        told = f"{file}, named by {name}_FILE, can be read by everybody here ({_mode(file)})"
        yield findings.warning("secrets", told, f"Make it yours alone: chmod 600 {file}")


def _open_to_others(path: Path) -> bool:
    return path.exists() and bool(path.stat().st_mode & (stat.S_IROTH | stat.S_IXOTH))


def _mode(path: Path) -> str:
    return f"mode {stat.S_IMODE(path.stat().st_mode):04o}"


def _database_file(settings: Settings) -> Path | None:
    is_file = settings.database_url.startswith("sqlite")
    return Path(settings.database_url.removeprefix("sqlite:///")) if is_file else None


def _same_disk(one: Path, other: Path) -> bool:
    return one.stat().st_dev == other.stat().st_dev


def _nearest(folder: Path) -> Path:
    return next((item for item in (folder, *folder.parents) if item.exists()), folder)


def _hosts(settings: Settings) -> set[str]:
    urls = [settings.database_url, settings.database_direct_url, settings.openai_base_url]
    named = {urlsplit(url).hostname for url in urls if url}
    if settings.relay is not None:
        named.add(settings.relay.host)
    return {host for host in named if host and not _is_number(host)}


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return host == "localhost"
    return True


def _is_known(host: str) -> bool:
    """Whether a name has an address; one that nobody answers for in time has none."""
    known: list[bool] = []

    def ask() -> None:
        try:
            known.append(bool(socket.getaddrinfo(host, None)))
        except (OSError, UnicodeError):
            known.append(False)

    asking = threading.Thread(target=ask, name="dns", daemon=True)
    asking.start()
    asking.join(NAMES_SECONDS)
    return known[:1] == [True]
