"""The entrance: when the web app needs a login, and what has to be there before it may be served.

Whoever sits at the machine needs none, while the web app listens to that machine alone and no
login is set up. Anywhere else it does not start without one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from autopilot.domain.access import User
from autopilot.errors import AutopilotError, Conflict, Problem, SettingsInvalid
from autopilot.service.access.people import add_user
from autopilot.service.access.sessions import as_kept
from autopilot.service.access.setup import SetupLink, setup_link
from autopilot.service.context import App
from autopilot.service.secret import secret_key
from autopilot.settings import Settings
from autopilot.store import users

SETUP_ACTOR = "setup"
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")


def is_loopback(address: str) -> bool:
    """Whether a bound address can be reached from this machine alone."""
    try:
        return ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False


def is_asked_here(headers: Mapping[str, str]) -> bool:
    """Whether a request was made to a name that only this machine has, and not handed on by a proxy.

    A page of another site can give its own name this machine's address (DNS rebinding), but cannot
    take this machine's names. `headers` are found whatever their case.
    """
    if any(name in headers for name in FORWARDED):
        return False
    try:
        host = urlsplit(f"//{headers.get('host', '')}").hostname or ""
    except ValueError:
        return False
    host = host.rstrip(".")
    return host == "localhost" or host.endswith(".localhost") or is_loopback(host)


def has_login(app: App) -> bool:
    """Whether people have to sign in: somebody has an account, or the settings name a way in."""
    settings = app.settings
    if settings.oidc_issuer is not None or settings.admin_email is not None:
        return True
    with app.database.read() as connection:
        return users.count_users(connection) > 0


def is_open(app: App, address: str) -> bool:
    """Whether the web app served at this address is for whoever sits at the machine."""
    return is_loopback(address) and not has_login(app)


def check_entrance(app: App, address: str) -> None:
    """Raise SettingsInvalid with everything that keeps the web app from being served there."""
    if is_open(app, address):
        return
    problems = [*_login_problems(app), *_secret_problems(app)]
    if problems:
        raise SettingsInvalid(
            f"The web app cannot be served at {address} as it is:",
            problems,
            hint="With --no-ui the pages for readers and the API are served there without it.",
        )


def prepare_entrance(app: App, *, base: str) -> SetupLink | None:
    """Make the first operator of AUTOPILOT_ADMIN_EMAIL, once; return a link to set the password where
    the settings name none and nobody can come in yet.
    """
    settings = app.settings
    if settings.admin_email is None:
        return None
    with app.database.read() as connection:
        known = users.list_users(connection)
    first = _first_operator(app, settings) if not known else _alone(known, settings)
    if first is None or first.password_hash is not None or settings.oidc_issuer is not None:
        return None
    return setup_link(app, first.email, base=base)


def _first_operator(app: App, settings: Settings) -> User | None:
    given = settings.admin_password
    try:
        return add_user(
            app,
            settings.admin_email or "",
            actor=SETUP_ACTOR,
            is_operator=True,
            password=None if given is None else given.get_secret_value(),
        )
    except Conflict:
        return None  # another process was faster; it writes the link as well


def _alone(known: Sequence[User], settings: Settings) -> User | None:
    """The operator of the settings, where there is nobody else: their link may have run out unused."""
    first, *others = known
    is_theirs = first.email == as_kept(settings.admin_email or "")
    return first if is_theirs and not others else None


def _login_problems(app: App) -> list[Problem]:
    if has_login(app):
        return []
    return [
        Problem(
            path="AUTOPILOT_ADMIN_EMAIL",
            message="anybody who reaches this address could do everything: no login is set up",
            allowed="your mail address (or an account: autopilot users add EMAIL --operator, or"
            " AUTOPILOT_OIDC_ISSUER)",
            example="ann@example.org",
        )
    ]


def _secret_problems(app: App) -> list[Problem]:
    try:
        secret_key(app)
    except SettingsInvalid as error:
        return list(error.problems)
    except (AutopilotError, OSError) as error:
        return [Problem(path="AUTOPILOT_SECRET_KEY", message=str(error))]
    return []
