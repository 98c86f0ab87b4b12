"""Assistants: what to say about a setting of the original plan whose API is gone."""

from __future__ import annotations

from autopilot.settings import Settings

ASSISTANT_WARNING = (
    "OPENAI_ASSISTANT_ID is set and ignored: OpenAI's Assistants API ended on 2026-08-26, and the "
    "prompt objects that replaced assistants end on 2026-11-30. Issues are written through the "
    "Responses API with Autopilot's own templates. Move the assistant's instructions to "
    "voice.instructions of the specification and its model to AUTOPILOT_MODEL, then unset "
    "OPENAI_ASSISTANT_ID."
)


def assistant_warning(settings: Settings) -> str | None:
    """Return what to say once, at start, about an OPENAI_ASSISTANT_ID; None where there is none."""
    return ASSISTANT_WARNING if settings.openai_assistant_id else None
