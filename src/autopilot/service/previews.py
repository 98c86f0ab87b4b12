"""Previews: pages shown beside a form, kept for a while in this process under names nobody can guess."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from threading import Lock

KEPT = timedelta(minutes=30)
MOST_BYTES = 16 * 1024 * 1024
RANDOM_BYTES = 16


class Shelf:
    """Finished HTML by token; the oldest goes when there is too much of it."""

    def __init__(self, *, kept: timedelta = KEPT, most_bytes: int = MOST_BYTES) -> None:
        self._kept, self._most = kept, most_bytes
        self._lock = Lock()
        self._pages: OrderedDict[str, tuple[datetime, bytes]] = OrderedDict()

    def put(self, html: bytes, now: datetime) -> str:
        """Keep a page and return its token; the same page keeps the token it has."""
        with self._lock:
            token = next((it for it, (_, kept) in self._pages.items() if kept == html), None)
            token = token or secrets.token_urlsafe(RANDOM_BYTES)
            self._pages[token] = (now + self._kept, html)
            self._pages.move_to_end(token)
            self._forget(lambda until: until <= now)
            return token

    def get(self, token: str, now: datetime) -> bytes | None:
        """Return the page, None where there is none or its time is over."""
        with self._lock:
            until, html = self._pages.get(token, (now, b""))
            return html if now < until else None

    def _forget(self, is_over: Callable[[datetime], bool]) -> None:
        for token in [it for it, (until, _) in self._pages.items() if is_over(until)]:
            del self._pages[token]
        while sum(len(html) for _, html in self._pages.values()) > self._most:
            self._pages.popitem(last=False)


@cache
def shelf() -> Shelf:
    """Return this process's shelf: filled by the pages that show a form, read by the route."""
    return Shelf()
