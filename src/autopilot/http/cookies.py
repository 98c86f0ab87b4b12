"""Cookies of a browser's session, and where it wanted to go before it signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from autopilot.service.access.sessions import COOKIE, STAYS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import HTTPConnection
    from starlette.responses import Response

NEXT_COOKIE = "autopilot_next"
NEXT_SECONDS = 600  # as long as a login elsewhere may take
LONGEST_PATH = 1_000


def keep_session(answer: Response, came: HTTPConnection, secret: str) -> None:
    """Let a browser keep its session's secret: unread by scripts, not sent along from other sites."""
    _keep(answer, came, COOKIE, secret, seconds=int(STAYS.total_seconds()))


def keep_next(answer: Response, came: HTTPConnection, path: str) -> None:
    """Let a browser keep where it wanted to go while it signs in elsewhere."""
    _keep(answer, came, NEXT_COOKIE, path, seconds=NEXT_SECONDS)


def forget_session(answer: Response) -> None:
    """Take the session's secret from a browser."""
    answer.delete_cookie(COOKIE, httponly=True, samesite="lax")


def own_path(wanted: str | None, paths: Sequence[str]) -> str:
    """Return where somebody wanted to go, if that is a page of ours; else the first page.

    Only our own pages, told one by one: whatever else an address can hide leads nowhere.
    """
    if not wanted or len(wanted) > LONGEST_PATH or not wanted.isascii():
        return "/"
    if not wanted.isprintable() or "\\" in wanted:
        return "/"
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return "/"
    is_ours = not parts.scheme and not parts.netloc and parts.path in paths
    return wanted if is_ours and wanted.startswith("/") else "/"


def _keep(answer: Response, came: HTTPConnection, name: str, value: str, *, seconds: int) -> None:
    answer.set_cookie(
        name,
        value,
        max_age=seconds,
        httponly=True,
        samesite="lax",
        secure=came.url.scheme == "https",
    )
