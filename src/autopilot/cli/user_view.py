"""How accounts are shown, for people and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autopilot.cli import output

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from autopilot.domain.access import Grant, User
    from autopilot.service.access.setup import SetupLink
    from autopilot.service.context import App


def user_values(
    user: User, grants: Mapping[str, Grant], *, link: SetupLink | None = None
) -> dict[str, Any]:
    """Return an account as JSON, with what it is in which workspace, and a link where one was made."""
    from autopilot.domain.instants import iso

    values: dict[str, Any] = {
        "id": str(user.id),
        "email": user.email,
        "name": user.name,
        "operator": user.is_operator,
        "disabled": user.is_disabled,
        "has_password": user.password_hash is not None,
        "locked_until": None if user.locked_until is None else iso(user.locked_until),
        "last_login_at": None if user.last_login_at is None else iso(user.last_login_at),
        "workspaces": [
            {"workspace": slug, "role": given.role.value, "may_send": given.may_send}
            for slug, given in sorted(grants.items())
        ],
    }
    if link is not None:
        values |= {"setup_link": link.url, "setup_until": iso(link.until)}
    return values


def show_users(found: Sequence[tuple[User, Mapping[str, Grant]]]) -> None:
    """Print accounts, one a line."""
    if not found:
        output.say("Nobody has an account here.")
        output.next_steps("autopilot users add EMAIL --operator")
        return
    rows = [(user.email, user.name, _may(user, grants), _comes_in(user)) for user, grants in found]
    output.show_table(("address", "name", "may", "signs in"), rows)
    output.next_steps("autopilot users grant EMAIL --workspace SLUG --role viewer")


def tell_user(words: str, link: SetupLink | None) -> None:
    """Print what was done, and the link where there is one."""
    output.say(words, style="bold")
    if link is not None:
        output.say("A password is set here, once, within the hour; give it to nobody else:")
        output.say(link.url)


def slugs_of(app: App) -> Mapping[UUID, str]:
    """Return the slug of each workspace by its id."""
    from autopilot.domain.access import LOCAL
    from autopilot.service.access.reach import Reach

    return {item.id: item.slug for item in Reach(app, LOCAL).workspaces()}


def _may(user: User, grants: Mapping[str, Grant]) -> str:
    if user.is_operator:
        return "everything"
    told = [
        f"{slug}: {given.role.value}{' + send' * given.may_send}"
        for slug, given in sorted(grants.items())
    ]
    return ", ".join(told) or "nothing yet"


def _comes_in(user: User) -> str:
    if user.is_disabled:
        return "not at all: disabled"
    return "elsewhere; no password" if user.password_hash is None else "with a password"
