"""A test to me: an issue as a mail to one address, marked as a test. It counts as no delivery."""

from __future__ import annotations

from uuid import UUID, uuid4

from autopilot.domain.address import mail_address
from autopilot.domain.letter import Letter, Verdict
from autopilot.errors import Conflict, InputRefused, Problem
from autopilot.service.context import App, current_app
from autopilot.service.links import PLACEHOLDER, public
from autopilot.service.reviewing import existing, note

MARK = "[Test]"


def send_test(app: App | None, issue_id: UUID, to: str, *, actor: str) -> str:
    """Send an issue to one address and return the relay's words; it goes to nobody else.

    Raises InputRefused for what is no address, and Conflict without a relay or where it says no.
    """
    app = current_app(app)
    address = _address(to)
    with app.database.read() as connection:
        issue = existing(connection, issue_id)
    if app.post is None:
        raise Conflict("There is no mail relay.", hint="Set AUTOPILOT_SMTP_URL, then try again.")
    here = (public(app, "/u/test") or PLACEHOLDER).encode()
    html, text = (
        app.artifacts.get(sha256).replace(PLACEHOLDER.encode(), here).decode()
        for sha256 in (issue.html_sha256, issue.text_sha256)
    )
    letter = Letter(
        identity=f"test:{issue.id}:{uuid4()}",
        to=address,
        subject=f"{MARK} {issue.subject}",
        text=text,
        html=html,
    )
    answer = app.post.send(letter)
    if answer.verdict is not Verdict.ACCEPTED:
        raise Conflict(f"The test was not sent to {address}: {answer.words}")
    with app.database.begin() as connection:
        note(connection, issue, "issue.tested", actor, app.clock())
    return answer.words


def _address(to: str) -> str:
    try:
        return mail_address(to)
    except ValueError as error:
        problem = Problem(path="--to", message=str(error), example="me@example.org")
        raise InputRefused("The test cannot be sent:", [problem]) from error
