"""Origins: whether a request comes from a page of ours, or from one of another site."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from autopilot.service.access.entrance import is_asked_here

if TYPE_CHECKING:
    from autopilot.settings import Settings


def is_from_elsewhere(came: HTTPConnection, settings: Settings) -> bool:
    """Whether a browser says that another site's page sent this, by either of its two headers.

    `Origin: null` is said by pages that hide where they are; without the other header nobody knows.
    """
    site, origin = came.headers.get("sec-fetch-site"), came.headers.get("origin")
    if site is not None and site not in ("same-origin", "none"):
        return True
    if origin is None or (origin == "null" and site is not None):
        return False
    return not is_our_origin(origin, came, settings)


def is_foreign_origin(came: HTTPConnection, settings: Settings) -> bool:
    """Whether a page of another origin asks, as browsers say of websockets and of all but plain GETs."""
    origin = came.headers.get("origin")
    return origin is not None and not is_our_origin(origin, came, settings)


def is_our_origin(origin: str, came: HTTPConnection, settings: Settings) -> bool:
    """Whether an origin is that of the address asked for, or of AUTOPILOT_PUBLIC_URL."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return False
    public = urlsplit(settings.public_url or "")
    ours = {came.headers.get("host", "").lower(), public.netloc.lower()} - {""}
    return parts.netloc.lower() in ours


def is_at_this_machine(came: HTTPConnection) -> bool:
    """Whether a request was made to a name that only this machine has, and not handed on by a proxy."""
    return is_asked_here(came.headers)
