"""sending: whether anything may leave this store, and who said so."""

from __future__ import annotations

from typing import Annotated

import typer

from autopilot.cli import output
from autopilot.cli.opening import actor, opened
from autopilot.cli.options import Json

app = typer.Typer(help="Whether anything may leave this store.", no_args_is_help=True)


@app.command()
def show(as_json: Json = False) -> None:
    """Say whether this store may send, and if not, why."""
    from autopilot.service.sending_guard import why_not

    with opened() as opening:
        reason = why_not(opening)
    if as_json:
        output.show_json({"allowed": reason is None, "reason": reason})
        return
    output.say(reason or "Sending is on.", style="yellow" if reason else None)
    output.next_steps("autopilot sending allow" if reason else "autopilot status")


@app.command()
def allow(as_json: Json = False) -> None:
    """Let this store send: no copy of it sends any more, or the move was on purpose."""
    from autopilot.service.sending_guard import allow_sending

    with opened() as opening:
        changed = allow_sending(opening, actor=actor())
    if as_json:
        output.show_json({"allowed": True, "changed": changed})
        return
    output.say(
        "Sending is on: what is pending leaves with the next tick." if changed else "It was on."
    )
    output.next_steps("autopilot status")


@app.command()
def stop(
    reason: Annotated[str, typer.Option("--reason", help="Why; it is shown until it is allowed.")],
    as_json: Json = False,
) -> None:
    """Let nothing leave this store until it is allowed; issues are made and wait."""
    from autopilot.service.sending_guard import stop_sending

    with opened() as opening:
        changed = stop_sending(opening, reason=reason, actor=actor())
    if as_json:
        output.show_json({"allowed": False, "changed": changed})
        return
    output.say(
        "Sending is off: what is due waits as pending."
        if changed
        else "It was off already; the reason stands as it was."
    )
    output.next_steps("autopilot sending allow")
