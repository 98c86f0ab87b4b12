"""Webhook: the issue as JSON, signed, with the delivery's id at each try."""

from __future__ import annotations

import json

from autopilot.domain.channel import WebhookChannel
from autopilot.domain.handover import Handover
from autopilot.domain.instants import iso
from autopilot.domain.letter import Answer, Parcel, Verdict
from autopilot.errors import InputRefused
from autopilot.service.channels.answers import answer_of
from autopilot.service.channels.signature import key_of, signed_headers
from autopilot.service.context import App
from autopilot.settings.named import named_secret

TYPE = "issue.published"


def send(app: App, channel: WebhookChannel, parcel: Parcel) -> Answer:
    """Post the issue; refused without a word to the other side where its secret cannot be used."""
    body = body_of(parcel)
    headers = {"Content-Type": "application/json", "webhook-id": str(parcel.delivery_id)}
    if channel.secret_env is not None:
        secret = named_secret(channel.secret_env)
        if secret is None:
            return _unsigned(channel, "it is not set where the worker runs")
        try:
            key = key_of(secret)
        except InputRefused as error:
            return _unsigned(channel, error.message)
        headers |= signed_headers(key, str(parcel.delivery_id), body, app.clock())
    return answer_of(app.outgoing.hand_over(Handover(url=channel.url, body=body, headers=headers)))


def body_of(parcel: Parcel) -> bytes:
    """Return the body, the same at each try: its type, the issue's time, and the issue."""
    data = {
        **parcel.document,
        "issue_id": str(parcel.issue_id),
        "subject": parcel.subject,
        "url": parcel.web_url,
        "html": parcel.html,
        "text": parcel.text,
    }
    told = {"type": TYPE, "timestamp": iso(parcel.at), "data": data}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"), default=str).encode()


def _unsigned(channel: WebhookChannel, why: str) -> Answer:
    told = f"not sent: it cannot be signed with the variable {channel.secret_env}: {why}"
    return Answer(Verdict.REFUSED, told)
