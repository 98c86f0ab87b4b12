"""The notice webhook: each notice as JSON to AUTOPILOT_NOTICE_WEBHOOK, signed where there is a secret.

`text` says it in a sentence, so that a Slack-compatible address may be given as it is.
"""

from __future__ import annotations

import json

from autopilot.domain.handover import Handover
from autopilot.domain.instants import iso
from autopilot.domain.letter import Answer
from autopilot.service.channels.answers import answer_of
from autopilot.service.channels.signature import key_of, signed_headers
from autopilot.service.context import App
from autopilot.store.telling import WaitingNotice
from autopilot.store.workspaces import Workspace

SECONDS = 10.0


def post_notice(app: App, url: str, workspace: Workspace, waiting: WaitingNotice) -> Answer:
    """Post one notice; its id is `webhook-id` at each try. Raises InputRefused for an unfit secret."""
    body = _body(workspace, waiting)
    headers = {"Content-Type": "application/json", "webhook-id": str(waiting.id)}
    if secret := app.settings.notice_webhook_secret:
        key = key_of(secret.get_secret_value())
        headers |= signed_headers(key, str(waiting.id), body, app.clock())
    handover = Handover(url=url, body=body, headers=headers, seconds=SECONDS)
    return answer_of(app.outgoing.hand_over(handover))


def _body(workspace: Workspace, waiting: WaitingNotice) -> bytes:
    notice = waiting.notice
    told = {
        "type": f"notice.{notice.kind.value}",
        "timestamp": iso(notice.at),
        "text": f"{workspace.name}: {notice.message}",
        "data": {
            "notice_id": str(waiting.id),
            "workspace": workspace.slug,
            "specification": waiting.specification,
            "schedule_id": notice.schedule_id and str(notice.schedule_id),
            "run_id": notice.run_id and str(notice.run_id),
            "kind": notice.kind.value,
            "message": notice.message,
        },
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
