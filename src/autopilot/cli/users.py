"""users: people with an account - who they are, what they may do where, how they come in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autopilot.cli import output
from autopilot.cli.opening import actor, opened
from autopilot.cli.options import Json, Workspace
from autopilot.cli.tokens import RoleOption, Sending, grant_of

if TYPE_CHECKING:
    from autopilot.service.access.setup import SetupLink
    from autopilot.service.context import App

app = typer.Typer(
    help="People who sign in: add, change, remove; their roles in workspaces.",
    no_args_is_help=True,
)
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The address they sign in with.")]
Name = Annotated[str | None, typer.Option("--name", help="What they are called.")]
Operator = Annotated[
    bool | None,
    typer.Option("--operator/--no-operator", help="May do everything, in every workspace."),
]
Ask = Annotated[bool, typer.Option("--password", help="Ask for a password here.")]
PasswordFile = Annotated[
    Path | None,
    typer.Option("--password-file", metavar="FILE", help="Take the password from a file."),
]
Link = Annotated[
    bool, typer.Option("--link", help="Show a link to set a password, good once, for an hour.")
]


@app.command()
def add(
    email: Email,
    name: Name = None,
    operator: Operator = False,
    password: Ask = False,
    password_file: PasswordFile = None,
    as_json: Json = False,
) -> None:
    """Make an account. Without a password a link to set one is shown, good once, for an hour.

    Whoever signs in elsewhere (OIDC) needs none of them.
    """
    from autopilot.cli.user_view import tell_user, user_values
    from autopilot.service.access.people import add_user

    given = _password(email, ask=password, file=password_file)
    with opened() as opened_app:
        user = add_user(
            opened_app,
            email,
            actor=actor(),
            name=name or "",
            is_operator=bool(operator),
            password=given,
        )
        link = None if given is not None else _link(opened_app, user.email)
    if as_json:
        output.show_json(user_values(user, {}, link=link))
        return
    tell_user(f"{user.email} has an account.", link)
    output.next_steps(
        "autopilot users list"
        if user.is_operator
        else f"autopilot users grant {user.email} --workspace SLUG --role viewer"
    )


@app.command("list")
def list_(workspace: Workspace = None, as_json: Json = False) -> None:
    """Show who has an account and what they may do where; with --workspace, who is in that one."""
    from autopilot.cli.user_view import show_users, slugs_of, user_values
    from autopilot.service.access.people import grants_by_user, list_users
    from autopilot.service.lookup import workspace_named

    with opened() as opened_app:
        only = None if workspace is None else workspace_named(opened_app, workspace).id
        slugs, grants = slugs_of(opened_app), grants_by_user(opened_app)
        found = [
            (user, {slugs[it]: given for it, given in grants.get(user.id, {}).items()})
            for user in list_users(opened_app)
            if only is None or only in grants.get(user.id, {})
        ]
    if as_json:
        output.show_json({"users": [user_values(user, given) for user, given in found]})
        return
    show_users(found)


@app.command()
def update(
    email: Email,
    name: Name = None,
    operator: Operator = None,
    disable: Annotated[
        bool | None,
        typer.Option("--disable/--enable", help="Shut them out, at once; or let them in again."),
    ] = None,
    password: Ask = False,
    password_file: PasswordFile = None,
    link: Link = False,
    sign_out: Annotated[
        bool, typer.Option("--sign-out", help="Sign them out everywhere, at once.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Change an account: its name, whether it is an operator's, its password, where it is signed in.

    A new password unlocks the account and signs it out everywhere.
    """
    from autopilot.cli.user_view import tell_user, user_values
    from autopilot.service.access import people

    given = _password(email, ask=password, file=password_file)
    if not any(
        (name is not None, operator is not None, disable is not None, given, link, sign_out)
    ):
        raise typer.BadParameter("say what to change: --name, --operator, --password, ...")
    with opened() as opened_app:
        who = actor()
        user = people.update_user(
            opened_app, email, actor=who, name=name, is_operator=operator, is_disabled=disable
        )
        if given is not None:
            user = people.set_password(opened_app, email, given, actor=who)
        if sign_out:
            people.sign_out_everywhere(opened_app, email, actor=who)
        shown = _link(opened_app, user.email) if link else None
    if as_json:
        output.show_json(user_values(user, {}, link=shown))
        return
    tell_user(f"{user.email} is changed.", shown)
    output.next_steps("autopilot users list")


@app.command()
def remove(email: Email, as_json: Json = False) -> None:
    """Delete an account, its roles and its sessions; what its owner did stays in the log."""
    from autopilot.service.access.people import remove_user

    with opened() as opened_app:
        gone = remove_user(opened_app, email, actor=actor())
    if as_json:
        output.show_json({"email": gone.email, "removed": True})
        return
    output.say(f"{gone.email} has no account any more.", style="bold")
    output.next_steps("autopilot users list")


@app.command()
def grant(
    email: Email,
    role: RoleOption,
    workspace: Workspace = None,
    send: Sending = None,
    as_json: Json = False,
) -> None:
    """Make somebody a member of a workspace, or change what they are there; it counts at once."""
    from autopilot.service.access import membership
    from autopilot.service.lookup import workspace_named

    with opened() as opened_app:
        owner = workspace_named(opened_app, workspace)
        given = grant_of(role, send)
        member = membership.grant(opened_app, owner.id, email, given, actor=actor())
    if as_json:
        values = {"role": given.role.value, "may_send": given.may_send}
        output.show_json({"email": member.email, "workspace": owner.slug} | values)
        return
    sends = "and may send to readers" if given.may_send else "and may not send to readers"
    output.say(f"{member.email} is {given.role.value} of {owner.slug} {sends}.", style="bold")
    output.next_steps(f"autopilot users list --workspace {owner.slug}")


@app.command()
def revoke(email: Email, workspace: Workspace = None, as_json: Json = False) -> None:
    """Take somebody out of a workspace, at once; the account stays."""
    from autopilot.service.access import membership
    from autopilot.service.lookup import workspace_named

    with opened() as opened_app:
        owner = workspace_named(opened_app, workspace)
        membership.revoke(opened_app, owner.id, email, actor=actor())
    if as_json:
        output.show_json({"email": email, "workspace": owner.slug, "revoked": True})
        return
    output.say(f"{email} is no longer in {owner.slug}.", style="bold")
    output.next_steps(f"autopilot users list --workspace {owner.slug}")


def _link(opened_app: App, email: str) -> SetupLink:
    from autopilot.service.access.setup import setup_link

    return setup_link(opened_app, email)


def _password(email: str, *, ask: bool, file: Path | None) -> str | None:
    """The password from where it was said to be; it never stands in the command itself."""
    from autopilot.service.access.passwords import hash_password

    if file is not None:
        given = file.read_text(encoding="utf-8").rstrip("\r\n")
    elif ask:
        given = typer.prompt(f"Password of {email}", hide_input=True, confirmation_prompt=True)
    else:
        return None
    hash_password(given)  # refused before anything else is changed
    return given
