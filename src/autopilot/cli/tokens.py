"""tokens: programs' keys to the API - made and shown once, listed, ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from autopilot.cli import output
from autopilot.cli.opening import actor, opened
from autopilot.cli.options import Json, Workspace
from autopilot.domain.access import Role

if TYPE_CHECKING:
    from datetime import datetime

    from autopilot.domain.access import ApiToken, Grant
    from autopilot.store.workspaces import Workspace as WorkspaceRow

app = typer.Typer(help="Keys of programs to the API: make, list, revoke.", no_args_is_help=True)
RoleOption = Annotated[Role, typer.Option("--role", help="What it may do there.")]
Sending = Annotated[
    bool | None,
    typer.Option(
        "--send/--no-send",
        help="May let issues go to readers (default: an admin may, others may not).",
    ),
]


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called in lists.")],
    role: RoleOption,
    workspace: Workspace = None,
    send: Sending = None,
    expires: Annotated[
        str | None,
        typer.Option("--expires", metavar="ISO", help="When it ends (default: when revoked)."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a token of one workspace. It is shown this once: nobody can read it again."""
    from autopilot.cli.generate import instant
    from autopilot.service.access.tokens import create_token
    from autopilot.service.lookup import workspace_named

    with opened() as opened_app:
        owner = workspace_named(opened_app, workspace)
        made, secret = create_token(
            opened_app,
            owner.id,
            name,
            grant_of(role, send),
            actor=actor(),
            expires_at=instant("--expires", expires, owner.timezone),
        )
        values = _values(made, owner, opened_app.clock())
    if as_json:
        output.show_json({"token": secret} | values)
        return
    output.say(f"The token {made.name!r} of {owner.slug}. It is shown this once; keep it well:")
    output.say(secret, style="bold")
    output.say("A request carries it as the header  Authorization: Bearer TOKEN")
    output.next_steps(f"autopilot tokens list --workspace {owner.slug}")


@app.command("list")
def list_(workspace: Workspace = None, as_json: Json = False) -> None:
    """Show the tokens of a workspace, newest first, those that have ended too."""
    from autopilot.service.access.tokens import list_tokens
    from autopilot.service.lookup import workspace_named

    with opened() as opened_app:
        owner = workspace_named(opened_app, workspace)
        found = list_tokens(opened_app, owner.id)
        values = [_values(each, owner, opened_app.clock()) for each in found]
    if as_json:
        output.show_json({"tokens": values})
        return
    if not values:
        output.say(f"{owner.slug} has no tokens yet.")
    else:
        columns = ("name", "role", "sends", "ends with", "status", "expires", "last used")
        output.show_table(columns, [_row(each, owner.timezone) for each in values])
    output.next_steps(f"autopilot tokens create NAME --workspace {owner.slug} --role viewer")


@app.command()
def revoke(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name or id.")],
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """End a token at once: the next request that carries it is refused."""
    from autopilot.service.access.tokens import revoke_token
    from autopilot.service.lookup import workspace_named

    with opened() as opened_app:
        owner = workspace_named(opened_app, workspace)
        ended = revoke_token(opened_app, owner.id, name, actor=actor())
    if as_json:
        values = {"id": str(ended.id), "name": ended.name, "workspace": owner.slug}
        output.show_json(values | {"revoked": True})
        return
    output.say(f"The token {ended.name!r} opens nothing any more.", style="bold")
    output.next_steps(f"autopilot tokens list --workspace {owner.slug}")


def grant_of(role: Role, send: bool | None) -> Grant:
    """Return a role with the right to send, which an admin has unless it is taken."""
    from autopilot.domain.access import Grant

    return Grant(role=role, may_send=role is Role.ADMIN if send is None else send)


def _values(token: ApiToken, owner: WorkspaceRow, now: datetime) -> dict[str, Any]:
    from autopilot.domain.instants import iso

    def moment(value: datetime | None) -> str | None:
        return None if value is None else iso(value)

    return {
        "id": str(token.id),
        "name": token.name,
        "workspace": owner.slug,
        "role": token.grant.role.value,
        "may_send": token.grant.may_send,
        "hint": token.hint,
        "status": _status(token, now),
        "created_by": token.created_by,
        "created_at": iso(token.created_at),
        "expires_at": moment(token.expires_at),
        "revoked_at": moment(token.revoked_at),
        "last_used_at": moment(token.last_used_at),
    }


def _status(token: ApiToken, now: datetime) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "good" if token.is_good(now) else "expired"


def _row(values: dict[str, Any], zone: str) -> tuple[object, ...]:
    def moment(key: str, otherwise: str) -> str:
        from datetime import datetime

        text = values[key]
        return otherwise if text is None else output.when(datetime.fromisoformat(text), zone)

    return (
        values["name"],
        values["role"],
        "yes" if values["may_send"] else "no",
        f"…{values['hint']}",
        values["status"],
        moment("expires_at", "never"),
        moment("last_used_at", "never"),
    )
